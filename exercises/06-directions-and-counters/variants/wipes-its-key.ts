/** One class for both directions, with a copy of the key that is wiped when it is over, counts in BigInt, and a buffer that is used again. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Keys, Side } from '../given.ts'

const LIMIT = 1n << 32n
const TAG = { authTagLength: 16 }

/** Why a channel is of no more use. */
class Over extends Error {
  readonly code: string
  constructor(code: string, options?: ErrorOptions) {
    super(`this channel is over: ${code}`, options)
    this.name = new.target.name
    this.code = code
  }
}

class Way {
  readonly #key: Buffer
  readonly #nonce = Buffer.alloc(12)
  #count: bigint
  #over: Over | undefined
  #scratch = Buffer.alloc(64)
  #heardEnd = false

  constructor(key: Uint8Array, count: number) {
    this.#key = Buffer.from(key)
    this.#count = BigInt(count)
  }

  #finish(code: string, cause?: unknown): Over {
    this.#key.fill(0)
    this.#over = new Over(code, cause === undefined ? undefined : { cause: 'not the next record' })
    return this.#over
  }

  #next(): Buffer {
    if (this.#over) throw this.#over
    if (this.#count >= LIMIT) throw this.#finish('EXHAUSTED')
    this.#nonce.writeBigUInt64BE(this.#count++, 4)
    return this.#nonce
  }

  seal = (text: string): Uint8Array => {
    const length = 1 + Buffer.byteLength(text)
    if (this.#scratch.length < length) this.#scratch = Buffer.alloc(2 * length)
    this.#scratch[0] = 1
    this.#scratch.write(text, 1)
    const sealed = this.#encrypted(this.#scratch.subarray(0, length))
    this.#scratch.fill(0)
    return sealed
  }

  end = (): Uint8Array => {
    const sealed = this.#encrypted(Buffer.of(5))
    this.#finish('ENDED')
    return sealed
  }

  #encrypted(content: Buffer): Buffer {
    const cipher = createCipheriv('chacha20-poly1305', this.#key, this.#next(), TAG)
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  }

  open = (record: Uint8Array): string | undefined => {
    const nonce = this.#next()
    try {
      const decipher = createDecipheriv('chacha20-poly1305', this.#key, nonce, TAG)
      const bytes = Buffer.from(record)
      decipher.setAuthTag(bytes.subarray(-16))
      const content = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
      switch (content.readUInt8()) {
        case 1:
          return new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(content.subarray(1))
        case 5:
          if (content.length !== 1) throw new RangeError('an end with something in it')
          this.#heardEnd = true
          this.#finish('ENDED')
          return undefined
        default:
          throw new RangeError('another type')
      }
    } catch (error) {
      this.#heardEnd = false
      throw this.#finish('FAILED', error)
    }
  }

  close = (): void => {
    if (!this.#heardEnd) throw this.#over ?? new Over('CUT')
  }
}

const pick = (keys: Keys, isAlices: boolean) => (isAlices ? keys.aliceToBob : keys.bobToAlice).reveal()

export const makeSealer = (keys: Keys, side: Side, count = 0): Way =>
  new Way(pick(keys, side === 'alice'), count)
export const makeOpener = (keys: Keys, side: Side, count = 0): Way =>
  new Way(pick(keys, side === 'bob'), count)
