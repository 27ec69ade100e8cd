/**
 * Given: the shapes that `records.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { Secret } from 'symbolon/protocol'

/** The two keys of a conversation, 32 bytes each. Alice and bob know both, and nobody else knows one. */
export interface Keys {
  /** For what alice says to bob. */
  readonly aliceToBob: Secret
  /** For what bob says to alice. */
  readonly bobToAlice: Secret
}

export type Side = 'alice' | 'bob'

/** Seals what one side says, record after record. */
export interface Sealer {
  /**
   * @returns the next record: a message.
   * @throws Error after the end, and when all counts are used up.
   */
  seal(text: string): Uint8Array
  /**
   * @returns the last record: this side says no more.
   * @throws Error when it was called before, and when all counts are used up.
   */
  end(): Uint8Array
}

/** Opens what the other side said, record after record. */
export interface Opener {
  /**
   * @param record - bytes that came over the way.
   * @returns the text of a message; `undefined` when it is the end.
   * @throws Error when it is not the next record of the other side. From then on every call throws.
   */
  open(record: Uint8Array): string | undefined
  /**
   * Called once, when nothing comes any more: the connection is closed.
   *
   * @throws Error when the other side has not said that it was the end.
   */
  close(): void
}

/**
 * What you write.
 *
 * @param side - whose program this is.
 * @param count - of the first record: 0 when the conversation begins, more when it goes on.
 */
export type MakeSealer = (keys: Keys, side: Side, count?: number) => Sealer
export type MakeOpener = (keys: Keys, side: Side, count?: number) => Opener
