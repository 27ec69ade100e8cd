/**
 * Whom the grader asks about.
 *
 * @module
 */
import { hkdf, Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { NOW_SEC } from '../examiner/program.ts'
import type { Listener, Session } from './given.ts'

/** More than any answer needs. */
export const POOL_BYTES = 1024

// Not random, so that a wrong first byte cannot be right by chance.
export const tokenOf = (name: string): Secret =>
  new Secret('session token', hkdf(utf8(name), utf8('exercise 04'), 'token'))

export const alice: Session = { username: 'alice', token: tokenOf('alice'), ipAddress: '192.0.2.10' }
export const bob: Listener = {
  username: 'bob',
  token: tokenOf('bob'),
  ipAddress: '192.0.2.20',
  port: 52011,
}
export const carol: Session = { username: 'carol', token: tokenOf('carol'), ipAddress: '192.0.2.30' }

export interface Clock {
  readonly now: number
  readonly ticketLifetimeSec: number
}
/** Another time than on the clock of the student's process. */
export const CLOCK: Clock = { now: NOW_SEC + 7_919_017, ticketLifetimeSec: 300 }

/** How the student's program gets its arguments. */
export type How =
  /** Made for this call. */
  | 'anew'
  /** As one object, and one token, in each call: those of a KDC that runs for long. */
  | 'same'
  /** So that nothing of it can be changed. */
  | 'frozen'

export interface Question {
  readonly sender: Session
  readonly receiver: Listener
  readonly clock: Clock
  /** The randomness it gets. */
  readonly pool: Uint8Array
  /** What it gets besides, after it has heard that there is no more. */
  readonly after?: Uint8Array | undefined
  readonly how?: How | undefined
}

const ids = new WeakMap<object, number>()
let lastId = 0

/** By which the student's process knows an object again. */
export function idOf(object: object): number {
  const id = ids.get(object) ?? ++lastId
  ids.set(object, id)
  return id
}

/** The same object later on: what was in it is another. */
export function later<S extends object>(object: S, changes: Partial<S>): S {
  const changed = { ...object, ...changes }
  ids.set(changed, idOf(object))
  return changed
}

export const freshPool = (): Uint8Array => secureRandomBytes(POOL_BYTES)
