/**
 * Questions that nobody can have thought of, and the same question again.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { Secret, secureRandomBytes } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { type Asked, freshPool, type Question, type StudentKdc } from './people.ts'

const FIRST = 'abcdefghijklmnopqrstuvwxyz0123456789_'
const LETTERS = `${FIRST}.-`

const one = <T>(of: ArrayLike<T>): T => of[randomInt(of.length)] as T

/** As docs/protocol.md §2 has them. */
function name(): string {
  if (randomInt(8) === 0) return one(['__proto__', 'constructor', 'bob', 'alice', 'a'])
  return one(FIRST) + Array.from({ length: randomInt(64) }, () => one(LETTERS)).join('')
}

function address(isLong: boolean): string {
  if (isLong) return `2001:db8::${(randomInt(0xffff) + 1).toString(16)}`
  return Array.from({ length: 4 }, () => randomInt(256)).join('.')
}

/** Up to the year 36 000. */
const TIMES = [31, 32, 33, 40].map((bits) => 2 ** bits)
const PORTS = [1, 80, 32_768, 65_535]

/** Two who are not the same. Of four in a row each is another kind. */
export function anybody(i: number): Question {
  const session = () => ({
    username: name(),
    token: new Secret('session token', secureRandomBytes(32)),
    ipAddress: address(i % 4 === 2),
  })
  const [sender, receiver] = [
    session(),
    { ...session(), port: i % 8 < 4 ? randomInt(1, 65536) : (PORTS[i % 4] ?? 1) },
  ]
  const clock = { now: (TIMES[i % 4] ?? 1) - randomInt(2 ** 30), ticketLifetimeSec: randomInt(1, 2 ** 20) }
  if (sender.username === receiver.username) return anybody(i)
  return { sender, receiver, clock, pool: freshPool() }
}

/** @throws Missing when the same question, with the same randomness, is answered in another way. */
export async function sameAgain(kdc: StudentKdc, asked: Asked, meanwhile: string): Promise<void> {
  const { reply } = await kdc.ask(asked)
  must(
    JSON.stringify(reply) === JSON.stringify(asked.reply),
    `the same question, with the same randomness, was answered in another way; ${meanwhile}. Does your program keep something between two answers?`,
  )
}
