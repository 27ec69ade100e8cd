/**
 * Exercise 07, solved: the receiver judges a ticket.
 *
 * @module
 */
import { isIP } from 'node:net'
import {
  EMPTY,
  equal,
  fromBase64url,
  fromUtf8,
  hkdf,
  open,
  Secret,
  toBase64url,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { Login, Receiver, Refusal } from '../given.ts'

const HEADER_BYTES = 1 + 16 + 32
const SKEW_SEC = 60
const USERNAME = /^[a-z0-9_][a-z0-9_.-]{0,63}$/

/** Stays inside of this file: the stranger sees none of its words. */
class Refused extends Error {
  readonly why: Refusal

  constructor(why: Refusal) {
    super(why)
    this.why = why
  }
}

function check(condition: boolean, why: Refusal): asserts condition {
  if (!condition) throw new Refused(why)
}

const isTime = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isName = (value: unknown): value is string => typeof value === 'string' && USERNAME.test(value)

/** The six fields, or an error of whatever kind. */
function parse(plaintext: Uint8Array) {
  const content = JSON.parse(fromUtf8(plaintext))
  const { username, ip_addr, receiver, issued_at, expires_at } = content
  const secret = fromBase64url(content.secret)
  check(isName(username) && isName(receiver), 'ticket_damaged')
  check(typeof ip_addr === 'string' && isIP(ip_addr) !== 0, 'ticket_damaged')
  check(secret.length === 32 && isTime(issued_at) && isTime(expires_at), 'ticket_damaged')
  return { username, ip_addr, receiver, issued_at, expires_at, secret: new Secret('channel secret', secret) }
}

export function makeReceiver({ username, token, memory }: Login): Receiver {
  const sid = hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16)
  /** The salts of accepted tickets, and until when each is kept. */
  const accepted = new Map<string, number>()
  const refusals: Refusal[] = []

  function unseal(ticket: Uint8Array) {
    const header = ticket.subarray(0, HEADER_BYTES)
    const key = hkdf(token.reveal(), header.subarray(17), 'symbolon/1 ticket', 32)
    try {
      return parse(open(key, ZERO_NONCE, header, ticket.subarray(HEADER_BYTES)))
    } catch {
      throw new Refused('ticket_damaged')
    }
  }

  function judge(ticket: Uint8Array, now: number) {
    check(ticket.length >= 65 && ticket.length <= 4096, 'ticket_damaged')
    check(ticket[0] === 0x01, 'ticket_version')
    check(equal(ticket.subarray(1, 17), sid), 'ticket_not_for_us')
    const content = unseal(ticket)
    check(content.receiver === username, 'ticket_not_for_us')
    check(content.issued_at <= now + SKEW_SEC, 'ticket_not_yet_valid')
    check(now - SKEW_SEC < content.expires_at, 'ticket_expired')
    const salt = toBase64url(ticket.subarray(17, HEADER_BYTES))
    check(!accepted.has(salt), 'ticket_replayed')
    for (const [old, until] of accepted) if (until <= now) accepted.delete(old)
    check(accepted.size < memory, 'request_refused')
    // Last: only what has passed everything else takes a place.
    accepted.set(salt, content.expires_at + SKEW_SEC)
    return { username: content.username, ip_addr: content.ip_addr, secret: content.secret }
  }

  return {
    judge(ticket, now) {
      try {
        return judge(ticket, now)
      } catch (error) {
        refusals.push(error instanceof Refused ? error.why : 'ticket_damaged')
        throw new Error('this ticket is refused')
      }
    },
    log: () => refusals,
  }
}
