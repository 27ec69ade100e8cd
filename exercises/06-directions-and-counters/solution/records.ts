/**
 * Exercise 06, solved: records in two directions, counted.
 *
 * @module
 */
import { concat, EMPTY, fromUtf8, open, type Secret, seal, utf8 } from 'symbolon/protocol'
import type { Keys, Opener, Sealer, Side } from '../given.ts'

const MESSAGE = 0x01
const END = 0x05
/** Four bytes of counter are as many records. */
const COUNTS = 2 ** 32

/** A key and the count of its next record: together they give each nonce once. */
class Direction {
  readonly key: Uint8Array
  #count: number

  constructor(key: Secret, count: number) {
    this.key = key.reveal()
    this.#count = count
  }

  nextNonce(): Uint8Array {
    if (this.#count >= COUNTS) throw new Error('all counts of this direction are used up')
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setUint32(8, this.#count)
    this.#count++
    return nonce
  }
}

export function makeSealer(keys: Keys, side: Side, count = 0): Sealer {
  const direction = new Direction(side === 'alice' ? keys.aliceToBob : keys.bobToAlice, count)
  let hasEnded = false
  const next = (type: number, body: Uint8Array) => {
    if (hasEnded) throw new Error('the end has been said')
    return seal(direction.key, direction.nextNonce(), EMPTY, concat(Uint8Array.of(type), body))
  }
  return {
    seal: (text) => next(MESSAGE, utf8(text)),
    end() {
      const record = next(END, EMPTY)
      hasEnded = true
      return record
    },
  }
}

export function makeOpener(keys: Keys, side: Side, count = 0): Opener {
  const direction = new Direction(side === 'alice' ? keys.bobToAlice : keys.aliceToBob, count)
  let state: 'open' | 'ended' | 'failed' = 'open'
  return {
    open(record) {
      const before = state
      // Until this record has passed everything. What throws below leaves it so.
      state = 'failed'
      if (before !== 'open') throw new Error('this channel is over')
      const content = open(direction.key, direction.nextNonce(), EMPTY, record)
      const [type, body] = [content[0], content.subarray(1)]
      if (type === END && body.length === 0) {
        state = 'ended'
        return undefined
      }
      if (type !== MESSAGE) throw new Error('this is no record')
      const text = fromUtf8(body)
      state = 'open'
      return text
    },
    close() {
      if (state !== 'ended') throw new Error('the conversation was cut')
    },
  }
}
