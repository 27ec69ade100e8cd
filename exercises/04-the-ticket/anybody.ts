/**
 * People of all kinds, at all places and times.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { Secret, secureRandomBytes } from 'symbolon/protocol'
import type { Listener, Session } from './given.ts'
import type { Clock } from './people.ts'

const FIRST = 'abcdefghijklmnopqrstuvwxyz0123456789_'
const LETTERS = `${FIRST}.-`
export const MAX_NAME = 64
const DAY_SEC = 24 * 3600

export const one = <T>(of: ArrayLike<T>): T => of[randomInt(of.length)] as T
export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

export function shuffled<T>(of: readonly T[]): T[] {
  const all = [...of]
  for (let i = all.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[all[i], all[j]] = [all[j] as T, all[i] as T]
  }
  return all
}

const digits = (length: number) => times(length, () => randomInt(10)).join('')
export const nameOf = (length: number) => one(FIRST) + times(length - 1, () => one(LETTERS)).join('')
const hex = () => (randomInt(0xffff) + 1).toString(16)

/** Words that are something else in some language. */
export const WORDS = [
  '__proto__',
  'constructor',
  'tostring',
  'null',
  'true',
  'undefined',
  'nan',
  '0',
  '1e5',
  '0x1f',
  '007',
  '_',
  'username',
  'ip_addr',
  'secret',
  'receiver',
  'issued_at',
  'expires_at',
  'token',
  'port',
  'time',
]
export const PEOPLE = [
  'bob',
  'alice',
  'maria',
  'j.smith',
  'anna-lena',
  'user_01',
  'printer.2nd-floor',
  'root',
  'admin',
  'kdc',
  'carol',
  'mallory',
  'guest',
  'test',
  'localhost',
]

/** One after the other, and again: each of them comes. */
export function inTurn<T>(of: readonly T[]): () => T {
  const all = shuffled(of)
  let i = 0
  return () => all[i++ % all.length] as T
}

const [word, someone] = [inTurn(WORDS), inTurn(PEOPLE)]

/** As docs/protocol.md §2 has them. */
const NAMES: readonly (() => string)[] = [
  () => digits(randomInt(1, 8)),
  () => digits(randomInt(8, MAX_NAME + 1)),
  word,
  someone,
  () => nameOf(1),
  () => nameOf(MAX_NAME),
  () => nameOf(randomInt(2, MAX_NAME)),
  () => `${nameOf(randomInt(1, MAX_NAME))}${one('.-_')}`,
  () => one(FIRST) + shuffled([...LETTERS]).join(''),
]

const ADDRESSES: readonly (() => string)[] = [
  () => `127.0.0.${randomInt(2, 255)}`,
  () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
  () => `172.${randomInt(16, 32)}.${randomInt(256)}.${randomInt(1, 255)}`,
  () => `192.168.${randomInt(256)}.${randomInt(1, 255)}`,
  () => `${one(['169.254.7', '100.64.1', '198.51.100', '203.0.113'])}.${randomInt(1, 255)}`,
  () => `${randomInt(11, 100)}.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
  () => `${randomInt(128, 168)}.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
  () => '::1',
  () => `2001:db8::${hex()}`,
  () => `fe80::${hex()}:${hex()}`,
  () => `fd${randomInt(16, 256).toString(16)}:${hex()}::${hex()}`,
  () => `2${one(['a01', '606', '003', '408'])}:${times(7, hex).join(':')}`,
]

const PORTS = [1, 80, 443, 1023, 1024, 5000, 32_767, 32_768, 49_152, 60_000, 65_534, 65_535]
const LIFETIMES = [
  1,
  59,
  60,
  120,
  299,
  300,
  301,
  600,
  3600,
  28_800,
  DAY_SEC,
  2 * DAY_SEC,
  7 * DAY_SEC,
  31 * DAY_SEC,
  366 * DAY_SEC,
]

const NOWS: readonly ((lifetime: number) => number)[] = [
  () => randomInt(2),
  () => randomInt(2, DAY_SEC),
  () => randomInt(2 ** 30),
  () => randomInt(1_600_000_000, 1_900_000_000),
  () => randomInt(1_600_000_000, 1_900_000_000),
  () => 3600 * randomInt(440_000, 530_000),
  // The last second of which a number of 31 or 32 bits knows, before, between, and behind.
  (lifetime) => 2 ** 31 - randomInt(lifetime + 1),
  (lifetime) => 2 ** 32 - randomInt(lifetime + 1),
  () => randomInt(2 ** 31, 2 ** 32),
  () => randomInt(2 ** 32, 2 ** 33),
  () => randomInt(2 ** 33, 2 ** 40),
  // The last second that a Date knows, and the last that a number counts.
  (lifetime) => 8.64e12 - randomInt(lifetime + 1),
  () => 8.64e12 + randomInt(2 ** 47),
  (lifetime) => Number.MAX_SAFE_INTEGER - lifetime - randomInt(3),
]

export function clock(i: number): Clock {
  const ticketLifetimeSec = randomInt(3) === 0 ? randomInt(1, DAY_SEC) : one(LIFETIMES)
  return { now: (NOWS[i % NOWS.length] ?? (() => 0))(ticketLifetimeSec), ticketLifetimeSec }
}

/** What a KDC remembers besides of a session, or has at hand, under names that also mean something else. */
const REMEMBERED = [
  'loggedInAt',
  'lastSeen',
  'passwordFile',
  'email',
  'realm',
  'roles',
  'id',
  'time',
  'secret',
  'issued_at',
  'host',
]

export function more(): Readonly<Record<string, string>> {
  const some = shuffled(REMEMBERED).slice(0, randomInt(1, 4))
  return Object.fromEntries(some.map((name) => [name, Buffer.from(secureRandomBytes(12)).toString('hex')]))
}

const token = (bytes: Uint8Array = secureRandomBytes(32)) => new Secret('session token', bytes)

export function listener(i: number, key?: Uint8Array): Listener {
  return {
    username: (NAMES[i % NAMES.length] ?? nameOf)(8),
    token: token(key),
    ipAddress: (ADDRESSES[i % ADDRESSES.length] ?? (() => '::1'))(),
    port: randomInt(2) === 0 ? one(PORTS) : randomInt(1, 65_536),
    ...(randomInt(2) === 0 && more()),
  }
}

export function session(i: number): Session {
  const { port: _, ...rest } = listener(i)
  return rest
}
