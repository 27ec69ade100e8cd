/** OPAQUE's client against a KDC without a port: registrations, logins and invitations, all from far away. */
import * as opaque from '@serenity-kit/opaque'
import * as assert from 'uvu/assert'
import { sealStoredToken } from '../../src/kdc/keys/at-rest.ts'
import type { MasterKeys } from '../../src/kdc/keys/master-keys.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { createInvitation, invitationToken } from '../../src/lib/invitation.ts'
import type { HttpLink, HttpReply } from '../../src/lib/kdc-link/http.ts'
import { identifiers, tokenOf } from '../../src/lib/opaque.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { connectionFrom, PASSWORD, START, type testKdc } from './kdc.ts'

await opaque.ready

type Kdc = Awaited<ReturnType<typeof testKdc>>

type KeyStretching = NonNullable<Parameters<typeof opaque.client.finishRegistration>[0]['keyStretching']>

export const FAR_AWAY = '192.0.2.7'
/** The least that Argon2id takes: these passwords are not guessed. */
export const LEAST = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } } as const

/** What a client sends first. */
export const begin = (password = PASSWORD) => opaque.client.startRegistration({ password })

/** Makes the record out of the KDC's answer. */
export const recordFrom = (
  username: string,
  state: string,
  response: string,
  password = PASSWORD,
  keyStretching: KeyStretching = LEAST,
): string =>
  opaque.client.finishRegistration({
    password,
    clientRegistrationState: state,
    registrationResponse: response,
    identifiers: identifiers(username),
    keyStretching,
  }).registrationRecord

/** A record as this KDC would take it, without asking it. */
export function makeRecord(
  { opaqueKeys }: Pick<Kdc, 'opaqueKeys'>,
  username: string,
  password = PASSWORD,
  keyStretching?: KeyStretching,
): string {
  const { clientRegistrationState, registrationRequest } = begin(password)
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup: opaqueKeys.setup,
    userIdentifier: username,
    registrationRequest,
  })
  return recordFrom(username, clientRegistrationState, registrationResponse, password, keyStretching)
}

/** Begins a login. @returns the message that finishes it, and the token of the session that it begins; nothing for a wrong password. */
export async function startLogin(
  kdc: Pick<Kdc, 'post'>,
  username: string,
  password = PASSWORD,
): Promise<{ readonly finish: object; readonly token: Secret } | undefined> {
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password })
  const { json } = await kdc.post('/login/start', { username, request: startLoginRequest }, FAR_AWAY)
  const finished = opaque.client.finishLogin({
    clientLoginState,
    loginResponse: json.response,
    password,
    identifiers: identifiers(username),
    keyStretching: LEAST,
  })
  if (!finished) return undefined
  const finish = { username, state: json.state, finish: finished.finishLoginRequest }
  return { finish, token: tokenOf(finished.sessionKey) }
}

/** Whether this password logs in. @returns the session's token. */
export async function logIn(
  kdc: Pick<Kdc, 'post'>,
  username: string,
  password?: string,
): Promise<Secret | undefined> {
  const begun = await startLogin(kdc, username, password)
  if (begun) assert.is((await kdc.post('/login/finish', begun.finish, FAR_AWAY)).status, 200)
  return begun?.token
}

/** Adds an invitation to the KDC's. @returns its text. */
export async function invite(
  kdc: Pick<Kdc, 'store' | 'masterKeys'>,
  options: { username?: string; expiresAt?: number; masterKeys?: MasterKeys } = {},
): Promise<string> {
  const { username, expiresAt = START + 1000, masterKeys = kdc.masterKeys } = options
  const invitation = createInvitation()
  const token = invitationToken(invitation)
  const id = sessionId(token)
  const sealedToken = sealStoredToken(masterKeys, id, token)
  await kdc.store.invitations.add([{ id, username, sealedToken, expiresAt }])
  return invitation
}

/** Posts bytes as they are. */
export async function send(
  { app }: Pick<Kdc, 'app'>,
  path: string,
  type: string,
  body: Uint8Array,
  from = FAR_AWAY,
): Promise<HttpReply> {
  const init = { method: 'POST', headers: { 'Content-Type': type }, body }
  const response = await app.request(path, init, connectionFrom(from))
  return {
    status: response.status,
    type: response.headers.get('Content-Type') ?? '',
    body: new Uint8Array(await response.arrayBuffer()),
  }
}

/** What the library takes for the network. */
export const linkTo = (kdc: Pick<Kdc, 'app'>, from = FAR_AWAY): HttpLink => ({
  post: (path, type, body) => send(kdc, path, type, body, from),
  close: async () => {},
})
