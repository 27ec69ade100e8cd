/** What a stranger, an impostor or a thief can do to a receiver before a channel is open. */
import * as net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../../src/lib/channel/connect.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { type Bob, dialBob, startBob } from '../../helpers/channels.ts'
import { flip, startMeddler } from '../../helpers/meddler.ts'
import { rejects } from '../../helpers/throws.ts'
import { makeTicket, NOW, newSecret, newToken } from '../../helpers/tickets.ts'

const test = suite('attacks on a receiver')

/** Sends raw bytes to bob and gives what comes back before he closes. */
async function raw(bob: Bob, bytes: Uint8Array, options: { end?: boolean } = {}): Promise<Buffer> {
  const socket = net.connect({ port: bob.port, host: '127.0.0.1', allowHalfOpen: true })
  const answer: Buffer[] = []
  socket.on('data', (data) => answer.push(data))
  socket.on('error', () => {})
  socket.write(bytes)
  if (options.end) socket.end()
  await new Promise((resolve) => socket.on('close', resolve).on('end', () => socket.end()))
  return Buffer.concat(answer)
}

/** A ticket that is refused: alice sees a closed connection, bob's log the reason. */
async function refused(bob: Bob, ticket: Uint8Array, secret = newSecret()): Promise<string> {
  await rejects(
    connect({ host: '127.0.0.1', port: bob.port, ticket, secret, receiver: 'bob' }),
    'handshake_failed',
  )
  return (await bob.refusals.next()).error.code
}

const frame = (content: Uint8Array) => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(content.length)
  return Buffer.concat([length, content])
}

test('tickets: a stranger’s, an old one, another receiver’s, another version’s are refused, and bob serves on', async () => {
  const bob = await startBob()
  const cases: [Uint8Array, string][] = [
    [makeTicket(newToken()).bytes, 'ticket_not_for_us'],
    [makeTicket(bob.token, { issuedAt: NOW - 1000, expiresAt: NOW - 700 }).bytes, 'ticket_expired'],
    [makeTicket(bob.token, { issuedAt: NOW + 1000, expiresAt: NOW + 1300 }).bytes, 'ticket_not_yet_valid'],
    [makeTicket(bob.token, { receiver: 'carol' }).bytes, 'ticket_not_for_us'],
    [flip(Buffer.from(makeTicket(bob.token).bytes), 0, 1), 'ticket_version'],
    [flip(Buffer.from(makeTicket(bob.token).bytes), 20), 'ticket_damaged'],
    [flip(Buffer.from(makeTicket(bob.token).bytes), 100), 'ticket_damaged'],
  ]
  for (const [ticket, code] of cases) assert.is(await refused(bob, ticket), code)
  assert.is(bob.channels.count, 0)
  const alice = await dialBob(bob)
  alice.destroy()
  await bob.listener.close()
})

test('a ticket used twice is refused the second time', async () => {
  const bob = await startBob()
  const { bytes, ticket } = makeTicket(bob.token)
  const alice = await dialBob(bob, { ticket: bytes, secret: ticket.secret })
  assert.is(await refused(bob, bytes, ticket.secret), 'ticket_replayed')
  alice.destroy()
  await bob.listener.close()
})

test('a whole recorded handshake played again is refused', async () => {
  const bob = await startBob()
  const meddler = await startMeddler(bob.port)
  const alice = await dialBob(bob, { port: meddler.port })
  const recorded = meddler.seen.filter(({ direction }) => direction === 'to-bob').map(({ piece }) => piece)
  const answer = await raw(bob, Buffer.concat(recorded))
  assert.is(answer.length, 0)
  assert.is((await bob.refusals.next()).error.code, 'ticket_replayed')
  alice.destroy()
  await meddler.close()
  await bob.listener.close()
})

test('a ticket from before a new login is refused', async () => {
  const bob = await startBob()
  const old = makeTicket(bob.token)
  bob.listener.setToken(newToken())
  assert.is(await refused(bob, old.bytes, old.ticket.secret), 'ticket_not_for_us')
  await bob.listener.close()
})

test('a stolen ticket without its secret opens nothing', async () => {
  const bob = await startBob()
  assert.is(await refused(bob, makeTicket(bob.token).bytes, newSecret()), 'handshake_failed')
  assert.is(bob.channels.count, 0)
  await bob.listener.close()
})

test('a ticket exchanged for another on the way is refused: it is part of the prologue', async () => {
  const bob = await startBob()
  const secret = newSecret()
  // The thief even has a second good ticket with the same secret.
  const other = makeTicket(bob.token, { secret, username: 'mallory' }).bytes
  const meddler = await startMeddler(bob.port, (direction, index, piece) =>
    direction === 'to-bob' && index === 1 ? [frame(other)] : [piece],
  )
  const { bytes } = makeTicket(bob.token, { secret })
  await rejects(dialBob(bob, { port: meddler.port, ticket: bytes, secret }), 'handshake_failed')
  assert.is((await bob.refusals.next()).error.code, 'handshake_failed')
  await meddler.close()
  await bob.listener.close()
})

test('every failure before the sender has proved itself is answered with silence', async () => {
  const bob = await startBob()
  const good = makeTicket(bob.token).bytes
  const cases: [string, Uint8Array, string][] = [
    ['nothing', Buffer.alloc(0), 'channel_truncated'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: bob\r\n\r\n'), 'version_unknown'],
    ['another version', Buffer.from([2]), 'version_unknown'],
    ['a ticket of no length', Buffer.from([1, 0, 0]), 'malformed'],
    ['a ticket of 65535 bytes', Buffer.from([1, 0xff, 0xff]), 'malformed'],
    ['a ticket cut short', Buffer.from([1, 0, 226, 1, 2, 3]), 'channel_truncated'],
    ['a ticket and nothing more', Buffer.concat([Buffer.from([1]), frame(good)]), 'channel_truncated'],
  ]
  for (const [name, bytes, code] of cases) {
    assert.is((await raw(bob, bytes, { end: true })).length, 0, name)
    assert.is((await bob.refusals.next()).error.code, code, name)
  }
  const noise: [string, Uint8Array, string][] = [
    ['Noise message 1 of 49 bytes', frame(new Uint8Array(49)), 'malformed'],
    ['Noise message 1 of zeros', frame(new Uint8Array(48)), 'handshake_failed'],
    ['Noise message 1 at random', frame(secureRandomBytes(48)), 'handshake_failed'],
  ]
  for (const [name, bytes, code] of noise) {
    const ticket = makeTicket(bob.token).bytes
    assert.is((await raw(bob, Buffer.concat([Buffer.from([1]), frame(ticket), bytes]))).length, 0, name)
    assert.is((await bob.refusals.next()).error.code, code, name)
  }
  await bob.listener.close()
})

test('garbage at random is refused, whatever it is', async () => {
  const bob = await startBob()
  for (let i = 0; i < 50; i++) {
    const bytes = secureRandomBytes(1 + i * 20)
    if (i % 2) bytes[0] = 1
    assert.is((await raw(bob, bytes, { end: true })).length, 0)
    await bob.refusals.next()
  }
  assert.is(bob.channels.count, 0)
  await bob.listener.close()
})

test('a sender that does not finish the handshake is given up on', async () => {
  const bob = await startBob({ handshakeTimeoutMs: 20 })
  assert.is((await raw(bob, Buffer.from([1, 0]))).length, 0)
  assert.is((await bob.refusals.next()).error.code, 'peer_silent')
  await bob.listener.close()
})

test('a crowd that connects and says nothing keeps nobody out: the oldest gives way', async () => {
  const bob = await startBob({ maxHandshakes: 8 })
  const crowd = Array.from({ length: 20 }, () => raw(bob, Buffer.alloc(0)))
  for (let i = 0; i < 12; i++) assert.is((await bob.refusals.next()).error.code, 'channel_truncated')
  // The other eight are still there, and will be for as long as a handshake may take.
  const alice = await dialBob(bob)
  alice.destroy()
  await bob.listener.close()
  await Promise.all(crowd)
})

test('one sender cannot take up all channels', async () => {
  const bob = await startBob({ maxChannelsPerSender: 2 })
  const channels = [await dialBob(bob), await dialBob(bob)]
  const third = await dialBob(bob)
  await rejects(third.receive(), 'channel_aborted')
  assert.is((await bob.refusals.next()).error.code, 'request_refused')
  const carol = await dialBob(bob, { fields: { username: 'carol' } })
  for (const channel of [...channels, carol]) channel.destroy()
  await bob.listener.close()
})

test('a receiver whose session was logged out accepts nobody, least of all under a key of zeros', async () => {
  const bob = await startBob()
  bob.token.wipe()
  const zeros = new Secret('session token', new Uint8Array(32))
  const { bytes, ticket } = makeTicket(zeros, { username: 'the-boss' })
  await refused(bob, bytes, ticket.secret)
  assert.is(bob.channels.count, 0)
  await bob.listener.close()
})

test('no more channels are opened than allowed, and a place becomes free again', async () => {
  const bob = await startBob({ maxChannels: 1 })
  const first = await dialBob(bob)
  const channel = await bob.channels.next()
  assert.is(await refused(bob, makeTicket(bob.token).bytes), 'request_refused')
  const closing = first.close()
  await channel.close()
  await closing
  const second = await dialBob(bob)
  second.destroy()
  await bob.listener.close()
})

test('an impostor at bob’s address learns nothing: no data is sent before it has proved itself', async () => {
  const received: Buffer[] = []
  const impostor = net.createServer((socket) => {
    socket.on('data', (data) => {
      received.push(data)
      // The best it can do without the secret: answer with a key of its own and a made-up tag.
      socket.write(frame(secureRandomBytes(48)))
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
  const { port } = impostor.address() as net.AddressInfo
  const { bytes, ticket } = makeTicket(newToken())
  const options = { host: '127.0.0.1', port, ticket: bytes, secret: ticket.secret, receiver: 'bob' }
  await rejects(connect(options), 'handshake_failed')
  assert.is(Buffer.concat(received).length, 1 + 2 + bytes.length + 2 + 48)
  await new Promise((resolve) => impostor.close(resolve))
})

test('an impostor that says nothing is given up on', async () => {
  const impostor = net.createServer((socket) => {
    socket.on('error', () => {}).resume()
  })
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
  const { port } = impostor.address() as net.AddressInfo
  const { bytes, ticket } = makeTicket(newToken())
  const options = { host: '127.0.0.1', port, ticket: bytes, secret: ticket.secret, receiver: 'bob' }
  await rejects(connect({ ...options, handshakeTimeoutMs: 30 }), 'peer_silent')
  await new Promise((resolve) => impostor.close(resolve))
})

test.run()
