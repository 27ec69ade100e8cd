/**
 * Exercise 03, solved: messages 1 and 2, the KDC's login.
 *
 * @module
 */
import { scryptSync } from 'node:crypto'
import { equal, fromBase64url, type RandomBytes, toBase64url, utf8 } from 'symbolon/protocol'
import type { Kdc, LoginReply, LoginRequest, PasswordRecord, SessionReply, SessionRequest } from '../given.ts'

const COST = { N: 2 ** 14, r: 8, p: 1 }
const HASH_BYTES = 32

interface Session {
  readonly token: Uint8Array
  readonly expiresAt: number
}

/** A principal may have several sessions. A `Map` has no names in it but those that were put there. */
const sessions = new Map<string, Session[]>()

/** What no password makes: for names that do not exist. */
const NO_RECORD: PasswordRecord = {
  ...COST,
  salt: toBase64url(new Uint8Array(16)),
  hash: toBase64url(new Uint8Array(HASH_BYTES)),
}

const REFUSED = { status: 401, code: 'login_refused' } as const

function hashOf(password: string, salt: Uint8Array, { N, r, p }: typeof COST): Uint8Array {
  return scryptSync(password.normalize('NFC'), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r })
}

/** Makes what the KDC keeps of a password. */
export function makeRecord(password: string, randomBytes: RandomBytes): PasswordRecord {
  const salt = randomBytes(16)
  return { ...COST, salt: toBase64url(salt), hash: toBase64url(hashOf(password, salt, COST)) }
}

/** Answers message 1. */
export function login({ username, password }: LoginRequest, kdc: Kdc): LoginReply {
  // hasOwn: every object also has a 'constructor', which nobody has registered.
  const record = Object.hasOwn(kdc.accounts, username) ? kdc.accounts[username] : undefined
  // Computed for an unknown name as well: an answer that comes at once would say that there is no such account.
  const { salt, hash, ...cost } = record ?? NO_RECORD
  const isRight = equal(hashOf(password, fromBase64url(salt), cost), fromBase64url(hash))
  if (!record || !isRight) return REFUSED
  const token = kdc.randomBytes(32)
  const expiresAt = kdc.now + kdc.sessionLifetimeSec
  sessions.set(username, [...(sessions.get(username) ?? []), { token, expiresAt }])
  return { status: 200, token: toBase64url(token), username, expires_at: expiresAt, time: kdc.now }
}

/** Says who sends a later request, such as message 3. */
export function authenticate({ username, token }: SessionRequest, kdc: Kdc): SessionReply {
  // Looked up by the name, which is no secret; the token is compared in constant time. As bytes of text: it may be any text.
  const session = sessions
    .get(username)
    ?.find((session) => equal(utf8(toBase64url(session.token)), utf8(token)))
  if (!session) return { status: 401, code: 'token_unknown' }
  if (session.expiresAt <= kdc.now) return { status: 401, code: 'token_expired' }
  return { status: 200, username }
}
