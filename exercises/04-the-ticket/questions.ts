/**
 * Questions that nobody can have thought of: people of all kinds, at all times, by turns and in a row.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { EMPTY, hkdf, secureRandomBytes } from 'symbolon/protocol'
import {
  clock,
  inTurn,
  listener,
  MAX_NAME,
  more,
  nameOf,
  one,
  PEOPLE,
  session,
  shuffled,
  times,
  WORDS,
} from './anybody.ts'
import type { Listener, Session } from './given.ts'
import { alice, bob, CLOCK, carol, freshPool, type How, later, POOL_BYTES, type Question } from './people.ts'

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
    const isFirst = i % 2 === 0
    // No two halves are equal, for a program that takes one from where others take the other.
    pool.set(
      times(isFirst ? HALF_BYTES : HALF_BYTES - 1, (at) => group[at % group.length] ?? 0),
      isFirst ? 0 : HALF_BYTES,
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
  const senders = inTurn([...WORDS, ...PEOPLE])
  const names = ['bob', 'alice', 'carol', ...times(3, () => nameOf(randomInt(1, 30)))]
  const usual = shuffled([alice, carol, { ...bob }])
  return times(2 * (WORDS.length + PEOPLE.length), (i) => {
    const receiver = { ...listener(i), username: one(names) }
    const sender = i % 2 === 0 ? one(usual) : { ...session(i), username: senders() }
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

/** Logged in once more. */
function elsewhere(): Partial<Session> {
  const { token, ipAddress } = listener(randomInt(100))
  return { token, ipAddress }
}

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
  const usual = { now, ticketLifetimeSec }
  const clocks = [
    usual,
    usual,
    usual,
    usual,
    usual,
    { now, ticketLifetimeSec: ticketLifetimeSec + 1 },
    usual,
    { ...usual, now: now + 1 },
  ]
  let receiver: Listener = bob
  return times(BUSY, (i) => {
    if (i % 3 !== 0) receiver = one(people)
    if (i % 16 === 0) {
      const at = people.indexOf(receiver)
      receiver = later(receiver, { port: randomInt(1, 65_536) })
      people[at] = receiver
    }
    const sender = one(people)
    // Who is the same in other clothes: another object, with the same in it; or another session, from elsewhere.
    const copied = [() => ({}), () => ({}), elsewhere, () => undefined, () => undefined, () => undefined]
    const [first, second] = [one(copied)(), one(copied)()]
    return {
      sender: first ? { ...sender, ...first } : sender,
      receiver: second ? { ...receiver, ...second } : receiver,
      clock: one(clocks),
      pool: EMPTY,
      how: one(HOWS),
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
