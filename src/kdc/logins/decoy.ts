/**
 * The record that stands in for an account that does not exist: no login can be finished with it (RFC 9807 §10.9). It is as
 * good a record as any, so that what is done with it is the same and takes the same time.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'

const USER = 'decoy'
const PASSWORD_BYTES = 32
// No client will ever stretch this password: the least that Argon2id takes.
const KEY_STRETCHING = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } } as const

let made: { readonly setup: string; readonly record: string } | undefined

/**
 * The decoy of a KDC, under a password that is thrown away at once.
 *
 * @param serverSetup - the KDC's; `opaque.ready` has been awaited.
 */
export function decoyRecord(serverSetup: string): string {
  if (made?.setup !== serverSetup) made = { setup: serverSetup, record: register(serverSetup) }
  return made.record
}

function register(serverSetup: string): string {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password })
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup,
    userIdentifier: USER,
    registrationRequest,
  })
  return opaque.client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState,
    keyStretching: KEY_STRETCHING,
  }).registrationRecord
}
