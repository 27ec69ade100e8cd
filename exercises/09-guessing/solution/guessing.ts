/**
 * Exercise 09, solved: guessing passwords, and what can be done about it.
 *
 * @module
 */
import { createHash, pbkdf2Sync } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Answer, Door, RecordedLogin } from '../given.ts'

/** The client's key, as message 1 of this protocol is made with it. */
export function keyOf(
  password: string,
  { username, realm, rounds }: Omit<RecordedLogin, 'proof'>,
): Uint8Array {
  return pbkdf2Sync(password, realm + username, rounds, 32, 'sha256')
}

export function crack(login: RecordedLogin, words: readonly string[]): string | undefined {
  // Nobody is asked, so nobody can count the tries.
  return words.find((word) => {
    try {
      open(keyOf(word, login), ZERO_NONCE, utf8(login.username), login.proof)
      return true
    } catch {
      return false
    }
  })
}

export function blindFor(request: number, word: string): number | undefined {
  const base = hashToGroup(word)
  let number = 1
  for (let blind = 1; blind < Q; blind++) {
    number = (number * base) % P
    if (number === request) return blind
  }
  return undefined
}

export function makeDoor(passwords: Readonly<Record<string, string>>, tries: number, seconds: number): Door {
  /** When wrong tries were made, by name: a Map, as a name may be any text. */
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      // Before anything is compared: an answer is what a guess is made for.
      if (recent.length >= tries) return 'wait'
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      // Also for a name that is not there: else it would show.
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}

// Given: a group of numbers in which one can still count. OPAQUE does the same in one of 2^252 elements.

/** A prime: the numbers of the group are the squares modulo it. */
export const P = 2027
/** How many numbers are in the group, a prime too. */
export const Q = 1013

/** base^exponent modulo P */
export function power(base: number, exponent: number): number {
  let result = 1
  for (let i = 0; i < exponent; i++) result = (result * base) % P
  return result
}

/** A number of the group, for a word: never 1. */
export function hashToGroup(word: string): number {
  for (let i = 0; ; i++) {
    const root = createHash('sha256').update(`${i} ${word}`).digest().readUInt32BE() % P
    const square = (root * root) % P
    if (square > 1) return square
  }
}

/** What a client sends: the word's number, blinded. The blind is random, from 1 to Q - 1, and is never sent. */
export const requestOf = (word: string, blind: number): number => power(hashToGroup(word), blind)
