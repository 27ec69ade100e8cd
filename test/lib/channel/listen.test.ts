import { once } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ListenOptions } from '../../../src/lib/channel/listen.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import type { TraceEvent } from '../../../src/lib/trace.ts'
import { Arrivals, type Bob, dialBob, startBob } from '../../helpers/channels.ts'
import { nodeArguments, Program } from '../../helpers/program.ts'
import { rejects } from '../../helpers/throws.ts'
import { makeTicket, newToken } from '../../helpers/tickets.ts'

const test = suite('listener')

/** Bob as `startBob` starts him, to whom whoever connects from now on seems to come from `from.address`. */
async function startBobAbroad(
  options: Partial<ListenOptions>,
): Promise<{ bob: Bob; from: { address: string } }> {
  const { createServer } = net
  const from = { address: '192.0.2.7' }
  const abroad = (settings: net.ServerOpts, onSocket: (socket: net.Socket) => void) =>
    createServer(settings, (socket) => {
      Object.defineProperty(socket, 'remoteAddress', { value: from.address })
      onSocket(socket)
    })
  Object.assign(net, { createServer: abroad })
  syncBuiltinESMExports()
  try {
    return { bob: await startBob(options), from }
  } finally {
    Object.assign(net, { createServer })
    syncBuiltinESMExports()
  }
}

/** A connection that says nothing. */
async function silent(bob: Bob): Promise<net.Socket> {
  const socket = net.connect(bob.port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  return socket
}

test('one address has so many handshakes under way and no more, and keeps no other out', async () => {
  const { bob, from } = await startBobAbroad({ maxHandshakesPerAddress: 2 })
  const crowd = [await silent(bob), await silent(bob)]
  await silent(bob)
  const { address, error } = await bob.refusals.next()
  assert.equal([address, error.code], ['192.0.2.7', 'request_refused'])

  from.address = '::ffff:192.0.2.8'
  const alice = await dialBob(bob)
  assert.is((await bob.channels.next()).peer.address, '192.0.2.8')

  from.address = '192.0.2.7'
  for (const socket of crowd) socket.destroy()
  for (const _ of crowd) assert.is((await bob.refusals.next()).error.code, 'channel_truncated')
  const another = await dialBob(bob)
  for (const channel of [alice, another]) channel.destroy()
  await bob.listener.close()
})

test('a channel that is open is no handshake: one address may have many', async () => {
  const { bob } = await startBobAbroad({ maxHandshakesPerAddress: 1 })
  const channels = [await dialBob(bob), await dialBob(bob), await dialBob(bob)]
  for (const channel of channels) {
    assert.is((await bob.channels.next()).peer.address, '192.0.2.7')
    channel.destroy()
  }
  await bob.listener.close()
})

test('this machine’s own addresses have no such limit: a tunnel ends there', async () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
    const { bob, from } = await startBobAbroad({ maxHandshakesPerAddress: 1 })
    from.address = address
    const crowd = [await silent(bob), await silent(bob), await silent(bob)]
    const alice = await dialBob(bob)
    assert.is(bob.refusals.count, 0, address)
    alice.destroy()
    for (const socket of crowd) socket.destroy()
    await bob.listener.close()
  }
})

test('closing ends the handshakes under way', async () => {
  const events = new Arrivals<TraceEvent>()
  const bob = await startBob({ trace: events.push, handshakeTimeoutMs: 3000 })
  const socket = await silent(bob)
  const { bytes } = makeTicket(bob.token)
  socket.write(Buffer.concat([Buffer.from([1, bytes.length >> 8, bytes.length & 255]), bytes]))
  assert.is((await events.next()).name, 'ticket')
  await bob.listener.close()
  // Not for being late.
  assert.is((await bob.refusals.next()).error.code, 'channel_truncated')
})

test('a channel is closed when its handler is done, and destroyed when that fails', async () => {
  const done = await startBob({ onChannel: async (channel) => void (await channel.receive()) })
  const one = await dialBob(done)
  await one.send('read')
  assert.is(await one.receive(), undefined)
  await one.close()
  await done.listener.close()

  const failed = await startBob({
    onChannel: async () => {
      throw new ProtocolError('request_refused', 'not today')
    },
  })
  const two = await dialBob(failed)
  await rejects(two.receive(), 'channel_aborted')
  await failed.listener.close()
})

const withListener = async (
  run: (
    listener: Program,
    dial: (options?: Parameters<typeof dialBob>[1]) => ReturnType<typeof dialBob>,
  ) => Promise<void>,
) => {
  const token = newToken()
  const script = fileURLToPath(new URL('../../helpers/programs/documented-listener.ts', import.meta.url))
  const listener = new Program(process.execPath, [...nodeArguments(script), token.toText()], process.env)
  try {
    const port = Number(await listener.says('stdout', /^port (\d+)$/m))
    await run(listener, (options) => dialBob({ token, port } as Bob, options))
  } finally {
    await listener.stop('SIGKILL')
  }
}

test('a listening process outlives peers that are cut or give up, and handlers that refuse', async () => {
  await withListener(async (listener, dial) => {
    let socket: net.Socket | undefined
    const cut = await dial()
    await cut.send('first')
    cut.destroy()

    const refused = await dial()
    await rejects(refused.send('refuse me'), 'channel_aborted')
    await rejects(refused.receive(), 'channel_aborted')

    const gone = await dial({
      dial: (host, port) => {
        socket = net.connect({ port, host, allowHalfOpen: true })
        return socket
      },
    })
    await gone.send('second')
    socket?.resetAndDestroy()
    await rejects(gone.receive(), 'channel_truncated')

    const polite = await dial()
    await polite.send('last')
    await polite.close()
    await listener.says('stdout', /alice has left/)
    assert.is(
      listener.stdout.replace(/^port.*\n/, ''),
      'alice: first\nalice: refuse me\nalice: second\nalice: last\nalice has left\n',
    )
    assert.is(listener.stderr, '')
    assert.is(listener.child.exitCode, null)
  })
})

test('a mistake of the program in its handler is not hidden', async () => {
  await withListener(async (listener, dial) => {
    const alice = await dial()
    const sent = alice.send('crash').catch((error) => error.code)
    assert.is(await listener.exit, 1)
    assert.match(listener.stderr, 'a mistake of the program')
    assert.ok(['channel_aborted', 'channel_truncated'].includes(await sent))
  })
})

test.run()
