/**
 * The KDC's half of OPAQUE's registration (RFC 9807 §5), for new accounts and for new passwords, and the record that stands in for an
 * account that does not exist. `opaque.ready` has been awaited.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'
import { fromBase64url } from '../../lib/bytes.ts'
import { identifiers } from '../../lib/opaque.ts'
import { Problem } from '../problems.ts'

/** RegistrationRequest with ristretto255 (RFC 9807 §5.1): Noe. */
export const REQUEST_BYTES = 32
/** RegistrationRecord with ristretto255 and SHA-512 (the same): Npk + Nh + Nn + Nm. */
export const RECORD_BYTES = 32 + 64 + 32 + 64

/**
 * Answers the start of a registration.
 *
 * @param request - RegistrationRequest, base64url.
 * @returns RegistrationResponse, base64url.
 * @throws Problem `invalid_request`.
 */
export function createRegistrationResponse(serverSetup: string, username: string, request: string): string {
  try {
    fromBase64url(request, { length: REQUEST_BYTES })
    return opaque.server.createRegistrationResponse({
      serverSetup,
      userIdentifier: username,
      registrationRequest: request,
    }).registrationResponse
  } catch {
    throw new Problem('invalid_request', 'request: expected an OPAQUE RegistrationRequest message')
  }
}

/**
 * Refuses a record with which no login could begin. Whether one can be finished only its owner can tell.
 *
 * @param record - RegistrationRecord, base64url.
 * @throws Problem `invalid_request`.
 */
export function validateRecord(serverSetup: string, username: string, record: string): void {
  const { startLoginRequest } = opaque.client.startLogin({ password: 'any' })
  try {
    // The library reads no further than it must.
    fromBase64url(record, { length: RECORD_BYTES })
    opaque.server.startLogin({
      serverSetup,
      registrationRecord: record,
      startLoginRequest,
      userIdentifier: username,
      identifiers: identifiers(username),
    })
  } catch {
    throw new Problem('invalid_request', 'record: expected an OPAQUE RegistrationRecord message')
  }
}

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
