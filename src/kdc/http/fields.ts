/**
 * The fields that requests are made of.
 *
 * @module
 */
import * as v from 'valibot'
import * as fields from '../../lib/fields.ts'
import { parseUsername } from '../../lib/names.ts'

/** A field, or nothing. */
export const optional = <S extends v.GenericSchema>(field: S) =>
  v.pipe(v.optional(field), v.description(v.getDescription(field) ?? ''))

/** A principal's name, lower-cased here and nowhere else. Throws ProtocolError `invalid_name`. */
export const username = v.pipe(v.string(), v.transform(parseUsername), v.description('a string'))

/** A text that is taken apart later. */
export const text = v.pipe(v.string(), v.description('a string'))

/** The same, in base64url. */
export const base64url = v.pipe(v.string(), v.description('a string in base64url'))

/** Any string: what is not a token's text is an unknown token. */
export const token = v.pipe(v.string(), v.description('a string'))

/** A TCP port that a sender can connect to. */
export const port = v.pipe(fields.port, v.description('a whole number from 1 to 65535'))
