/**
 * The student's derivation, as the grader uses it, and what could be done with a wrong one.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  equal,
  Secret,
  seal,
  secureRandomBytes,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { extended, HASH_BYTES, rightHkdf, sha256 } from './examine.ts'
import type { Keys } from './given.ts'

export const MAX_BYTES = 255 * HASH_BYTES
export const SID_INFO = utf8('symbolon/1 session id')
export const TICKET_INFO = utf8('symbolon/1 ticket')

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
export const count = (first: number, length: number) =>
  Uint8Array.from({ length }, (_, i) => (first + i) & 0xff)
export const short = (found: Uint8Array) => (found.length > 8 ? `${hex(found.subarray(0, 8))}…` : hex(found))
export const freshToken = () => new Secret('session token', secureRandomBytes(32))

/** RFC 5869, appendix A: the cases with SHA-256. */
export const RFC = [
  {
    name: 'A.1',
    ikm: new Uint8Array(22).fill(0x0b),
    salt: count(0, 13),
    info: count(0xf0, 10),
    prk: bytes('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5'),
    okm: bytes('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
  },
  {
    name: 'A.2',
    ikm: count(0x00, 80),
    salt: count(0x60, 80),
    info: count(0xb0, 80),
    prk: bytes('06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244'),
    okm: bytes(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ),
  },
  {
    name: 'A.3',
    ikm: new Uint8Array(22).fill(0x0b),
    salt: EMPTY,
    info: EMPTY,
    prk: bytes('19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04'),
    okm: bytes('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'),
  },
] as const

/** The student's four functions: bytes, or a sentence about what came instead. */
export class Derivation {
  readonly #program: StudentProgram
  readonly token: Secret = freshToken()

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  async value(name: string, ...args: unknown[]): Promise<unknown> {
    const { value, async } = await this.#program.returned(name, ...args)
    must(!async, `${name} returned a promise: nothing in it needs async.`)
    return value
  }

  async bytes(name: 'extract' | 'expand' | 'hkdf', ...args: unknown[]): Promise<Uint8Array> {
    const value = await this.value(name, ...args)
    must(
      value instanceof Uint8Array,
      `${name} returned ${value === null ? 'null' : typeof value}, not bytes (a Uint8Array).`,
    )
    return value
  }

  async keys(token: Secret = this.token, salt: Uint8Array = secureRandomBytes(32)): Promise<Keys> {
    const value = await this.value('keysOf', token, salt)
    must(typeof value === 'object' && value, 'keysOf did not return an object.')
    const keys = value as Keys
    for (const [name, length] of [
      ['sessionId', 16],
      ['ticketKey', 32],
    ] as const) {
      const key: unknown = keys[name]
      must(key instanceof Uint8Array, `${name} is ${typeof key}, not bytes (a Uint8Array).`)
      must(key.length === length, `${name} has ${key.length} bytes, and ${length} are needed.`)
    }
    return keys
  }
}

/** Two tickets under one key and the nonce zero: what exercise 01 has shown. */
export function secretOfCarols(key: Uint8Array): string {
  const content = (username: string) =>
    utf8(JSON.stringify({ username, secret: toBase64url(secureRandomBytes(32)) }))
  const [mine, carols] = [content('alice'), content('carol')]
  const [sealedMine, sealedCarols] = [mine, carols].map((text) => seal(key, ZERO_NONCE, EMPTY, text))
  const read = mine.map((byte, i) => byte ^ (sealedMine?.[i] ?? 0) ^ (sealedCarols?.[i] ?? 0))
  return `alice has a ticket under this key and knows what hers says. From it and carol's ticket she has computed, without any key, what carol's says: ${Buffer.from(read)}`
}

/** What somebody would try who sees a ticket. */
export function guesses(sid: Uint8Array, salt: Uint8Array) {
  const infos = { 'symbolon/1 ticket': TICKET_INFO, 'symbolon/1 session id': SID_INFO, '': EMPTY }
  return Object.fromEntries([
    ...Object.entries(infos).flatMap(([name, info]) => [
      [`HKDF(session id, salt, "${name}")`, () => rightHkdf(sid, salt, info, 32)],
      [`HKDF(session id, "", "${name}")`, () => rightHkdf(sid, EMPTY, info, 32)],
      [`HKDF(salt, session id, "${name}")`, () => rightHkdf(salt, sid, info, 32)],
      [`HKDF(salt, "", "${name}")`, () => rightHkdf(salt, EMPTY, info, 32)],
      [`SHA-256(session id || salt || "${name}")`, () => sha256(sid, salt, info)],
      [`SHA-256(salt || "${name}")`, () => sha256(salt, info)],
    ]),
    ['SHA-256(session id)', () => sha256(sid)],
    ['SHA-256(salt || session id)', () => sha256(salt, sid)],
    ['the salt', () => salt],
  ] as [string, () => Uint8Array][])
}

/** Length extension: from a key that was seen to another one, without what both were made from. */
export async function goneOn(derive: Derivation): Promise<string | undefined> {
  const [ikm, salt, info] = [secureRandomBytes(32), secureRandomBytes(32), utf8('for bob')]
  const seen = await derive.bytes('hkdf', ikm, salt, info, HASH_BYTES)
  if (seen.length !== HASH_BYTES) return undefined
  const known = ikm.length + salt.length + info.length
  const { added, hash } = extended(seen, known, utf8(' and carol'))
  const outcome = await attempt(derive.bytes('hkdf', ikm, salt, concat(info, added), HASH_BYTES))
  if (!('gave' in outcome) || !equal(outcome.gave as Uint8Array, hash)) return undefined
  return `the key for the info "for bob" was seen, and nothing else. From it the grader has computed your key for "for bob… and carol": ${hex(hash)}.`
}

/** Two different pairs of salt and info that make one key. */
export async function joined(derive: Derivation): Promise<string | undefined> {
  const ikm = secureRandomBytes(32)
  const one = await derive.bytes('hkdf', ikm, utf8('alice'), utf8(' and bob'), HASH_BYTES)
  const other = await derive.bytes('hkdf', ikm, utf8('alice and'), utf8(' bob'), HASH_BYTES)
  return equal(one, other)
    ? 'the salt "alice" with the info " and bob" makes the same key as the salt "alice and" with the info " bob".'
    : undefined
}
