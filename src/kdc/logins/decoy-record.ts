/** The record that stands in for an account that does not exist. `opaque.ready` has been awaited. */
import { randomBytes } from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'
import { createRegistrationResponse } from './registration.ts'

const DECOY = 'decoy'
const PASSWORD_BYTES = 32
// No client will ever stretch this password: the least that Argon2id takes.
const KEY_STRETCHING = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } } as const

let made: { readonly setup: string; readonly record: string } | undefined

/**
 * The record of a KDC that stands in for an account that does not exist, under a password that is thrown away at once: no login can be
 * finished with it (RFC 9807 §10.9). It is as good a record as any, so that what is done with it is the same and takes the same time.
 */
export function decoyRecord(serverSetup: string): string {
  if (made?.setup !== serverSetup) made = { setup: serverSetup, record: registerDecoy(serverSetup) }
  return made.record
}

function registerDecoy(serverSetup: string): string {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password })
  const registrationResponse = createRegistrationResponse(serverSetup, DECOY, registrationRequest)
  return opaque.client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState,
    keyStretching: KEY_STRETCHING,
  }).registrationRecord
}
