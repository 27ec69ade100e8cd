/**
 * Exercise 09: guessing passwords, and what can be done about it. README.md beside this file tells the steps.
 *
 * @module
 */
import { createHash } from 'node:crypto'
// import { pbkdf2Sync } from 'node:crypto'
// import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Door, RecordedLogin } from './given.ts'

/**
 * Finds the password of a login that was recorded.
 *
 * @param words - to be tried, the likeliest first.
 * @returns the word that is the password; nothing when none is.
 */
export function crack(login: RecordedLogin, words: readonly string[]): string | undefined {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 09: write crack in guessing.ts', { cause: { login, words } })
}

/**
 * Finds the blind with which `requestOf(word, blind)` is this request.
 *
 * @returns nothing when there is none from 1 to Q - 1.
 */
export function blindFor(request: number, word: string): number | undefined {
  // Replace this line too.
  throw new Error('exercise 09: write blindFor in guessing.ts', { cause: { request, word } })
}

/** Makes a door that shuts for a name after so many wrong tries in so many seconds. */
export function makeDoor(passwords: Readonly<Record<string, string>>, tries: number, seconds: number): Door {
  // And this one.
  throw new Error('exercise 09: write makeDoor in guessing.ts', { cause: { passwords, tries, seconds } })
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
