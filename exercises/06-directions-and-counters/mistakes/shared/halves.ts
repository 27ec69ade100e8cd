/**
 * The two halves of a conversation, right but for what a mistake puts in.
 *
 * @module
 */
import { concat, EMPTY, fromUtf8, open, type Secret, seal, utf8 } from 'symbolon/protocol'
import type { Keys, Opener, Sealer, Side } from '../../given.ts'

export const END = 0x05
export const MESSAGE = 0x01
export const COUNTS: number = 2 ** 32

export const sealingKey = (keys: Keys, side: Side): Secret =>
  side === 'alice' ? keys.aliceToBob : keys.bobToAlice
export const openingKey = (keys: Keys, side: Side): Secret =>
  sealingKey(keys, side === 'alice' ? 'bob' : 'alice')

/** The right one. */
export function nonceOf(count: number): Uint8Array {
  if (count >= COUNTS) throw new Error('all counts are used up')
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, count)
  return nonce
}

export const sealAs = (key: Secret, nonce: Uint8Array, content: Uint8Array): Uint8Array =>
  seal(key.reveal(), nonce, EMPTY, content)
export const openAs = (key: Secret, nonce: Uint8Array, record: Uint8Array): Uint8Array =>
  open(key.reveal(), nonce, EMPTY, record)

/** @param next - seals the content of the next record. */
export function sealer(next: (content: Uint8Array) => Uint8Array): Sealer {
  let hasEnded = false
  const say = (content: Uint8Array) => {
    if (hasEnded) throw new Error('the end has been said')
    return next(content)
  }
  return {
    seal: (text) => say(concat(Uint8Array.of(MESSAGE), utf8(text))),
    end() {
      const record = say(Uint8Array.of(END))
      hasEnded = true
      return record
    },
  }
}

/** @throws Error when it is none. @returns nothing for the end. */
export function parse(content: Uint8Array): string | undefined {
  if (content[0] === END && content.length === 1) return undefined
  if (content[0] !== MESSAGE) throw new Error('this is no record')
  return fromUtf8(content.subarray(1))
}

/** @param next - gives the content of the next record. */
export function opener(next: (record: Uint8Array) => Uint8Array, look: typeof parse = parse): Opener {
  let state = 'open'
  return {
    open(record) {
      const before = state
      state = 'failed'
      if (before !== 'open') throw new Error('this channel is over')
      const text = look(next(record))
      state = text === undefined ? 'ended' : 'open'
      return text
    },
    close() {
      if (state !== 'ended') throw new Error('the conversation was cut')
    },
  }
}
