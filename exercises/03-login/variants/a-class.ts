/** With a class for the table, `for` loops, and tokens kept as bytes. */
import { scryptSync } from 'node:crypto'
import { equal, fromBase64url, type RandomBytes, toBase64url } from 'symbolon/protocol'
import type { Kdc, LoginRequest, PasswordRecord, SessionRequest } from '../given.ts'

class Table {
  readonly #rows: { name: string; token: Uint8Array; end: number }[] = []

  add(name: string, token: Uint8Array, end: number) {
    this.#rows.push({ name, token, end })
  }

  /** Goes through all rows, whatever it finds. */
  find(name: string, token: Uint8Array) {
    let found: number | undefined
    for (const row of this.#rows) {
      if (equal(row.token, token) && row.name === name) found = row.end
    }
    return found
  }
}

const table = new Table()

const stretch = (text: string, salt: Uint8Array, record: Omit<PasswordRecord, 'salt' | 'hash'>) =>
  Uint8Array.from(
    scryptSync(Buffer.from(text.normalize('NFC'), 'utf8'), salt, 32, {
      cost: record.N,
      blockSize: record.r,
      parallelization: record.p,
      maxmem: 1e9,
    }),
  )

export function makeRecord(password: string, randomBytes: RandomBytes): PasswordRecord {
  const salt = randomBytes(8 + 8)
  const record = { N: 16384, r: 8, p: 2 }
  return { ...record, hash: toBase64url(stretch(password, salt, record)), salt: toBase64url(salt) }
}

export function login(request: LoginRequest, kdc: Kdc) {
  const token = kdc.randomBytes(32)
  const own = Object.getOwnPropertyDescriptor(kdc.accounts, request.username)
  const record: PasswordRecord = own?.value ?? { N: 16384, r: 8, p: 1, salt: '', hash: '' }
  const hash = stretch(request.password, fromBase64url(record.salt), record)
  if (!equal(hash, fromBase64url(record.hash))) return { status: 401, code: 'login_refused' }
  const expires_at = kdc.now + kdc.sessionLifetimeSec
  table.add(request.username, token, expires_at)
  return { status: 200, username: request.username, token: toBase64url(token), expires_at, time: kdc.now }
}

export function authenticate(request: SessionRequest, kdc: Kdc) {
  let token: Uint8Array
  try {
    token = fromBase64url(request.token)
  } catch {
    return { status: 401, code: 'token_unknown' }
  }
  const end = table.find(request.username, token)
  if (end === undefined) return { status: 401, code: 'token_unknown' }
  return end > kdc.now ? { status: 200, username: request.username } : { status: 401, code: 'token_expired' }
}
