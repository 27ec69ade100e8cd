/**
 * Alice and bob on a peer that gives a Node stream: TLS, secret-stream. What our channel has and a stream lacks is done by
 * hand as a program would that is after speed: messages are told apart by a length, and put together in slabs.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { rate, repeat } from '../rate.ts'
import * as tasks from './tasks.ts'

/** What a peer must be able to do. */
export interface StreamPeer {
  /** One `write` comes out as one `data`: messages need no length before them. */
  readonly keepsMessages: boolean
  listen(onStream: (stream: Duplex) => void): Promise<tasks.Address>
  /** @returns a stream that can be written to; both sides are proved before anything is sent. */
  dial(address: tasks.Address): Promise<Duplex>
}

const LENGTH_BYTES = 4
const SLAB_BYTES = 64 * 1024
/** Up to here a loop copies faster than a call does. */
const COPY_BY_HAND_BYTES = 48
const ACKNOWLEDGEMENT = Buffer.from('ack-ack!')

/** What makes alice and bob of a peer. */
export function kindOf(peer: StreamPeer): tasks.Kind {
  return { bob: () => bob(peer), alice: (address) => alice(peer, address) }
}

async function bob(peer: StreamPeer): Promise<tasks.Bob> {
  let task: tasks.Task = { what: 'ping', count: 0 }
  const address = await peer.listen((stream) => {
    stream.on('error', () => {})
    const take = taker(task, peer.keepsMessages)
    stream.on('data', (data: Buffer) => {
      const answer = take(data)
      if (answer) stream.write(answer)
    })
  })
  return {
    address,
    expect: (next) => {
      task = next
    },
  }
}

/** What one connection answers to what comes: one acknowledgement, when everything is there. */
function taker(task: tasks.Task, keepsMessages: boolean): (data: Buffer) => Buffer | undefined {
  if (task.what === 'ping') return (data) => data
  if (task.what === 'bulk') {
    let left = task.bytes
    return (data) => {
      tasks.lookAtPiece(data)
      left -= data.length
      return left === 0 ? ACKNOWLEDGEMENT : undefined
    }
  }
  if (task.what !== 'small') return () => ACKNOWLEDGEMENT
  const { size, count } = task
  let seen = 0
  const onMessage = (message: Uint8Array) => tasks.lookAt(message, size, seen++)
  const messages = keepsMessages ? onMessage : splitter(onMessage)
  return (data) => {
    messages(data)
    return seen === count ? ACKNOWLEDGEMENT : undefined
  }
}

/** Takes a stream of `u32 length || message` apart. */
function splitter(onMessage: (message: Buffer) => void): (data: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (data) => {
    held = held.length > 0 ? Buffer.concat([held, data]) : data
    let at = 0
    while (held.length >= at + LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + held.readUInt32LE(at)
      if (end > held.length) break
      onMessage(held.subarray(at + LENGTH_BYTES, end))
      at = end
    }
    held = held.subarray(at)
  }
}

function alice(peer: StreamPeer, address: tasks.Address): tasks.Alice {
  const short = Buffer.alloc(tasks.SHORT_BYTES, tasks.FILL)
  const kept: Duplex[] = []
  const open = async (): Promise<Asker> => {
    const stream = await peer.dial(address)
    return { stream, answer: answers(stream) }
  }
  return {
    async run(task) {
      switch (task.what) {
        case 'bulk': {
          const chunk = Buffer.alloc(tasks.CHUNK_BYTES, tasks.FILL)
          const writes = (count: number) => ({ count, next: () => chunk })
          return ((await writeAll(await open(), writes(task.bytes / chunk.length))) * task.bytes) / 1e6
        }
        case 'small': {
          const messages = tasks.numberedMessages(task.size)
          const asker = await open()
          if (task.batched) return (await sendBatched(asker, messages, task.count)) * task.count
          const write = peer.keepsMessages ? (message: Buffer) => message : withLength
          const next = (index: number) => write(messages[index % messages.length] as Buffer)
          return (await writeAll(asker, { count: task.count, next })) * task.count
        }
        case 'ping': {
          const { stream, answer } = await open()
          const taken = await tasks.times(task.count, () => {
            stream.write(short)
            return answer()
          })
          stream.end()
          return taken[task.count >> 1] ?? Number.NaN
        }
        case 'connections':
          return rate(task.count, () =>
            repeat(task.count, task.atOnce, async () => {
              const { stream, answer } = await open()
              stream.write(short)
              await answer()
              stream.end()
            }),
          )
        case 'idle':
          await repeat(task.count, 8, async () => {
            const { stream, answer } = await open()
            stream.write(short)
            await answer()
            kept.push(stream)
          })
          return kept.length
      }
    },
  }
}

interface Asker {
  readonly stream: Duplex
  /** Waits for the next piece that comes. */
  readonly answer: () => Promise<void>
}

function answers(stream: Duplex): () => Promise<void> {
  let heard: () => void = () => {}
  stream.on('data', () => heard())
  return () =>
    new Promise((resolve) => {
      heard = resolve
    })
}

/** One `write` each. @returns how often a second everything could be written and be answered by bob. */
async function writeAll(
  { stream, answer }: Asker,
  { count, next }: { count: number; next: (index: number) => Buffer },
): Promise<number> {
  const perSecond = await rate(1, async () => {
    const answered = answer()
    for (let i = 0; i < count; i++) {
      if (!stream.write(next(i)) && stream.writableLength >= tasks.WINDOW_BYTES) await drained(stream)
    }
    await answered
  })
  stream.end()
  return perSecond
}

/** Messages put together in slabs, each written when it is full or the turn of the microtasks comes. */
async function sendBatched(
  { stream, answer }: Asker,
  messages: readonly Buffer[],
  count: number,
): Promise<number> {
  const batch = new Batch(stream)
  const perSecond = await rate(1, async () => {
    const answered = answer()
    for (let i = 0; i < count; i++) {
      if (!batch.add(messages[i % messages.length] as Buffer)) await drained(stream)
    }
    await answered
  })
  stream.end()
  return perSecond
}

class Batch {
  readonly #stream: Duplex
  readonly #free: Buffer[] = []
  #slab: Buffer | undefined
  #used = 0
  #due = false

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  /** @returns whether more may come at once. */
  add(message: Buffer): boolean {
    const { length } = message
    if (this.#slab && this.#used + LENGTH_BYTES + length > SLAB_BYTES) this.#flush()
    this.#slab ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)
    const slab = this.#slab
    slab.writeUInt32LE(length, this.#used)
    const at = this.#used + LENGTH_BYTES
    if (length > COPY_BY_HAND_BYTES) slab.set(message, at)
    else for (let i = 0; i < length; i++) slab[at + i] = message[i] as number
    this.#used = at + length
    if (!this.#due) {
      this.#due = true
      queueMicrotask(() => {
        this.#due = false
        this.#flush()
      })
    }
    return this.#stream.writableLength < tasks.WINDOW_BYTES
  }

  #flush(): void {
    const slab = this.#slab
    if (!slab) return
    this.#stream.write(slab.subarray(0, this.#used), () => this.#free.push(slab))
    this.#slab = undefined
    this.#used = 0
  }
}

/** A microtask first: what was put together is written in it, and only then is there something to drain. */
async function drained(stream: Duplex): Promise<void> {
  await undefined
  if (stream.writableNeedDrain) await new Promise<void>((resolve) => stream.once('drain', () => resolve()))
}

function withLength(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length)
  frame.writeUInt32LE(message.length)
  frame.set(message, LENGTH_BYTES)
  return frame
}
