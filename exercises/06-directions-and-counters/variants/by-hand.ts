/** With Node's cipher, a nonce that is counted up in place, and classes of its own errors. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Keys, Side } from '../given.ts'

class ChannelError extends Error {
  override name = 'ChannelError'
}

/** Counts a nonce up; gives false when it has come round. */
function up(nonce: Uint8Array): boolean {
  for (let i = 11; i >= 8; i--) {
    const byte = ((nonce[i] ?? 0) + 1) & 0xff
    nonce[i] = byte
    if (byte !== 0) return true
  }
  return false
}

class Half {
  protected readonly nonce: Uint8Array = new Uint8Array(12)
  protected isOver = false
  protected readonly key: Uint8Array

  constructor(key: Uint8Array, count: number) {
    this.key = key
    new DataView(this.nonce.buffer).setUint32(8, count)
    if (count >= 2 ** 32) this.isOver = true
  }
}

class Sealing extends Half {
  seal(text: string): Uint8Array {
    return this.#say(Buffer.from(`\u0001${text}`, 'utf8'))
  }

  end(): Uint8Array {
    const said = this.#say(Buffer.of(5))
    this.isOver = true
    return said
  }

  #say(content: Uint8Array): Uint8Array {
    if (this.isOver) throw new ChannelError('nothing more can be said')
    const cipher = createCipheriv('chacha20-poly1305', this.key, this.nonce, { authTagLength: 16 })
    const ciphertext = cipher.update(content)
    cipher.final()
    this.isOver = !up(this.nonce)
    return Buffer.concat([ciphertext, cipher.getAuthTag()])
  }
}

class Opening extends Half {
  #isWhole = false

  open(record: Uint8Array): string | undefined {
    if (this.isOver) this.#fail()
    this.isOver = true
    if (record.length < 17) this.#fail()
    const decipher = createDecipheriv('chacha20-poly1305', this.key, this.nonce, { authTagLength: 16 })
    decipher.setAuthTag(record.subarray(-16))
    let text: string
    try {
      const content = decipher.update(record.subarray(0, -16))
      decipher.final()
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
    } catch {
      this.#fail()
    }
    if (text === '\u0005') {
      this.#isWhole = true
      return undefined
    }
    if (!text.startsWith('\u0001')) this.#fail()
    this.isOver = !up(this.nonce)
    return text.slice(1)
  }

  close(): void {
    if (!this.#isWhole) throw new ChannelError('cut')
  }

  #fail(): never {
    this.#isWhole = false
    throw new ChannelError('refused')
  }
}

const key = (keys: Keys, from: Side) =>
  (from === 'alice' ? keys.aliceToBob : keys.bobToAlice).reveal().slice()

export function makeSealer(keys: Keys, side: Side, count = 0): Sealing {
  return new Sealing(key(keys, side), count)
}

export function makeOpener(keys: Keys, side: Side, count = 0): Opening {
  return new Opening(key(keys, side === 'bob' ? 'alice' : 'bob'), count)
}
