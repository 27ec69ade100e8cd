/** How things are kept in a `StateStore`: under which names, and as bytes with a JSON header, `u32 header length || JSON || body`. */
import * as v from 'valibot'
import { EMPTY, fromUtf8, joinPair, splitPair, utf8 } from '../../bytes.ts'
import { ProtocolError } from '../../errors.ts'

export function encodeFrame(header: object, body: Uint8Array = EMPTY): Uint8Array {
  return joinPair(utf8(JSON.stringify(header)), body)
}

/**
 * Reads what `encodeFrame` wrote.
 *
 * @throws ProtocolError `state_damaged`
 */
export function decodeFrame<S extends v.GenericSchema>(
  schema: S,
  bytes: Uint8Array,
): { header: v.InferOutput<S>; body: Uint8Array } {
  try {
    const [json, body] = splitPair(bytes)
    return { header: v.parse(schema, JSON.parse(fromUtf8(json))), body: body.slice() }
  } catch (cause) {
    throw new ProtocolError('state_damaged', 'what was kept here cannot be read', { cause })
  }
}

const POSITION_DIGITS = 16

const padded = (value: number) => String(value).padStart(POSITION_DIGITS, '0')

export const KEYS = {
  identity: 'identity',
  cursor: 'cursor',
  group: (id: string) => `group/${id}`,
  chain: (id: string) => `chain/${id}`,
  state: (id: string) => `state/${id}`,
  tree: (id: string) => `tree/${id}`,
  secrets: (id: string) => `secrets/${id}/`,
  change: (id: string) => `change/${id}`,
  outgoing: (number: number) => `outgoing/${padded(number)}`,
  package: (reference: string) => `package/${reference}`,
  pin: (username: string) => `pin/${username}`,
  messages: (group: string) => `message/${group}/`,
  message: (group: string, position: number) => `message/${group}/${padded(position)}`,
  unread: (group: string, position: number) => `unread/${group}/${padded(position)}`,
  notice: (number: number) => `notice/${padded(number)}`,
} as const

/** What follows the last `/` of a key. */
export function tailOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
