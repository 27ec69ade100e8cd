/**
 * How the grader looks at what alice sent: not only whether it is as it should be, but what else it is, so that a student
 * hears what was done instead.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import {
  type CipherState,
  concat,
  decodeRecords,
  EMPTY,
  equal,
  fromUtf8,
  HandshakeState,
  hkdf,
  NNpsk0,
  open,
  Secret,
  type Transport,
  toBase64url,
  u16,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { contains, must } from '../examiner/property.ts'
import type { Invitation } from './given.ts'
import type { Outcome, Talk } from './outcome.ts'
import { answerTo } from './people.ts'

export const NAME: Uint8Array = utf8('symbolon/1 channel')
const ZEROS = new Uint8Array(32)
const ONES = new Uint8Array(32).fill(1)
const MAX_TRIED_NONCE = 4

/** What alice sends before bob speaks, cut at the places of docs/protocol.md §5.1. */
export interface Opening {
  readonly message1: Uint8Array
  /** Whatever came after the handshake. */
  readonly rest: Uint8Array
}

/** @throws Missing when alice's first bytes are something else. */
export function opening({ sent, why, to: { ticket } }: Outcome): Opening {
  must(sent.length > 0, why || 'alice sent nothing at all.')
  must(sent[0] === 0x01, `the first byte is ${sent[0]}, not the version 0x01.`)
  const [first, afterTicket] = frameAt(sent, 1)
  must(
    first,
    `what follows the version is no whole frame: two bytes of length, then the ticket.${hint(sent, ticket)}`,
  )
  must(equal(first, ticket), `the first frame is not the ticket's bytes.${hint(sent, ticket)}`)
  const [message1, end] = frameAt(sent, afterTicket)
  must(message1, 'after the ticket there is no whole frame: where is Noise message 1?')
  must(
    message1.length >= 48,
    `the frame after the ticket has ${message1.length} bytes; Noise message 1 has 48.`,
  )
  return { message1, rest: sent.subarray(end) }
}

function frameAt(bytes: Uint8Array, start: number): [Uint8Array | undefined, number] {
  const [high = 0, low = 0] = bytes.subarray(start)
  const end = start + 2 + high * 256 + low
  return [end <= bytes.length ? bytes.subarray(start + 2, end) : undefined, end]
}

/** All whole frames, and how many bytes are left after them. */
export function cutIntoFrames(bytes: Uint8Array): { frames: Uint8Array[]; left: number } {
  const frames: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const [frame, end] = frameAt(bytes, at)
    if (!frame) break
    frames.push(frame)
    at = end
  }
  return { frames, left: bytes.length - at }
}

function hint(sent: Uint8Array, ticket: Uint8Array): string {
  const [low = 0, high = 0] = sent.subarray(1)
  if (high * 256 + low === ticket.length)
    return ' (Its length has the low byte first; big-endian is the other way.)'
  if (sent.length > 1 && contains(sent.subarray(1, 1 + ticket.length), ticket))
    return ' (Its length is missing.)'
  if (contains(sent, utf8(toBase64url(ticket))))
    return ' (It is in base64url, as text; its bytes are wanted.)'
  return ''
}

/** How else message 1 can be read when bob, who knows the secret, cannot read it. */
export interface Binding {
  readonly problem: string
  readonly prologue?: Uint8Array
  /** When everybody has it. */
  readonly psk?: Uint8Array
}

/** What is wrong with message 1, seen from bob; nothing when it is as agreed. */
export function howBound(message1: Uint8Array, { ticket, secret }: Invitation): Binding | undefined {
  const key = secret.reveal()
  const agreed = concat(NAME, ticket)
  if (opens(message1, agreed, key)) return undefined
  const prologues: [string, Uint8Array][] = [
    ['empty', EMPTY],
    ['only "symbolon/1 channel"', NAME],
    ['only the ticket', ticket],
    ['the ticket first, then the text', concat(ticket, NAME)],
    ["with the ticket's length before the ticket", concat(NAME, u16(ticket.length), ticket)],
    ['with the version before it', concat(Uint8Array.of(1), agreed)],
    ['with the version before the ticket', concat(NAME, Uint8Array.of(1), ticket)],
    ['the version, the length and the ticket', concat(Uint8Array.of(1), u16(ticket.length), ticket)],
    ['with all that was sent before', concat(NAME, Uint8Array.of(1), u16(ticket.length), ticket)],
    ["with the ticket's base64url instead of its bytes", concat(NAME, utf8(toBase64url(ticket)))],
    ['with a zero byte after the text', concat(NAME, Uint8Array.of(0), ticket)],
    ['with a space after the text', concat(NAME, utf8(' '), ticket)],
    ['with the secret after the ticket', concat(agreed, key)],
    ['with a SHA-256 of the ticket instead of the ticket', concat(NAME, sha256(ticket))],
  ]
  const found = prologues.find(([, prologue]) => opens(message1, prologue, key))
  if (found) {
    const [how, prologue] = found
    return { problem: `the prologue is ${how}; it must be "symbolon/1 channel", then the ticket.`, prologue }
  }
  const known: [string, Uint8Array][] = [
    ['32 zero bytes', ZEROS],
    ['a SHA-256 of the ticket', sha256(ticket)],
    ['the first 32 bytes of the ticket', ticket.slice(0, 32)],
  ]
  const derived: [string, Uint8Array][] = [
    ['a SHA-256 of the secret', sha256(key)],
    ['derived from the secret with HKDF', hkdf(key, EMPTY, '')],
    ["the first 32 characters of the secret's base64url", utf8(toBase64url(key)).slice(0, 32)],
  ]
  for (const [how, psk] of [...known, ...derived]) {
    if (!opens(message1, agreed, psk)) continue
    const isPublic = known.some(([other]) => other === how)
    return { problem: `the psk is ${how}; it must be the secret.`, ...(isPublic && { psk }) }
  }
  return {
    problem:
      'bob cannot read message 1: is the psk the secret, and the prologue "symbolon/1 channel" || ticket?',
  }
}

function opens(message1: Uint8Array, prologue: Uint8Array, psk: Uint8Array): boolean {
  try {
    new HandshakeState({ pattern: NNpsk0, initiator: false, prologue, psk }).readMessage(message1)
    return true
  } catch {
    return false
  }
}

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest())

/** What the secret alone opens, in any of the usual ways; a recording and a secret that leaks one day are enough for it. */
export function openedWithSecret(bytes: Uint8Array, { secret, ticket }: Invitation): string | undefined {
  const key = secret.reveal()
  const keys = [
    key,
    hkdf(key, EMPTY, ''),
    hkdf(key, ticket, ''),
    hkdf(key, ticket, 'early'),
    sha256(key),
    ZEROS,
  ]
  for (const frame of [...cutIntoFrames(bytes).frames, bytes]) {
    for (const candidate of keys) {
      for (const ad of [EMPTY, ticket, NAME]) {
        try {
          return textIn(open(candidate, ZERO_NONCE, ad, frame))
        } catch {
          // Not this one.
        }
      }
    }
  }
  return undefined
}

/** A record's body, or the bytes themselves, as text. */
function textIn(bytes: Uint8Array): string {
  try {
    const [record] = decodeRecords(bytes)
    if (record && 'body' in record) return fromUtf8(record.body)
  } catch {
    // It is no record.
  }
  return new TextDecoder().decode(bytes)
}

/** What is wrong with how the first frame after the handshake is sealed, seen from bob; nothing when it is right. */
export function howSealed(frame: Uint8Array, talk: Talk): { problem: string; loot?: string } | undefined {
  const { outcome, transport } = talk
  const { to } = outcome
  if (opensWith(transport().receive, frame)) return undefined
  if (opensWith(transport().send, frame)) {
    return {
      problem: "it is sealed with the key that is for bob's messages: transport.receive is the wrong half.",
    }
  }
  const read = openedWithSecret(frame, to)
  if (read !== undefined) {
    return {
      problem: 'it is sealed with the secret and a zero nonce: the handshake was for nothing.',
      loot: `who recorded it, and finds the secret in a year, reads: '${read}'`,
    }
  }
  for (let nonce = 1; nonce <= MAX_TRIED_NONCE; nonce++) {
    const { receive } = transport()
    // The counter moves with every message, whichever way it goes through.
    for (let n = 0; n < nonce; n++) receive.encryptWithAd(EMPTY, EMPTY)
    if (opensWith(receive, frame)) return { problem: `its nonce is ${nonce}; the first is 0.` }
  }
  const { handshakeHash } = transport()
  const ads: [string, Uint8Array][] = [
    ['the ticket', to.ticket],
    ['the handshake hash', handshakeHash],
    ['the prologue', concat(NAME, to.ticket)],
    ['"symbolon/1 channel"', NAME],
    ['the version', Uint8Array.of(1)],
    ["the frame's length", u16(frame.length)],
    ["the record's length", u16(frame.length - 16)],
  ]
  for (const [what, ad] of ads) {
    if (opensWith(transport().receive, frame, ad)) {
      return { problem: `its associated data is ${what}; it must be empty.` }
    }
  }
  return {
    problem:
      'bob cannot open it. It must be transport.send.encryptWithAd of the record, with empty associated data.',
  }
}

function opensWith(cipher: CipherState, frame: Uint8Array, ad: Uint8Array = EMPTY): boolean {
  try {
    cipher.decryptWithAd(ad, frame)
    return true
  } catch {
    return false
  }
}

/** What is wrong with the first record, seen from bob; nothing when it begins a message of the text. */
export function whatRecord(frame: Uint8Array, transport: Transport, text: string): string | undefined {
  let plaintext: Uint8Array
  try {
    plaintext = transport.receive.decryptWithAd(EMPTY, frame)
  } catch {
    return 'nobody can tell before bob can open it.'
  }
  if (equal(plaintext, utf8(text)))
    return 'the bare text is sealed, without the three bytes that make it a record.'
  try {
    const [record] = decodeRecords(plaintext)
    if (record?.type !== 'part' && record?.type !== 'message')
      return `the first record is of the type ${record?.type}.`
    return undefined
  } catch (error) {
    return `what is sealed is no record: ${error instanceof Error ? error.message : error}.`
  }
}

/** What bob would read from another ticket with the same secret, when message 1 is bound to neither. */
export function readsUnder(message1: Uint8Array, other: Invitation, prologue: Uint8Array): boolean {
  try {
    answerTo(message1, other, ONES, EMPTY, prologue)
    return true
  } catch {
    return false
  }
}

/** The same ticket with a secret that a stranger has. */
export const pretended = ({ ticket }: Invitation, psk: Uint8Array): Invitation => ({
  ticket,
  secret: new Secret('channel secret', psk),
})

/** What message 1 carries, read with the secret alone. */
export function payloadOf(message1: Uint8Array, to: Invitation): string | undefined {
  try {
    return textIn(answerTo(message1, to, ONES).payload)
  } catch {
    return undefined
  }
}
