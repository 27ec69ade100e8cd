/**
 * What is done on a channel, ours or TLS, and how bob, a process of his own, is told of it.
 *
 * @module
 */
import type { Certificate } from './certificate.ts'

export const BULK_BYTES = 128 * 1024 * 1024
/** Ours: the longest message there is. */
export const BULK_MESSAGE_BYTES = 1024 * 1024
/** TLS: one `write`. */
export const BULK_WRITE_BYTES = 64 * 1024
export const SMALL_BYTES = 32
export const SMALL_COUNT = 50_000
/** TLS: more of them, to measure longer than a moment. */
export const SMALL_TLS_COUNT = 1_000_000
/** So many small messages are sent in one turn of the event loop. */
export const SMALL_GROUP = 1000
export const PINGS = 1000

/** What the TLS receiver does with what comes; ours needs telling only whether to send it back. */
export type Mode =
  | { readonly mode: 'sink'; readonly bytes: number }
  | { readonly mode: 'echo' }
  | { readonly mode: 'messages'; readonly count: number }

/** How bob can be reached, and the keys of both ways. */
export interface Bob {
  readonly ports: { readonly ours: number; readonly tls: number }
  /** Bob's session token, base64url. */
  readonly token: string
  readonly certificate: Certificate
}

/** Alice's end. Every figure is of one run, the connection being there before, except in `connections`. */
export interface Alice {
  /** @returns megabytes a second. */
  bulk(): Promise<number>
  /** @returns messages a second. */
  small(): Promise<number>
  /** @returns microseconds there and back, the median. */
  ping(): Promise<number>
  /** Connection, proof of both sides, first message, acknowledgement. @returns connections a second. */
  connections(count: number, atOnce: number): Promise<number>
}

/** @returns so many a second. */
export async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return count / ((performance.now() - from) / 1000)
}

/** Does something again and again, several at once. */
export async function repeat(count: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  let left = count
  const lane = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
