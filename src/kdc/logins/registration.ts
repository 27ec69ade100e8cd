/**
 * The KDC's half of OPAQUE's registration (RFC 9807 §5), for new accounts and for new passwords. `opaque.ready` has been awaited.
 *
 * @module
 */
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
