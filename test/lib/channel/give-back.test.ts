/**
 * Memory that is given back as soon as it is sent, or lent for the next plaintext (src/lib/channel/in-place.ts, packer.ts): a connection that is
 * destroyed, cut or stalled in the middle of writing shows nothing of its own on another one, and nothing of another's.
 */
import { once } from 'node:events'
import * as net from 'node:net'
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { connectInPlace } from '../../../src/lib/channel/in-place.ts'
import { Wire } from '../../../src/lib/channel/wire.ts'
import { dialBob, startBob } from '../../helpers/channels.ts'
import { CuttingProxy } from '../../helpers/cutting-proxy.ts'
import { startMeddler } from '../../helpers/meddler.ts'
import { isPending, settled } from '../../helpers/memory.ts'

const test = suite('memory given back')

/** Whether this Node can give memory back. */
const CAN = 'transfer' in ArrayBuffer.prototype
const FRAME_BYTES = 60_000

/** What was written and the system has not taken yet: the memory, and where it was written. */
const unsent = new Map<ArrayBufferLike, net.Socket>()
/** How often such memory was given back. */
let early = 0
const EARLY = 'memory was given back before it was sent'

type Transfer = (this: ArrayBuffer, length: number) => ArrayBuffer
type Write = (this: net.Socket, bytes: Uint8Array, ...rest: unknown[]) => boolean
const buffers = ArrayBuffer.prototype as unknown as { transfer: Transfer }
const sockets = net.Socket.prototype as unknown as { write: Write }
const { transfer } = buffers
const { write } = sockets

test.before(() => {
  sockets.write = function (bytes, ...rest) {
    const { buffer } = bytes
    if (!(bytes instanceof Uint8Array) || bytes.length < buffer.byteLength)
      return write.call(this, bytes, ...rest)
    const last = rest.at(-1)
    unsent.set(buffer, this)
    const sent = (error?: Error | null) => {
      unsent.delete(buffer)
      if (typeof last === 'function') last(error)
    }
    return write.call(this, bytes, ...rest.slice(0, typeof last === 'function' ? -1 : undefined), sent)
  }
  if (!CAN) return
  buffers.transfer = function (length) {
    const socket = unsent.get(this)
    if (socket) early++
    // Else both ends would wait for ever for what is there no more.
    socket?.destroy(new Error(EARLY))
    return transfer.call(this, length)
  }
})

test.after(() => {
  sockets.write = write
  if (CAN) buffers.transfer = transfer
})

const open = new Set<net.Socket>()

test.after.each(() => {
  for (const socket of open) socket.destroy()
  open.clear()
  early = 0
})

/** A wire to a peer that does not read before `read` is called, which gives what the peer has read in the end. */
async function stalled() {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connectInPlace({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
  const [peer] = (await once(server, 'connection')) as [net.Socket]
  peer.on('error', () => {})
  socket.on('error', () => {})
  open.add(socket).add(peer)
  server.close()
  const read = async () => {
    const pieces: Buffer[] = []
    peer.on('data', (piece) => pieces.push(piece))
    peer.resume()
    await once(peer, 'end')
    return Buffer.concat(pieces)
  }
  return { wire: new Wire(socket), socket, peer, read }
}

/** Writes frames, each full of its number, until the connection takes no more. */
async function fill(wire: Wire): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = []
  do {
    while (!wire.full) {
      const frame = new Uint8Array(FRAME_BYTES).fill(frames.length + 1)
      frames.push(frame)
      wire.writeFrame(frame)
      assert.is(early, 0, EARLY)
    }
  } while (!(await isPending(wire.drained())))
  return frames
}

test('what is sent is given back, what still waits is not, and all of it arrives', async () => {
  const { wire, read } = await stalled()
  const frames = await fill(wire)
  const first = frames[0] as Uint8Array
  const last = frames.at(-1) as Uint8Array
  assert.is(first.length, CAN ? 0 : FRAME_BYTES)
  assert.is(last.length, FRAME_BYTES)
  wire.end()
  const came = await read()
  assert.is(came.length, frames.length * (2 + FRAME_BYTES))
  for (let number = 1, at = 0; at < came.length; number++, at += 2 + FRAME_BYTES) {
    assert.is(came.readUInt16BE(at), FRAME_BYTES)
    assert.ok(came.subarray(at + 2, at + 2 + FRAME_BYTES).equals(Buffer.alloc(FRAME_BYTES, number)))
  }
  assert.is(last.length, CAN ? 0 : FRAME_BYTES)
})

test('a socket that is destroyed while it writes keeps what the system has, and gives back the rest', async () => {
  for (const how of ['here', 'there'] as const) {
    const { wire, socket, peer } = await stalled()
    const frames = await fill(wire)
    if (how === 'here') socket.destroy()
    else peer.resetAndDestroy()
    if (!socket.destroyed || !socket.closed) await once(socket, 'close').catch(() => {})
    await settled()
    // Other memory comes in the place of what was given back; the connection is gone, and nothing may write from there any more.
    for (let i = 0; i < 200; i++) new Uint8Array(FRAME_BYTES).fill(0xee)
    for (const [index, frame] of frames.entries())
      assert.ok(frame.length === 0 || frame.every((byte) => byte === index + 1))
  }
})

test('a stream of another make may pass on what is written: it keeps it', async () => {
  const [near, far] = duplexPair()
  const wire = new Wire(near)
  const frame = new Uint8Array(FRAME_BYTES).fill(9)
  const kept: Buffer[] = []
  far.on('data', (piece) => kept.push(piece))
  wire.writeFrame(frame)
  await settled()
  assert.is(frame.length, FRAME_BYTES)
  assert.ok(Buffer.concat(kept).subarray(2).equals(Buffer.alloc(FRAME_BYTES, 9)))
})

test('a short part, and one that shares its memory, are not given back', async () => {
  const { wire, read } = await stalled()
  const whole = new Uint8Array(3 * FRAME_BYTES).fill(5)
  const short = new Uint8Array(1000).fill(6)
  wire.writeFrame(whole.subarray(FRAME_BYTES, 2 * FRAME_BYTES), short)
  wire.end()
  assert.is((await read()).length, 2 + FRAME_BYTES + 1000)
  assert.is(whole.length, 3 * FRAME_BYTES)
  assert.is(short.length, 1000)
})

const TOTAL_BYTES = 16_000_000
const SIZES = [65_000, 10, 300, 20_000, 150_000]

/** What one of the conversations came to, at bob's end. */
interface Outcome {
  readonly heard: number
  readonly wrong: number
  readonly code: string
}

const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error)

/** Bob looks at each byte that he is given: every connection's are its number. */
async function listenTo(
  channel: Channel,
  how: 'stream' | 'messages',
  hears: (bytes: number) => void = () => {},
): Promise<Outcome> {
  const expected = Buffer.alloc(200_000, Number(channel.peer.username.slice(1)))
  let [heard, wrong, code] = [0, 0, 'ended']
  const look = (bytes: Uint8Array) => {
    heard += bytes.length
    if (!expected.subarray(0, bytes.length).equals(bytes)) wrong++
    hears(heard)
  }
  try {
    if (how === 'messages') await channel.forEach(({ bytes }) => void look(bytes))
    else for await (const piece of channel.stream()) look(piece as Uint8Array)
    await channel.close()
  } catch (error) {
    code = codeOf(error)
  }
  return { heard, wrong, code }
}

/** Writes messages or a stream, all of one byte, and ends. */
async function talk(channel: Channel, how: 'stream' | 'messages', byte: number): Promise<void> {
  const stream = how === 'stream' ? channel.stream() : undefined
  stream?.resume()
  const destroyed = channel.closed.then(() => {
    throw Object.assign(new Error(), { code: 'closed' })
  })
  destroyed.catch(() => {})
  for (let sent = 0, i = 0; sent < TOTAL_BYTES; i++) {
    const bytes = Buffer.alloc(SIZES[i % SIZES.length] as number, byte)
    sent += bytes.length
    if (!stream) {
      if (!channel.write(bytes)) await channel.drained()
      bytes.fill(0xff)
    } else if (!stream.write(bytes)) await Promise.race([once(stream, 'drain'), destroyed])
  }
  stream?.end()
  await (stream ? Promise.race([once(stream, 'finish'), destroyed]) : channel.flush())
  await channel.close()
}

interface Ends {
  readonly alice: Channel
  readonly bob: Channel
  readonly proxy: CuttingProxy
}

/** How a conversation is spoiled. */
const SPOILS: readonly [way: string, spoil: (ends: Ends) => void][] = [
  ['not at all', () => {}],
  ['alice destroys', ({ alice }) => alice.destroy()],
  ['bob destroys', ({ bob }) => bob.destroy()],
  ['the line is cut', ({ proxy }) => proxy.cut()],
]

for (const how of ['messages', 'stream'] as const) {
  test(`connections that are spoiled while they write ${how} leave the others whole, and theirs`, async () => {
    const outcomes: Promise<void>[] = []
    const heard = new Map<string, Outcome>()
    const spoils = new Map<string, (channel: Channel) => void>()
    const proxies: CuttingProxy[] = []
    const bob = await startBob({
      onChannel: (channel) => {
        const { username } = channel.peer
        const hears = (bytes: number) => {
          // Each at another moment, in the middle of what is being read.
          if (bytes < 1_000_000 * Number(username.slice(1))) return
          spoils.get(username)?.(channel)
          spoils.delete(username)
        }
        outcomes.push(listenTo(channel, how, hears).then((outcome) => void heard.set(username, outcome)))
      },
    })
    try {
      const dials = Array.from({ length: 8 }, async (_, index) => {
        const [way, spoil] = SPOILS[index % SPOILS.length] as (typeof SPOILS)[number]
        const username = `u${index + 1}`
        const proxy = await CuttingProxy.start(() => ({ host: '127.0.0.1', port: bob.port }))
        proxies.push(proxy)
        const port = way === 'the line is cut' ? proxy.port : bob.port
        const alice = await dialBob(bob, { port, fields: { username } })
        spoils.set(username, (channel) => spoil({ alice, bob: channel, proxy }))
        return { way, username, alice }
      })
      // All are there before the first one talks: on a busy machine the last would be answered too late.
      const talks = (await Promise.all(dials)).map(async ({ way, username, alice }, index) => {
        const code = await talk(alice, how, index + 1).then(() => 'ended', codeOf)
        return { way, code, username }
      })
      const ends = await Promise.all(talks)
      await Promise.all(outcomes)
      assert.is(early, 0, EARLY)
      for (const { way, code, username } of ends) {
        const bobs = heard.get(username)
        assert.is(bobs?.wrong, 0, `${username}, ${way}`)
        // What was changed in our own memory would be a frame that does not open.
        assert.is.not(bobs?.code, 'frame_damaged', `${username}, ${way}`)
        if (way === 'not at all') {
          assert.equal([code, bobs?.code], ['ended', 'ended'])
          assert.ok((bobs?.heard ?? 0) >= TOTAL_BYTES)
        } else {
          assert.is.not(code, 'ended', `${username}, ${way}`)
          assert.ok((bobs?.heard ?? 0) < TOTAL_BYTES, `${username}, ${way}`)
        }
      }
    } finally {
      for (const channel of bob.listener.channels) channel.destroy()
      for (const proxy of proxies) await proxy.close()
      await bob.listener.close()
    }
  })
}

test('a frame that is replayed while memory is given back ends its connection, and only that', async () => {
  const outcomes: Promise<Outcome>[] = []
  const bob = await startBob({ onChannel: (channel) => void outcomes.push(listenTo(channel, 'messages')) })
  let earlier: Buffer | undefined
  const meddler = await startMeddler(bob.port, (direction, index, piece) => {
    if (direction !== 'to-bob' || index < 10) return [piece]
    earlier ??= Buffer.from(piece)
    return index === 30 ? [piece, earlier] : [piece]
  })
  try {
    const attacked = await dialBob(bob, { port: meddler.port, fields: { username: 'u1' } })
    const other = await dialBob(bob, { fields: { username: 'u2' } })
    const [one, two] = await Promise.allSettled([talk(attacked, 'messages', 1), talk(other, 'messages', 2)])
    assert.is(early, 0, EARLY)
    assert.is(one.status, 'rejected')
    assert.is(two.status, 'fulfilled')
    const [first, second] = await Promise.all(outcomes)
    assert.equal([first?.wrong, first?.code], [0, 'frame_damaged'])
    assert.equal([second?.wrong, second?.code], [0, 'ended'])
    assert.ok((second?.heard ?? 0) >= TOTAL_BYTES)
  } finally {
    for (const channel of bob.listener.channels) channel.destroy()
    await meddler.close()
    await bob.listener.close()
  }
})

test('frames that come in pieces on several connections are put together each by itself', async () => {
  const ends = await Promise.all([stalled(), stalled(), stalled()])
  for (const round of [0, 1, 2]) {
    const frames = ends.map((_, n) => Buffer.alloc(FRAME_BYTES + n, 10 * round + n + 1))
    const reading = ends.map(({ wire }) => wire.readFrame(1, 0xffff))
    for (const [from, to] of [
      [0, 40_000],
      [40_000, undefined],
    ] as const) {
      for (const [n, { peer, socket }] of ends.entries()) {
        const frame = frames[n] as Buffer
        const whole = Buffer.concat([Buffer.of(frame.length >> 8, frame.length & 0xff), frame])
        const part = whole.subarray(from, to)
        const before = socket.bytesRead
        peer.write(part)
        while (socket.bytesRead < before + part.length) await new Promise(setImmediate)
      }
    }
    const came = await Promise.all(reading)
    for (const [n, frame] of frames.entries()) assert.ok(frame.equals(came[n] as Uint8Array), `${round} ${n}`)
  }
})

test.run()
