/**
 * What is done on a channel, ours or a peer's: the same for all of them.
 *
 * @module
 */

/** One thing for alice to do, and for bob to know of. */
export type Task =
  | { readonly what: 'bulk'; readonly bytes: number }
  /** @property batched - ours: without a promise for each; TLS: put together by hand. */
  | {
      readonly what: 'small'
      readonly size: number
      readonly count: number
      readonly batched?: boolean
    }
  /** There and back, one at a time. */
  | { readonly what: 'ping'; readonly count: number }
  /** Connection, proof of both sides, first message, acknowledgement; so many at once. */
  | { readonly what: 'connections'; readonly count: number; readonly atOnce: number }
  /** Connections that have carried one message each and stay. */
  | { readonly what: 'idle'; readonly count: number }

/** Where bob listens and what one needs to know of him: JSON, and only alice of the same kind reads it. */
export type Address = unknown

/** Alice's end of one kind of channel. */
export interface Alice {
  /**
   * @returns bulk: megabytes a second; small: messages a second; ping: microseconds, the median; connections: so many a
   *   second; idle: nothing that matters.
   */
  run(task: Task): Promise<number>
}

/** Bob's end of one kind of channel. */
export interface Bob {
  readonly address: Address
  /** What comes on connections from now on. */
  expect(task: Task): void
}

/** What alice and bob of one kind are made by. */
export interface Kind {
  bob(): Promise<Bob>
  alice(address: Address): Alice
}

/** Bulk: what one `write` takes. */
export const CHUNK_BYTES = 64 * 1024
/** Every byte of bulk. */
export const FILL = 7
/** The first message of a connection, and every ping. */
export const SHORT_BYTES = 32
/** So much may be on its way, neither acknowledged nor taken by the socket. */
export const WINDOW_BYTES = 1024 * 1024
/** Where every message has an acknowledgement of its own, so many are sent before the group before is waited for. */
export const GROUP = 4096
/** Small messages differ; after so many they come again. */
const NUMBERS = 4096
/** Of the pings of a round, so many warm up. */
const WARM_PINGS = 100

/** Different small messages: each carries its number in its first and in its last four bytes. */
export function numberedMessages(size: number): readonly Buffer[] {
  return Array.from({ length: NUMBERS }, (_, number) => {
    const message = Buffer.alloc(size, FILL)
    message.writeUInt32LE(number, 0)
    message.writeUInt32LE(number, size - 4)
    return message
  })
}

/**
 * What every receiver does with every small message: looks at its length and at both its ends.
 *
 * @param index - how many came before it.
 */
export function lookAt(message: Uint8Array, size: number, index: number): void {
  const number = index % NUMBERS
  if (message.length !== size || wordAt(message, 0) !== number || wordAt(message, size - 4) !== number) {
    throw new Error(`message ${index} is not the one that was sent`)
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return a | (b << 8) | (c << 16) | (d << 24)
}

/** What every receiver does with every piece of bulk: looks at both its ends. */
export function lookAtPiece(piece: Uint8Array): void {
  if (piece[0] !== FILL || piece[piece.length - 1] !== FILL) {
    throw new Error('there are other bytes than were sent')
  }
}

/** @returns how long each took, in microseconds, in the order of their length; those that warm up are left out. */
export async function times(count: number, work: () => Promise<unknown>): Promise<Float64Array> {
  const taken = new Float64Array(count)
  for (let i = -WARM_PINGS; i < count; i++) {
    const from = performance.now()
    await work()
    if (i >= 0) taken[i] = 1000 * (performance.now() - from)
  }
  return taken.sort()
}
