/** With the asynchronous scrypt, tokens found by their hash, and a higher cost. */
import { createHash, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { RandomBytes } from 'symbolon/protocol'
import type { Kdc, LoginReply, LoginRequest, PasswordRecord, SessionReply, SessionRequest } from '../given.ts'

type Scrypt = (password: string, salt: Uint8Array, length: number, cost: object) => Promise<Buffer>

const slow: Scrypt = promisify(scrypt)
const opened = new Map<string, { who: string; until: number }>()
const nameless = Symbol('no account')

async function check(password: string, { N, r, p, salt, hash }: PasswordRecord): Promise<boolean> {
  const wanted = Buffer.from(hash, 'base64url')
  const maxmem = 2 ** 28
  return timingSafeEqual(
    wanted,
    await slow(password.normalize(), Buffer.from(salt, 'base64url'), 32, { N, r, p, maxmem }),
  )
}

export async function makeRecord(password: string, randomBytes: RandomBytes): Promise<PasswordRecord> {
  const cost = { p: 1, r: 8, N: 32768 }
  const salt = Buffer.from(randomBytes(16))
  const hash = await slow(password.normalize(), salt, 32, { ...cost, maxmem: 2 ** 28 })
  return { hash: hash.toString('base64url'), salt: salt.toString('base64url'), ...cost }
}

const key = (token: string) => createHash('sha256').update(token).digest('hex')

export async function login(message1: LoginRequest, kdc: Kdc): Promise<LoginReply> {
  const accounts = new Map<string | symbol, PasswordRecord>(Object.entries(kdc.accounts))
  const record = accounts.get(message1.username)
  const [any] = [...accounts.values()]
  const decoy = record ?? any
  // A realm without any account needs no care.
  const holds = decoy ? await check(record ? message1.password : randomUUID(), decoy) : false
  if (!holds || !accounts.has(record ? message1.username : nameless)) {
    return { code: 'login_refused', status: 401 }
  }
  kdc.randomBytes(7)
  const token = Buffer.concat([kdc.randomBytes(20), kdc.randomBytes(12)]).toString('base64url')
  opened.set(key(token), { who: message1.username, until: kdc.now + kdc.sessionLifetimeSec })
  return {
    time: kdc.now,
    expires_at: kdc.now + kdc.sessionLifetimeSec,
    username: message1.username,
    token,
    status: 200,
  }
}

export async function authenticate(shown: SessionRequest, { now }: Kdc): Promise<SessionReply> {
  const session = opened.get(key(shown.token))
  if (session && now >= session.until) opened.delete(key(shown.token))
  if (!session || session.who !== shown.username || now >= session.until) {
    return { code: 'token_unknown', status: 401 }
  }
  return { status: 200, username: session.who }
}
