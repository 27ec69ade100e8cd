/** The nonces come from a generator that runs dry; one short of the last count, to be safe. The state is which functions are there. */
import { concat, EMPTY, fromUtf8, open, seal, utf8 } from 'symbolon/protocol'
import type { Keys, Opener, Sealer, Side } from '../given.ts'

function* nonces(from: number, to: number) {
  for (let count = from; count < to; count++) {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt32BE(count, 8)
    yield bytes
  }
}

function following(source: Iterator<Uint8Array, void>): Uint8Array {
  const { value } = source.next()
  if (!value) throw new RangeError('no nonce is left')
  return value
}

const over = (): never => {
  throw new Error('over')
}

export const makeSealer = (keys: Keys, side: Side, count?: number): Sealer => {
  const key = { alice: keys.aliceToBob, bob: keys.bobToAlice }[side]
  const source = nonces(count ?? 0, 2 ** 32 - 1)
  let say = (content: Uint8Array) => seal(key.reveal(), following(source), EMPTY, content)
  return {
    seal: (text) => say(concat(Uint8Array.of(1), utf8(text))),
    end: () => {
      const last = say(Uint8Array.of(5))
      say = over
      return last
    },
  }
}

export const makeOpener = (keys: Keys, side: Side, count?: number): Opener => {
  const key = { alice: keys.bobToAlice, bob: keys.aliceToBob }[side]
  const source = nonces(count ?? 0, 2 ** 32)
  let isWhole = false
  const read = (record: Uint8Array) => {
    const content = open(key.reveal(), following(source), EMPTY, record)
    const body = content.subarray(1)
    if (content[0] === 1) return fromUtf8(body)
    if (content[0] !== 5 || body.length > 0) return over()
    isWhole = true
    return undefined
  }
  let hear: (record: Uint8Array) => string | undefined = read
  return {
    open: (record) => {
      const now = hear
      hear = over
      const text = now(record)
      if (text !== undefined) hear = read
      return text
    },
    close: () => {
      if (!isWhole) over()
    },
  }
}
