/**
 * How the grader looks at what alice sent: not only whether it is as it should be, but what else it is, so that a student
 * hears what was done instead.
 *
 * @module
 */
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
  type Transport,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { contains, must } from '../examiner/property.ts'
import type { Invitation } from './given.ts'
import type { Outcome } from './people.ts'

const NAME = utf8('symbolon/1 channel')

/** What alice sends before bob speaks, cut at the places of docs/protocol.md §5.1. */
export interface Opening {
  readonly message1: Uint8Array
  /** Whatever came after the handshake. */
  readonly rest: Uint8Array
}

/** @throws Missing when alice's first bytes are something else. */
export function opening({ sent, why }: Outcome, { ticket }: Invitation): Opening {
  must(sent.length > 0, why || 'sendMessage sent nothing at all.')
  must(sent[0] === 0x01, `the first byte is ${sent[0]}, not the version 0x01.`)
  const [first, afterTicket] = frame(sent, 1)
  must(
    first,
    `what follows the version is no whole frame: two bytes of length, then the ticket.${hint(sent, ticket)}`,
  )
  must(equal(first, ticket), `the first frame is not the ticket's bytes.${hint(sent, ticket)}`)
  const [message1, end] = frame(sent, afterTicket)
  must(message1, 'after the ticket there is no whole frame: where is Noise message 1?')
  must(
    message1.length >= 48,
    `the frame after the ticket has ${message1.length} bytes; Noise message 1 has 48.`,
  )
  return { message1, rest: sent.subarray(end) }
}

function frame(bytes: Uint8Array, start: number): [Uint8Array | undefined, number] {
  const [high = 0, low = 0] = bytes.subarray(start)
  const end = start + 2 + high * 256 + low
  return [end <= bytes.length ? bytes.subarray(start + 2, end) : undefined, end]
}

function hint(sent: Uint8Array, ticket: Uint8Array): string {
  const [low = 0, high = 0] = sent.subarray(1)
  if (high * 256 + low === ticket.length)
    return ' (Its length has the low byte first; big-endian is the other way.)'
  if (sent.length > 1 && contains(sent.subarray(1, 1 + ticket.length), ticket))
    return ' (Its length is missing.)'
  return ''
}

/** @throws Missing when bob, who knows the secret, could not read message 1. */
export function readFirstMessage(message1: Uint8Array, { ticket, secret }: Invitation): void {
  const key = secret.reveal()
  const opens = (prologue: Uint8Array, psk: Uint8Array) => {
    try {
      new HandshakeState({ pattern: NNpsk0, initiator: false, prologue, psk }).readMessage(message1)
      return true
    } catch {
      return false
    }
  }
  if (opens(concat(NAME, ticket), key)) return
  const prologues: [string, Uint8Array][] = [
    ['empty', EMPTY],
    ['only "symbolon/1 channel"', NAME],
    ['only the ticket', ticket],
    ['the ticket first, then the text', concat(ticket, NAME)],
  ]
  const found = prologues.find(([, prologue]) => opens(prologue, key))
  must(!found, `the prologue is ${found?.[0]}; it must be "symbolon/1 channel", then the ticket.`)
  must(!opens(concat(NAME, ticket), new Uint8Array(32)), 'the psk is 32 zero bytes; it must be the secret.')
  must(
    false,
    'bob cannot read message 1: is the psk the secret, and the prologue "symbolon/1 channel" || ticket?',
  )
}

/** What is wrong with how the first frame after the handshake is sealed, seen from bob; nothing when it is right. */
export function howSealed(
  frame: Uint8Array,
  transport: Transport,
  { secret }: Invitation,
): string | undefined {
  if (opensWith(transport.receive, frame)) return undefined
  if (opensWith(transport.send, frame)) {
    return "it is sealed with the key that is for bob's messages: transport.receive is the wrong half."
  }
  const key = secret.reveal()
  for (const candidate of [key, hkdf(key, EMPTY, '')]) {
    try {
      open(candidate, ZERO_NONCE, EMPTY, frame)
      return 'it is sealed with the secret and a zero nonce: the handshake was for nothing.'
    } catch {
      // Not this one.
    }
  }
  return 'bob cannot open it. It must be transport.send.encryptWithAd of the record, with empty associated data.'
}

function opensWith(cipher: CipherState, frame: Uint8Array): boolean {
  try {
    cipher.decryptWithAd(EMPTY, frame)
    return true
  } catch {
    return false
  }
}

/** What is wrong with the first record, seen from bob; nothing when it is the text. */
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
    if (record?.type === 'part') return 'it is a part: bob waits for the rest of the message.'
    if (record?.type !== 'message') return `the first record is of the type ${record?.type}.`
    return fromUtf8(record.body) === text ? undefined : `the message says '${fromUtf8(record.body)}'.`
  } catch (error) {
    return `what is sealed is no record: ${error instanceof Error ? error.message : error}.`
  }
}
