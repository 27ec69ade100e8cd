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

function address(): string {
  if (randomInt(3) === 0) return `2001:db8::${(randomInt(0xffff) + 1).toString(16)}`
  return Array.from({ length: 4 }, () => randomInt(256)).join('.')
}

/** Two who are not the same, at any time until the year 36 000. */
export function anybody(): Question {
  const session = () => ({
    username: name(),
    token: new Secret('session token', secureRandomBytes(32)),
    ipAddress: address(),
  })
  const [sender, receiver] = [session(), { ...session(), port: randomInt(1, 65536) }]
  const clock = { now: randomInt(2 ** one([31, 32, 33, 40])), ticketLifetimeSec: randomInt(1, 2 ** 20) }
  if (sender.username === receiver.username) return anybody()
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
