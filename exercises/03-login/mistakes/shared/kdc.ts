/**
 * A KDC whose parts are right, but for the one that a mistake brings.
 *
 * @module
 */
import { scryptSync } from 'node:crypto'
import { equal, fromBase64url, toBase64url } from 'symbolon/protocol'
import type {
  Authenticate,
  Kdc,
  Login,
  LoginReply,
  LoginRequest,
  MakeRecord,
  PasswordRecord,
  SessionReply,
  SessionRequest,
} from '../../given.ts'
import * as right from '../../solution/login.ts'

export interface Session {
  readonly username: string
  readonly token: string
  readonly expiresAt: number
}

/** What may be another: each is right where nothing else is said. */
export interface Parts {
  makeRecord: MakeRecord
  find(accounts: Kdc['accounts'], username: string): PasswordRecord | undefined
  /** For an unknown name too, so that it takes as long. */
  isRight(record: PasswordRecord | undefined, password: string): boolean
  refuse(record: PasswordRecord | undefined): LoginReply
  token(request: LoginRequest, kdc: Kdc): string
  expiresAt(kdc: Kdc): number
  keep(sessions: Session[], session: Session): void
  whose(sessions: readonly Session[], request: SessionRequest): Session | undefined
  isOver(session: Session, kdc: Kdc): boolean
}

export const find: Parts['find'] = (accounts, username) =>
  Object.hasOwn(accounts, username) ? accounts[username] : undefined

/** scrypt, as a record says. */
export function hashOf(
  password: string,
  salt: string | Uint8Array,
  { N, r, p }: Omit<PasswordRecord, 'salt' | 'hash'>,
) {
  return scryptSync(password, salt, 32, { N, r, p, maxmem: 512 * N * r })
}

export const isRight: Parts['isRight'] = (record, password) => {
  const { salt, hash, ...cost } = record ?? { N: 16, r: 1, p: 1, salt: '', hash: '' }
  const made = hashOf(password.normalize('NFC'), fromBase64url(salt), cost)
  return record !== undefined && equal(made, fromBase64url(hash))
}

export const whose: Parts['whose'] = (sessions, { username, token }) =>
  sessions.find((session) => session.username === username && session.token === token)

const RIGHT: Parts = {
  makeRecord: right.makeRecord,
  find,
  isRight,
  refuse: () => ({ status: 401, code: 'login_refused' }),
  token: (_, kdc) => toBase64url(kdc.randomBytes(32)),
  expiresAt: (kdc) => kdc.now + kdc.sessionLifetimeSec,
  keep: (sessions, session) => void sessions.push(session),
  whose,
  isOver: ({ expiresAt }, { now }) => expiresAt <= now,
}

interface Written {
  readonly makeRecord: MakeRecord
  readonly login: Login
  readonly authenticate: Authenticate
}

export function kdcWith(parts: Partial<Parts>): Written {
  const { makeRecord, ...part } = { ...RIGHT, ...parts }
  const sessions: Session[] = []
  const login: Login = (request, kdc) => {
    const { username, password } = request
    const record = part.find(kdc.accounts, username)
    if (!part.isRight(record, password)) return part.refuse(record)
    const token = part.token(request, kdc)
    const expiresAt = part.expiresAt(kdc)
    part.keep(sessions, { username, token, expiresAt })
    return { status: 200, token, username, expires_at: expiresAt, time: kdc.now }
  }
  const authenticate = (request: SessionRequest, kdc: Kdc): SessionReply => {
    const session = part.whose(sessions, request)
    if (!session) return { status: 401, code: 'token_unknown' }
    if (part.isOver(session, kdc)) return { status: 401, code: 'token_expired' }
    return { status: 200, username: request.username }
  }
  return { makeRecord, login, authenticate }
}
