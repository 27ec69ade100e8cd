/**
 * What a thief does with a table of password records, and what else than scrypt they may be made by.
 *
 * @module
 */
import { createHash, createHmac, scryptSync } from 'node:crypto'
import { fromBase64url, toBase64url } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import type { PasswordRecord } from './given.ts'

export interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Of a dictionary; real ones have millions of words, and passwords of other thefts. */
const WORDS =
  '123456 password qwerty letmein dragon monkey football iloveyou admin welcome login princess solo starwars master hello freedom whatever ninja azerty trustno1 batman zaq1zaq1 superman hunter2 secret charlie summer winter autumn spring flower purple orange cookie coffee banana cheese chocolate pepper ginger tigger buster soccer hockey killer george jordan harley ranger thomas robert daniel andrew joshua matthew michelle jessica ashley jennifer amanda nicole hannah sophie maggie bailey shadow silver golden diamond rainbow sunshine moonlight'.split(
    ' ',
  )

/** @param typed - the password as scrypt is to see it. */
export function scrypt(
  password: string,
  salt: Uint8Array,
  { N, r, p }: Cost,
  typed = password.normalize('NFC'),
): Uint8Array {
  return scryptSync(typed, salt, 32, { N, r, p, maxmem: 256 * N * r + 1024 * p * r })
}

/** A record as the KDC would have it, with a cost that a test can afford. */
export function recordOf(
  password: string,
  salt: Uint8Array,
  cost: Cost = { N: 16, r: 1, p: 1 },
): PasswordRecord {
  return { ...cost, salt: toBase64url(salt), hash: toBase64url(scrypt(password, salt, cost)) }
}

type Scheme = (password: string, salt: Uint8Array, saltText: string) => Uint8Array

const hash = (name: string, ...parts: (string | Uint8Array)[]) => {
  const made = createHash(name)
  for (const part of parts) made.update(part)
  return made.digest()
}

/** Ways in which passwords are kept, and which a thief is glad to see. */
const FAST: Readonly<Record<string, Scheme>> = {
  'the password itself': (password) => Buffer.from(password),
  'the password backwards': (password) => Buffer.from([...password].reverse().join('')),
  'SHA-256(password)': (password) => hash('sha256', password),
  'SHA-512(password)': (password) => hash('sha512', password),
  'SHA-1(password)': (password) => hash('sha1', password),
  'MD5(password)': (password) => hash('md5', password),
  'SHA-256(salt || password)': (password, salt) => hash('sha256', salt, password),
  'SHA-256(password || salt)': (password, salt) => hash('sha256', password, salt),
  'SHA-256(salt as text || password)': (password, _, text) => hash('sha256', text, password),
  'SHA-256(password || salt as text)': (password, _, text) => hash('sha256', password, text),
  'SHA-512(salt || password)': (password, salt) => hash('sha512', salt, password),
  'HMAC-SHA-256(salt, password)': (password, salt) => createHmac('sha256', salt).update(password).digest(),
  'HMAC-SHA-256(password, salt)': (password, salt) => createHmac('sha256', password).update(salt).digest(),
}

function saltOf(record: unknown): [Uint8Array, string] {
  const text = String((record as { salt?: unknown } | null)?.salt ?? '')
  try {
    return [fromBase64url(text), text]
  } catch {
    return [Buffer.from(text, 'hex'), text]
  }
}

/** In which fast way a record was made, if it was. */
export function fastScheme(record: unknown, password: string): string | undefined {
  const text = typeof record === 'string' ? record : JSON.stringify(record)
  return Object.keys(FAST).find((name) => {
    const made = FAST[name]?.(password, ...saltOf(record))
    // Cut, perhaps; but not so short that it is there by chance.
    return made && made.length >= 8 && standsIn(text, made.subarray(0, 8))
  })
}

/** What else the hash is than scrypt of the password, as the record says. */
export function otherScrypt(record: PasswordRecord, password: string): string | undefined {
  const { N, r, p, salt, hash } = record
  const bytes = fromBase64url(salt)
  const ways: Readonly<Record<string, () => Uint8Array>> = {
    'scrypt with the text of the salt in place of its 16 bytes': () =>
      scrypt(password, Buffer.from(salt), record),
    'scrypt without the salt': () => scrypt(password, new Uint8Array(), record),
    'scrypt with salt and password exchanged': () =>
      scryptSync(bytes, password, 32, { N, r, p, maxmem: 256 * N * r }),
    'scrypt with N = 16384, r = 8, p = 1': () => scrypt(password, bytes, { N: 16384, r: 8, p: 1 }),
  }
  return Object.keys(ways).find((name) => toBase64url(ways[name]?.() ?? bytes) === hash)
}

/** Tries a dictionary on a stolen table, each word in the way that the table was made. */
export function rob(
  table: Readonly<Record<string, unknown>>,
  make: (word: string, record: unknown) => string | undefined,
): string {
  const read: string[] = []
  let tries = 0
  for (const [name, record] of Object.entries(table)) {
    for (const word of WORDS) {
      tries++
      if (make(word, record) === undefined) continue
      read.push(`${name}: "${word}"`)
      break
    }
  }
  return `the thief of the table tried ${tries} words, in less time than it took to read this, and has read ${read.join(', ') || 'none'}.`
}
