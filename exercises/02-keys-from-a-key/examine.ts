/**
 * How the grader looks at keys: what else than HKDF they may be made by, and what can be done to `hash(key || label)`.
 *
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import { concat, EMPTY, equal, utf8 } from 'symbolon/protocol'

export const HASH_BYTES = 32

export const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  createHash('sha256')
    .update(concat(...parts))
    .digest()
export const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
  createHmac('sha256', key)
    .update(concat(...parts))
    .digest()

type Ways = Readonly<Record<string, () => Uint8Array>>

/** How it was made instead. */
export function wayOf(result: Uint8Array, ways: Ways): string | undefined {
  return Object.entries(ways).find(([, make]) => equal(make(), result))?.[0]
}

export const wrongExtracts = (salt: Uint8Array, ikm: Uint8Array): Ways => ({
  'HMAC with the two exchanged: the salt is the key, the ikm the message': () => hmac(ikm, salt),
  'SHA-256(salt || ikm), which is no HMAC': () => sha256(salt, ikm),
  'SHA-256(ikm || salt), which is no HMAC': () => sha256(ikm, salt),
  'SHA-256(ikm), without the salt': () => sha256(ikm),
  'the ikm itself': () => ikm,
  'HMAC with a byte 0x01 at the end of the message: that belongs to expand': () =>
    hmac(salt, ikm, Uint8Array.of(1)),
  'HMAC with SHA-512': () => createHmac('sha512', salt).update(ikm).digest(),
  'HMAC with SHA-512, cut': () => createHmac('sha512', salt).update(ikm).digest().subarray(0, 32),
  'HMAC with SHA-1': () => createHmac('sha1', salt).update(ikm).digest(),
  'text in hexadecimal': () => utf8(Buffer.from(hmac(salt, ikm)).toString('hex')),
  'HMAC with the key "" in place of the salt': () => hmac(EMPTY, ikm),
})

export const wrongFirstBlocks = (prk: Uint8Array, info: Uint8Array): Ways => ({
  'HMAC(prk, info): the counter is missing': () => hmac(prk, info),
  'HMAC(prk, info || 0x00): the counter begins at 1': () => hmac(prk, info, Uint8Array.of(0)),
  'HMAC(prk, info || "1"): the counter is a byte, not a digit': () => hmac(prk, info, utf8('1')),
  'HMAC(prk, 0x01 || info): the counter comes last': () => hmac(prk, Uint8Array.of(1), info),
  'HMAC(prk, info || 0x00000001): the counter is one byte': () => hmac(prk, info, Uint8Array.of(0, 0, 0, 1)),
  'HMAC with the two exchanged: the prk is the key': () => hmac(info, prk, Uint8Array.of(1)),
  'SHA-256(prk || info || 0x01), which is no HMAC': () => sha256(prk, info, Uint8Array.of(1)),
  'HMAC(prk, 32 zero bytes || info || 0x01): before the first block there is nothing': () =>
    hmac(prk, new Uint8Array(32), info, Uint8Array.of(1)),
  'HMAC(prk, prk || info || 0x01): before the first block there is nothing': () =>
    hmac(prk, prk, info, Uint8Array.of(1)),
  'HMAC(prk, 0x01): the info is missing': () => hmac(prk, Uint8Array.of(1)),
  'the prk itself': () => prk,
})

type NextBlock = (blocks: readonly Uint8Array[], counter: number) => Uint8Array

/** As many bytes as are wanted, by a rule that makes a block from those before. */
export function chained(length: number, next: NextBlock): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let counter = 1; blocks.length * HASH_BYTES < length; counter++) blocks.push(next(blocks, counter))
  return concat(...blocks).subarray(0, length)
}

export const rightExpand = (prk: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  chained(length, (blocks, i) => hmac(prk, blocks.at(-1) ?? EMPTY, info, Uint8Array.of(i)))

export const rightHkdf = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  rightExpand(hmac(salt, ikm), info, length)

export function wrongChains(prk: Uint8Array, info: Uint8Array, length: number): Ways {
  const chain = (next: NextBlock) => () => chained(length, next)
  return {
    'the first block again and again': chain(() => hmac(prk, info, Uint8Array.of(1))),
    'HMAC(prk, info || counter) each: the block before is missing': chain((_, i) =>
      hmac(prk, info, Uint8Array.of(i)),
    ),
    'HMAC(prk, block before || info || 0x01) each: the counter does not count': chain((blocks) =>
      hmac(prk, blocks.at(-1) ?? EMPTY, info, Uint8Array.of(1)),
    ),
    'HMAC(prk, info || block before || counter) each: the block before comes first': chain((blocks, i) =>
      hmac(prk, info, blocks.at(-1) ?? EMPTY, Uint8Array.of(i)),
    ),
    'HMAC(prk, all blocks before || info || counter) each: only the last one before': chain((blocks, i) =>
      hmac(prk, ...blocks, info, Uint8Array.of(i)),
    ),
    'HMAC(prk, block before || counter) each: the info belongs into every block': chain((blocks, i) =>
      hmac(prk, blocks.at(-1) ?? info, Uint8Array.of(i)),
    ),
    'HMAC(block before, info || counter) each: the prk is the key of every block': chain((blocks, i) =>
      hmac(blocks.at(-1) ?? prk, info, Uint8Array.of(i)),
    ),
    'the first block, then zero bytes': () => {
      const bytes = new Uint8Array(length)
      bytes.set(hmac(prk, info, Uint8Array.of(1)))
      return bytes
    },
  }
}

export const wrongHkdfs = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Ways => ({
  'made without extract: expand(ikm, info)': () => rightExpand(ikm, info, length),
  'made with salt and ikm exchanged': () => rightExpand(hmac(ikm, salt), info, length),
  'made without the salt': () => rightExpand(hmac(EMPTY, ikm), info, length),
  'made without the info': () => rightExpand(hmac(salt, ikm), EMPTY, length),
  'made with salt and info exchanged': () => rightExpand(hmac(info, ikm), salt, length),
  'SHA-256(ikm || salt || info)': () => sha256(ikm, salt, info).subarray(0, length),
  'SHA-256(salt || ikm || info)': () => sha256(salt, ikm, info).subarray(0, length),
  'SHA-256(ikm || info)': () => sha256(ikm, info).subarray(0, length),
  'HMAC(ikm, salt || info)': () => hmac(ikm, salt, info).subarray(0, length),
  'HMAC(salt, ikm || info)': () => hmac(salt, ikm, info).subarray(0, length),
  'made by extract alone': () => hmac(salt, ikm).subarray(0, length),
})

const PRIMES = Array.from({ length: 312 }, (_, i) => i).filter(
  (n) => n > 1 && !Array.from({ length: n }, (_, i) => i).some((i) => i > 1 && n % i === 0),
)
/** The constants of SHA-256 (FIPS 180-4 §4.2.2): of the cube roots of the first 64 primes, 32 bits behind the point. */
const ROUNDS = PRIMES.map((prime) => ((Math.cbrt(prime) % 1) * 2 ** 32) | 0)

const turned = (word: number, by: number) => (word >>> by) | (word << (32 - by))

/** One block of SHA-256 (FIPS 180-4 §6.2.2): from one state to the next. Node's own gives no access to the state. */
function compressed(state: readonly number[], block: Uint8Array): number[] {
  const view = new DataView(block.buffer, block.byteOffset, 64)
  const word = Array.from({ length: 16 }, (_, i) => view.getInt32(4 * i))
  for (let i = 16; i < 64; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = [word[i - 15], word[i - 2], word[i - 16], word[i - 7]]
    const s0 = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3)
    const s1 = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10)
    word[i] = (c + s0 + d + s1) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUNDS[i] ?? 0) + (word[i] ?? 0)) | 0
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + (state[i] ?? 0)) | 0)
}

/** What SHA-256 puts at the end of a message of so many bytes. */
function padding(length: number): Uint8Array {
  const bytes = new Uint8Array(64 - ((length + 8) % 64) + 8)
  bytes[0] = 0x80
  new DataView(bytes.buffer).setUint32(bytes.length - 4, length * 8)
  return bytes
}

/**
 * Length extension: the SHA-256 of a message that goes on, from the SHA-256 of the message alone. What SHA-256 gives is the state in
 * which it has stopped, and anybody can go on from there.
 *
 * @param length - of the message, which stays unknown otherwise.
 * @returns what is to be added to the message, and the hash of the whole.
 */
export function extended(hash: Uint8Array, length: number, more: Uint8Array) {
  const view = new DataView(hash.buffer, hash.byteOffset, 32)
  const state = Array.from({ length: 8 }, (_, i) => view.getInt32(4 * i))
  const added = concat(padding(length), more)
  const rest = concat(more, padding(length + added.length))
  let after = state
  for (let at = 0; at < rest.length; at += 64) after = compressed(after, rest.subarray(at, at + 64))
  const result = new Uint8Array(32)
  for (const [i, word] of after.entries()) new DataView(result.buffer).setInt32(4 * i, word)
  return { added, hash: result }
}
