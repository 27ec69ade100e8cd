/**
 * Given: the shapes that `handshake.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { RandomBytes, Secret } from 'symbolon/protocol'

/** What a handshake leaves, 32 bytes each. */
export interface Keys {
  /** For what this side sends. */
  readonly send: Uint8Array
  /** For what this side receives. */
  readonly receive: Uint8Array
  /** The hash of everything that was said: the same on both sides. */
  readonly hash: Uint8Array
}

/** Alice's side of one handshake, begun. */
export interface Begun {
  /** @returns message 1, 48 bytes. */
  message1(): Uint8Array
  /**
   * @param message2 - what came from bob, or from anybody.
   * @throws Error when it is not bob's answer to this message 1.
   */
  finish(message2: Uint8Array): Keys
}

/** Bob's side, which is over at once. */
export interface Answered {
  /** 48 bytes. */
  readonly message2: Uint8Array
  readonly keys: Keys
}

/** What you write: alice begins. */
export type Begin = (secret: Secret, ticket: Uint8Array, randomBytes: RandomBytes) => Begun

/** What you write: bob answers. */
export type Answer = (
  secret: Secret,
  ticket: Uint8Array,
  message1: Uint8Array,
  randomBytes: RandomBytes,
) => Answered
