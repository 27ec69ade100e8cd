/**
 * Exercise 07: the receiver judges a ticket. README.md beside this file tells the steps.
 *
 * @module
 */
// import { isIP } from 'node:net'
// import { EMPTY, equal, fromBase64url, fromUtf8, hkdf, open, Secret, toBase64url, ZERO_NONCE } from 'symbolon/protocol'
import type { Login, Receiver } from './given.ts'

/**
 * Makes what judges the tickets that come to one login. docs/protocol.md §4.3
 *
 * @param login - bob's name, the session's token, and how many tickets to remember.
 */
export function makeReceiver(login: Login): Receiver {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 07: write makeReceiver in receiver.ts', { cause: { login } })
}
