/**
 * How the grader looks at a ticket: not only whether it opens as it should, but how else it does, so that a student
 * hears what was done instead.
 *
 * @module
 */
import { EMPTY, fromBase64url, fromUtf8, hkdf, open, type Secret, ZERO_NONCE } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import type { UserinfoReply } from './given.ts'

const VERSION_BYTES = 1
const SID_BYTES = 16
const SALT_BYTES = 32
const HEADER_BYTES = VERSION_BYTES + SID_BYTES + SALT_BYTES
const TAG_BYTES = 16
const MAX_TICKET_BYTES = 4096

/** A ticket, cut at the places of docs/protocol.md §4.1. */
export interface Parts {
  readonly header: Uint8Array
  readonly sid: Uint8Array
  readonly salt: Uint8Array
  readonly sealed: Uint8Array
}

/** How a ticket could be opened, and what it says. */
export interface Opened {
  readonly parts: Parts
  /** Whose session token it took. */
  readonly whose: string
  /** The key it took; nothing when it is the right one. */
  readonly wrongKey: string | undefined
  /** The associated data it took; nothing when it was the header. */
  readonly wrongAad: string | undefined
  readonly content: Readonly<Record<string, unknown>>
  readonly plaintext: Uint8Array
}

/** @throws Missing when the text is not base64url of something that begins as a ticket. */
export function cut(senderinfo: unknown): Parts {
  must(typeof senderinfo === 'string', `senderinfo is ${typeof senderinfo}, not text in base64url.`)
  must(senderinfo !== '', 'senderinfo is empty.')
  const ticket = decoded(senderinfo)
  must(
    ticket[0] === 0x01,
    `it begins with the byte ${ticket[0]}, not with the version 0x01 (is it all there: version, session id, salt?).`,
  )
  must(
    ticket.length >= HEADER_BYTES + TAG_BYTES,
    `it has ${ticket.length} bytes: a header of 49 and a tag of 16 are 65 already.`,
  )
  must(
    ticket.length <= MAX_TICKET_BYTES,
    `it has ${ticket.length} bytes, and no receiver reads more than ${MAX_TICKET_BYTES}.`,
  )
  return {
    header: ticket.subarray(0, HEADER_BYTES),
    sid: ticket.subarray(VERSION_BYTES, VERSION_BYTES + SID_BYTES),
    salt: ticket.subarray(VERSION_BYTES + SID_BYTES, HEADER_BYTES),
    sealed: ticket.subarray(HEADER_BYTES),
  }
}

function decoded(senderinfo: string): Uint8Array {
  const other = senderinfo.match(/[^\w-]/)
  must(!other, `senderinfo has '${other?.[0]}' in it: that is another alphabet than base64url, or padding.`)
  try {
    return fromBase64url(senderinfo)
  } catch {
    must(false, 'senderinfo is not what toBase64url gives for any bytes.')
  }
}

/** Tries the right way first, then the likely wrong ones. */
export function openSomehow(parts: Parts, tokens: Readonly<Record<string, Secret>>): Opened | undefined {
  for (const [whose, token] of Object.entries(tokens)) {
    for (const [wrongKey, key] of keys(token.reveal(), parts.salt)) {
      for (const [wrongAad, aad] of associatedData(parts)) {
        const plaintext = tryOpen(key, aad, parts.sealed)
        const content = plaintext && parsed(plaintext)
        if (content) return { parts, whose, wrongKey, wrongAad, content, plaintext }
      }
    }
  }
  return undefined
}

function keys(token: Uint8Array, salt: Uint8Array): [string | undefined, Uint8Array][] {
  return [
    [undefined, hkdf(token, salt, 'symbolon/1 ticket')],
    ['the token itself', token],
    ['derived without the salt', hkdf(token, EMPTY, 'symbolon/1 ticket')],
    ['derived with the salt, but without the info "symbolon/1 ticket"', hkdf(token, salt, '')],
    ['derived with the info of the session id', hkdf(token, salt, 'symbolon/1 session id')],
  ]
}

function associatedData({ header, sid, salt }: Parts): [string | undefined, Uint8Array][] {
  return [
    [undefined, header],
    ['nothing', EMPTY],
    ['only the version', header.subarray(0, VERSION_BYTES)],
    ['only the session id', sid],
    ['only the salt', salt],
  ]
}

function tryOpen(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return open(key, ZERO_NONCE, aad, sealed)
  } catch {
    return undefined
  }
}

function parsed(plaintext: Uint8Array): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(fromUtf8(plaintext))
  } catch {
    must(false, 'what is sealed in the ticket is not JSON in UTF-8.')
  }
  must(typeof json === 'object' && json !== null, 'what is sealed in the ticket is JSON, but no object.')
  return json as Record<string, unknown>
}

type Fields = Readonly<Record<string, unknown>>

export function expectField(content: Fields, name: string, wanted: string, meaning: string): void {
  const found = content[name]
  must(found !== undefined, `there is no ${name} (${meaning}) in the ticket.`)
  must(
    found === wanted,
    `${name} in the ticket is ${JSON.stringify(found)}; ${meaning} would be "${wanted}".`,
  )
}

export function expectTime(content: Fields, name: string, wanted: number, where = 'the ticket'): void {
  const found = content[name]
  must(found !== undefined, `there is no ${name} in ${where}.`)
  must(typeof found === 'number', `${name} in ${where} is ${typeof found}, not a number.`)
  must(found < wanted * 10, `${name} in ${where} is ${found}: these are milliseconds.`)
  must(found === wanted, `${name} in ${where} is ${found}, and ${wanted} was expected.`)
}

export function secretBytes({ secret }: UserinfoReply): Uint8Array {
  must(typeof secret === 'string', `the secret in the answer is ${typeof secret}, not text in base64url.`)
  try {
    return fromBase64url(secret)
  } catch {
    must(false, 'the secret in the answer is not base64url without padding.')
  }
}

/**
 * What two tickets under one key are worth: alice asked for `known`, so she knows what it says (all but the receiver's
 * token, which she does not need). Subtracting it leaves the stream, and the stream opens the other ticket.
 */
export function stolenSecret(known: Opened, other: Opened): string {
  const stream = known.parts.sealed.map((byte, i) => byte ^ (known.plaintext[i] ?? 0))
  const read = other.parts.sealed.map((byte, i) => byte ^ (stream[i] ?? 0))
  const { secret } = other.content
  const length = Math.min(known.plaintext.length, other.plaintext.length)
  const text = Buffer.from(read.subarray(0, length)).toString('latin1')
  if (typeof secret !== 'string' || !text.includes(secret)) return 'Another ticket has it too.'
  return `With no key at all alice has just computed the secret in carol's ticket: ${secret}`
}
