/**
 * Questions that nobody can have thought of: people of all kinds, at all times, by turns and in a row.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { EMPTY, hkdf, Secret, secureRandomBytes } from 'symbolon/protocol'
import type { Listener, Session } from './given.ts'
import {
  alice,
  bob,
  CLOCK,
  type Clock,
  carol,
  freshPool,
  type How,
  later,
  POOL_BYTES,
  type Question,
} from './people.ts'

const FIRST = 'abcdefghijklmnopqrstuvwxyz0123456789_'
const LETTERS = `${FIRST}.-`
const MAX_NAME = 64
const DAY_SEC = 24 * 3600

const one = <T>(of: ArrayLike<T>): T => of[randomInt(of.length)] as T
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

function shuffled<T>(of: readonly T[]): T[] {
  const all = [...of]
  for (let i = all.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[all[i], all[j]] = [all[j] as T, all[i] as T]
  }
  return all
}

const digits = (length: number) => times(length, () => randomInt(10)).join('')
const nameOf = (length: number) => one(FIRST) + times(length - 1, () => one(LETTERS)).join('')
const hex = () => (randomInt(0xffff) + 1).toString(16)

/** Words that are something else in some language. */
const WORDS = [
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
const PEOPLE = [
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

/** As docs/protocol.md §2 has them. */
const NAMES: readonly (() => string)[] = [
  () => digits(randomInt(1, 8)),
  () => digits(randomInt(8, MAX_NAME + 1)),
  () => one(WORDS),
  () => one(PEOPLE),
  () => nameOf(1),
  () => nameOf(MAX_NAME),
  () => nameOf(randomInt(2, MAX_NAME)),
  () => `${nameOf(randomInt(1, MAX_NAME))}${one('.-_')}`,
  () => one(FIRST) + shuffled([...LETTERS]).join(''),
]

const ADDRESSES: readonly (() => string)[] = [
  () => `127.0.0.${randomInt(1, 255)}`,
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
const LIFETIMES = [1, 59, 60, 120, 299, 300, 301, 600, 3600, 28_800, DAY_SEC]

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
]

function clock(i: number): Clock {
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

function more(): Readonly<Record<string, string>> {
  const some = shuffled(REMEMBERED).slice(0, randomInt(1, 4))
  return Object.fromEntries(some.map((name) => [name, Buffer.from(secureRandomBytes(12)).toString('hex')]))
}

const token = (bytes: Uint8Array = secureRandomBytes(32)) => new Secret('session token', bytes)

function listener(i: number, key?: Uint8Array): Listener {
  return {
    username: (NAMES[i % NAMES.length] ?? nameOf)(8),
    token: token(key),
    ipAddress: (ADDRESSES[i % ADDRESSES.length] ?? (() => '::1'))(),
    port: randomInt(2) === 0 ? one(PORTS) : randomInt(1, 65_536),
    ...(randomInt(2) === 0 && more()),
  }
}

function session(i: number): Session {
  const { port: _, ...rest } = listener(i)
  return rest
}

/** So many lines of bytes, in which each place has each value once in 256 lines: what happens for one value happens. */
function everyByte(lines: number, length: number): Uint8Array[] {
  const offsets = secureRandomBytes(length)
  const steps = shuffled(times(256, (i) => i))
  return times(lines, (line) => offsets.map((offset) => offset + (steps[line % 256] ?? 0)))
}

const HALF_BYTES = 32
const SIX_BITS = 64

/** In base64url the first half of them, or the second, is one letter again and again, of each letter. */
function everyLetter(): Uint8Array[] {
  return times(2 * SIX_BITS, (i) => {
    const letter = i >> 1
    const group = [(letter << 2) | (letter >> 4), (letter << 4) | (letter >> 2), (letter << 6) | letter]
    const pool = freshPool()
    pool.set(
      times(HALF_BYTES, (at) => group[at % group.length] ?? 0),
      i % 2 === 0 ? 0 : HALF_BYTES,
    )
    return pool
  })
}

/** As many as there are questions: at first such as nobody would notice, then each byte and each letter in each place. */
function poolsFor(count: number): Uint8Array[] {
  const special = [...everyByte(MANY, POOL_BYTES), ...everyLetter()]
  const others = times(Math.max(0, count - USUAL - special.length), freshPool)
  return [...times(USUAL, freshPool), ...shuffled([...special, ...others])].slice(0, count)
}

const MANY = 256
/** Of alice's for bob: enough for what comes round now and then. */
export const USUAL = 40

/** Everyone is another, and some are like the one they ask for. */
export function strangers(count: number = MANY): Question[] {
  const tokens = everyByte(count, 32)
  const [nobody = 0] = secureRandomBytes(1)
  return times(count, (i) => {
    // Of each kind of name with each kind of address, by and by.
    const receiver = listener(i + nobody, tokens[i])
    const other = session(randomInt(1000))
    const like = [
      { ...other, username: receiver.username },
      { ...other, ipAddress: receiver.ipAddress },
      { ...other, username: receiver.username, token: receiver.token, ipAddress: receiver.ipAddress },
      { ...other, username: `${receiver.username}1`.slice(-MAX_NAME) },
      { ...other, username: receiver.username.slice(0, -1) || '0' },
      receiver,
    ]
    const sender = like[i % 24] ?? other
    const at = { ...clock(i + randomInt(3)), ...(randomInt(2) === 0 && more()) }
    return { sender, receiver, clock: at, pool: EMPTY, how: one(['anew', 'anew', 'frozen']) }
  })
}

/** The same few again and again, each time logged in anew, from elsewhere, and at another time. */
function regulars(): Question[] {
  const names = ['bob', 'alice', 'carol', ...times(3, () => nameOf(randomInt(1, 30)))]
  const usual = shuffled([alice, carol, { ...bob }])
  return times(64, (i) => {
    const receiver = { ...listener(i), username: one(names) }
    const sender = i % 2 === 0 ? one(usual) : { ...session(i), username: one(names) }
    const at = i % 3 === 0 ? CLOCK : clock(i)
    return { sender, receiver: i % 4 === 0 ? bob : receiver, clock: at, pool: EMPTY }
  })
}

/** A token whose public name is special: a program that takes it for text, or for a number, does something else to it. */
function tokenWithSid(isSpecial: (sid: Uint8Array) => boolean): Uint8Array {
  for (;;) {
    const bytes = secureRandomBytes(32)
    if (isSpecial(hkdf(bytes, EMPTY, 'symbolon/1 session id', 16))) return bytes
  }
}

const BUSY = 96
const HOWS: readonly How[] = ['same', 'same', 'same', 'anew', 'frozen']

/**
 * Within one second, and for a KDC that keeps what it has in memory: everyone asks for several, is asked for by several, and now and
 * then asks for a session of their own, or listens at another port from now on.
 */
function busySecond(): Question[] {
  const people: Listener[] = [
    bob,
    { ...alice, port: 4000 },
    listener(
      randomInt(100),
      tokenWithSid(([first]) => first === 0),
    ),
    listener(
      randomInt(100),
      tokenWithSid((sid) => sid.at(-1) === 0),
    ),
    ...times(3, () => listener(randomInt(100))),
  ]
  const { now, ticketLifetimeSec } = clock(3)
  const second = { now, ticketLifetimeSec }
  let receiver: Listener = bob
  return times(BUSY, (i) => {
    if (i % 3 !== 0) receiver = one(people)
    if (i % 16 === 0) {
      const at = people.indexOf(receiver)
      receiver = later(receiver, { port: randomInt(1, 65_536) })
      people[at] = receiver
    }
    const sender = one(people)
    const how = one(HOWS)
    // Who is the same in other clothes: another object, with the same in it.
    const isCopy = randomInt(4) === 0
    return {
      sender: isCopy ? { ...sender } : sender,
      receiver: isCopy ? { ...receiver } : receiver,
      clock: i % 8 === 0 ? { ...second, now: now + 1 } : second,
      pool: EMPTY,
      how,
    }
  })
}

/** First alice asks for bob, in one second as often as a program might not think of; then all the others, and she again. */
export function everybody(): Question[] {
  const usual = (how: How) => ({ sender: alice, receiver: bob, clock: CLOCK, pool: EMPTY, how })
  const others = shuffled([...strangers(), ...regulars()])
  const middle = randomInt(others.length)
  const asked = [
    ...times(USUAL, () => usual('anew')),
    ...times(32, () => usual('same')),
    ...others.slice(0, middle),
    ...busySecond(),
    ...others.slice(middle),
    ...times(8, (i) => usual(i % 2 === 0 ? 'same' : 'anew')),
  ]
  const pools = poolsFor(asked.length)
  return asked.map((question, i) => ({ ...question, pool: pools[i] ?? freshPool() }))
}

/** The same questions with other randomness. */
export function otherwise(questions: readonly Question[]): Question[] {
  return questions.map(({ sender, receiver, clock, how }) => {
    return { sender, receiver, clock, how, pool: freshPool() }
  })
}

/** In other order. */
export const inOtherOrder = shuffled

/** Who asks for whom; nothing when it is alice, who always asks for bob. */
export function inWords({ sender, receiver, clock }: Question): string {
  if (sender === alice && receiver === bob && clock === CLOCK) return ''
  return `when ${sender.username} at ${sender.ipAddress} asks for ${receiver.username} at ${receiver.ipAddress}, port ${receiver.port}, `
}
