/**
 * The group of numbers as the grader has it, the same as stands in the student's file.
 *
 * @module
 */
import { createHash } from 'node:crypto'

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
