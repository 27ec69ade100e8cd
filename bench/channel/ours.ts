/**
 * Alice and bob on our channel, through the ordinary API: `connect`, `send`, `for await`, `stream`.
 *
 * @module
 */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import {
  type Channel,
  connect,
  createTicket,
  listen,
  Secret,
  secureRandomBytes,
} from '../../src/lib/protocol.ts'
import { rate, repeat } from '../rate.ts'
import * as tasks from './tasks.ts'

const TICKET_LIFETIME_SEC = 300
const MANY = 100_000

interface Address {
  readonly port: number
  /** Bob's session token, base64url. */
  readonly token: string
}

/** Bob listens; what he is to do with a channel depends on the task at hand. */
export async function bob(): Promise<tasks.Bob> {
  const token = new Secret('session token', secureRandomBytes(32))
  let task: tasks.Task = { what: 'ping', count: 0 }
  const listener = await listen({
    username: 'bob',
    token,
    maxChannels: MANY,
    maxChannelsPerSender: MANY,
    onChannel: (channel) => receive(channel, task),
  })
  return {
    address: { port: listener.address.port, token: token.toText() } satisfies Address,
    expect: (next) => {
      task = next
    },
  }
}

async function receive(channel: Channel, task: tasks.Task): Promise<void> {
  if (task.what === 'bulk') return receiveBulk(channel.stream(), task.bytes)
  if (task.what === 'small') {
    let count = 0
    return channel.forEach(({ bytes }) => {
      tasks.lookAt(bytes, task.size, count++)
    })
  }
  for await (const { bytes } of channel) if (task.what === 'ping') void channel.send(bytes)
}

async function receiveBulk(stream: Duplex, bytes: number): Promise<void> {
  let left = bytes
  stream.on('data', (piece: Uint8Array) => {
    tasks.lookAtPiece(piece)
    left -= piece.length
  })
  await once(stream, 'end')
  if (left !== 0) throw new Error(`${left} bytes did not come`)
  stream.end()
  await once(stream, 'close')
}

/** Alice connects with tickets that she seals herself, which is the KDC's part: it counts as ours. */
export function alice(address: tasks.Address): tasks.Alice {
  const { port, token } = address as Address
  const bobsToken = Secret.fromText('session token', token)
  const open = () => {
    const secret = new Secret('channel secret', secureRandomBytes(32))
    const now = Math.floor(Date.now() / 1000)
    const names = { username: 'alice', ipAddress: '127.0.0.1', receiver: 'bob' }
    const ticket = { ...names, secret, issuedAt: now, expiresAt: now + TICKET_LIFETIME_SEC }
    return connect({
      host: '127.0.0.1',
      port,
      ticket: createTicket(ticket, bobsToken),
      secret,
      receiver: 'bob',
    })
  }
  const short = new Uint8Array(tasks.SHORT_BYTES).fill(tasks.FILL)
  const kept: Channel[] = []
  return {
    async run(task) {
      switch (task.what) {
        case 'bulk':
          return sendBulk(await open(), task.bytes)
        case 'small':
          return (task.batched ? writeAll : sendAll)(
            await open(),
            tasks.numberedMessages(task.size),
            task.count,
          )
        case 'ping':
          return ping(await open(), short, task.count)
        case 'connections':
          return rate(task.count, () =>
            repeat(task.count, task.atOnce, async () => {
              const channel = await open()
              await channel.send(short)
              channel.close().catch(() => {})
            }),
          )
        case 'idle':
          await repeat(task.count, 8, async () => {
            const channel = await open()
            await channel.send(short)
            kept.push(channel)
          })
          return kept.length
      }
    },
  }
}

/** @returns megabytes a second, until bob has read all of it and said so. */
async function sendBulk(channel: Channel, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(tasks.CHUNK_BYTES, tasks.FILL)
  const stream = channel.stream()
  const perSecond = await rate(bytes / 1e6, async () => {
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      if (!stream.write(chunk) && stream.writableLength >= tasks.WINDOW_BYTES) await once(stream, 'drain')
    }
    const read = once(stream, 'finish')
    stream.end()
    await read
  })
  stream.resume()
  await once(stream, 'end')
  await channel.close()
  return perSecond
}

/**
 * Sends messages one by one. The acknowledgement of a message stands for all before it, so alice waits for that of the last
 * of a group, and begins the next group when the one before the last is acknowledged.
 *
 * @returns so many a second, all of them acknowledged.
 */
async function sendAll(channel: Channel, messages: readonly Uint8Array[], count: number): Promise<number> {
  const perSecond = await rate(count, async () => {
    let before: Promise<unknown> = Promise.resolve()
    for (let sent = 0; sent < count; ) {
      let last = before
      for (const end = Math.min(count, sent + tasks.GROUP); sent < end; sent++) {
        last = channel.send(messages[sent % messages.length] as Uint8Array)
      }
      await before
      before = last
    }
    await before
  })
  await channel.close()
  return perSecond
}

/** Writes messages one by one. @returns so many a second, all of them acknowledged. */
async function writeAll(channel: Channel, messages: readonly Uint8Array[], count: number): Promise<number> {
  const perSecond = await rate(count, async () => {
    for (let sent = 0; sent < count; sent++) {
      if (!channel.write(messages[sent % messages.length] as Uint8Array)) await channel.drained()
    }
    await channel.flush()
  })
  await channel.close()
  return perSecond
}

async function ping(channel: Channel, message: Uint8Array, count: number): Promise<number> {
  const taken = await tasks.times(count, async () => {
    void channel.send(message)
    await channel.receive()
  })
  await channel.close()
  return taken[count >> 1] ?? Number.NaN
}
