/**
 * The fields that requests are made of.
 *
 * @module
 */
import * as v from 'valibot'
import * as fields from '../../lib/fields.ts'
import { parseUsername } from '../../lib/names.ts'

/** A principal's name, lower-cased here and nowhere else. Throws ProtocolError `invalid_name`. */
export const username = v.pipe(v.string(), v.transform(parseUsername), v.description('a string'))

/** A text that is taken apart later. */
export const text = v.pipe(v.string(), v.description('a string'))

/** The same, in base64url. */
export const base64url = v.pipe(v.string(), v.description('a string in base64url'))

/** Any string: what is not a token's text is an unknown token. */
export const token = v.pipe(v.string(), v.description('a string'))

const PORT = 'a whole number from 1 to 65535'

/** A TCP port that a sender can connect to. */
export const port = v.pipe(fields.port, v.description(PORT))

/** The same, or nothing. */
export const optionalPort = v.pipe(v.optional(port), v.description(PORT))
