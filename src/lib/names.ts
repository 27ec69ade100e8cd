/**
 * The one grammar for principals' names: 1 to 64 of `a-z 0-9 _ . -`, beginning with a letter, a digit or `_`.
 *
 * @module
 */
import { ProtocolError } from './errors.ts'

/** What a username looks like once it has been lower-cased. */
export const USERNAME = /^[a-z0-9_][a-z0-9_.-]{0,63}$/

/**
 * Reads a group's name as a person or another program gave it: it follows the grammar of usernames.
 *
 * @throws ProtocolError `invalid_name`
 */
export function parseGroupName(input: string): string {
  return parseName(input, "a group's name")
}

/**
 * Reads a username as a person or another program gave it: lower-cased here, once, at the edge.
 *
 * @throws ProtocolError `invalid_name`; the message does not repeat the name, which may hold anything.
 */
export function parseUsername(input: string): string {
  return parseName(input, 'a username')
}

function parseName(input: string, what: string): string {
  // toLowerCase() maps letters such as U+212A KELVIN SIGN into a-z: only ASCII may reach it.
  const name = /^[\x21-\x7e]*$/.test(input) ? input.toLowerCase() : ''
  if (USERNAME.test(name)) return name
  const rule = `${what} is 1 to 64 of a-z 0-9 _ . - and begins with a letter, a digit or _`
  throw new ProtocolError('invalid_name', rule)
}
