/** What a channel is told. */
import type { Trace } from '../trace.ts'

/** How long `close` waits for the peer's end. */
export const CLOSE_TIMEOUT_MS = 5_000

/** Who is at the other end. */
export interface Peer {
  /** As the KDC vouches for it. */
  readonly username: string
  /**
   * IP address of this connection. It need not be the one in the ticket: that is where the KDC saw the sender, perhaps
   * on another network.
   */
  readonly address: string
}

/** How to wait for what comes next. */
export interface ReceiveOptions {
  /** Ends the waiting. The channel stays as it is: what comes afterwards is there for the next call. */
  readonly signal?: AbortSignal | undefined
}

/** What a channel needs besides its connection and keys. */
export interface ChannelOptions {
  /** Who is at the other end. */
  readonly peer: Peer
  /** Longest message to send or to take. Default: `MAX_MESSAGE_BYTES`. */
  readonly maxMessageBytes?: number | undefined
  /** How long `close` waits for the peer. Default: `CLOSE_TIMEOUT_MS`. */
  readonly closeTimeoutMs?: number | undefined
  /** Hears of each record as it passes. */
  readonly trace?: Trace | undefined
  /** What a trace calls this end. */
  readonly us?: string | undefined
}
