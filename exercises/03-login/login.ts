/**
 * Exercise 03: messages 1 and 2, the KDC's login. README.md beside this file tells the steps.
 *
 * @module
 */
// import { scryptSync } from 'node:crypto'
// import { equal, fromBase64url, toBase64url } from 'symbolon/protocol'
import type { RandomBytes } from 'symbolon/protocol'
import type { Kdc, LoginReply, LoginRequest, PasswordRecord, SessionReply, SessionRequest } from './given.ts'

/** Makes what the KDC keeps of a password. */
export function makeRecord(password: string, randomBytes: RandomBytes): PasswordRecord {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 03: write makeRecord in login.ts', { cause: { password, randomBytes } })
}

/**
 * Answers message 1. What must be known later, such as who has which token, goes into a variable of yours outside of the function.
 *
 * @param request - from the wire: any texts.
 * @param kdc - the records, the time, and randomness.
 */
export function login(request: LoginRequest, kdc: Kdc): LoginReply {
  // Replace this line too.
  throw new Error('exercise 03: write login in login.ts', { cause: { request, kdc } })
}

/** Says who sends a later request, such as message 3. */
export function authenticate(request: SessionRequest, kdc: Kdc): SessionReply {
  throw new Error('exercise 03: write authenticate in login.ts', { cause: { request, kdc } })
}
