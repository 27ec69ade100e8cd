/**
 * Accounts by the hundred, and the client's part of logging them in. Their passwords are stretched as little as Argon2id can:
 * the server knows nothing of that and does the same work, and the clients are quick enough to keep it busy.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'
import { openData } from '../src/kdc/data.ts'
import { systemClock } from '../src/lib/clock.ts'
import { identifiers } from '../src/lib/opaque.ts'
import { type Load, PASSWORD } from './kdc/server.ts'

/** The least that Argon2id takes. */
export const LEAST_STRETCHING = {
  'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 },
} as const

/** A fresh name; all have the same length. */
export function freshName(): string {
  return `u${randomBytes(6).toString('hex')}`
}

/** Makes accounts with fresh names in a KDC's data, as `kdc adduser` would, also while it serves. */
export async function addAccounts(data: string, count: number): Promise<string[]> {
  await opaque.ready
  const names = Array.from({ length: count }, freshName)
  const { opaqueKeys, store } = await openData(data)
  const createdAt = systemClock()
  try {
    const accounts = names.map((username) => ({
      username,
      record: register(opaqueKeys.setup, username),
      createdAt,
    }))
    await Promise.all(accounts.map((account) => store.accounts.create(account)))
  } finally {
    await store.close()
  }
  return names
}

/** A whole registration, both sides of it (RFC 9807 §5). */
function register(serverSetup: string, username: string): string {
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({
    password: PASSWORD,
  })
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup,
    userIdentifier: username,
    registrationRequest,
  })
  return opaque.client.finishRegistration({
    password: PASSWORD,
    clientRegistrationState,
    registrationResponse,
    identifiers: identifiers(username),
    keyStretching: LEAST_STRETCHING,
  }).registrationRecord
}

/** KE1, good for the start of any login with our password. */
export async function startRequest(): Promise<string> {
  await opaque.ready
  return opaque.client.startLogin({ password: PASSWORD }).startLoginRequest
}

/** Logs an account in: `/login/start`, the client's part, `/login/finish`. */
export async function logIn(load: Load, username: string): Promise<void> {
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password: PASSWORD })
  const started = await load.post('/login/start', JSON.stringify({ username, request: startLoginRequest }))
  const { response, state } = JSON.parse(started) as { response: string; state: string }
  const finished = opaque.client.finishLogin({
    clientLoginState,
    loginResponse: response,
    password: PASSWORD,
    identifiers: identifiers(username),
    keyStretching: LEAST_STRETCHING,
  })
  if (!finished) throw new Error(`${username} was not let in`)
  const finish = finished.finishLoginRequest
  await load.post('/login/finish', JSON.stringify({ username, state, finish }))
}
