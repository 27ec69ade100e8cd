/**
 * A receiver that is right but for its habits.
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
import type { Accepted, Login, Receiver, Refusal } from '../../given.ts'

export class Refused extends Error {}

/** @throws Refused with the word for the log. */
export function check(condition: unknown, why: Refusal): asserts condition {
  if (!condition) throw new Refused(why)
}

export interface Content {
  username: string
  ip_addr: string
  receiver: string
  issued_at: number
  expires_at: number
  secret: string
}

/** What was accepted: until when by its salt. */
export type Memory = Map<string, number>

export interface Seen {
  readonly login: Login
  readonly memory: Memory
  readonly ticket: Uint8Array
  readonly header: Uint8Array
  readonly salt: string
  readonly now: number
}

const NAME = /^[a-z0-9_][a-z0-9_.-]{0,63}$/
const isTime = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

export const ticketKey = (token: Secret, header: Uint8Array): Uint8Array =>
  hkdf(token.reveal(), header.subarray(17), 'symbolon/1 ticket', 32)

/** The steps of docs/protocol.md §4.3, one after the other. A mistake has another one in the place of one of these. */
export const STEPS = {
  begin(_: Seen): void {},
  length({ ticket }: Seen): void {
    check(ticket.length >= 65 && ticket.length <= 4096, 'ticket_damaged')
  },
  version({ ticket }: Seen): void {
    check(ticket[0] === 1, 'ticket_version')
  },
  session({ login, header }: Seen): void {
    const sid = hkdf(login.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
    check(equal(header.subarray(1, 17), sid), 'ticket_not_for_us')
  },
  unseal({ login, header, ticket }: Seen): Uint8Array {
    return open(ticketKey(login.token, header), ZERO_NONCE, header, ticket.subarray(49))
  },
  read(plaintext: Uint8Array): Content {
    return JSON.parse(fromUtf8(plaintext))
  },
  judgeContent({ username, ip_addr, receiver, issued_at, expires_at }: Content): void {
    for (const name of [username, receiver])
      check(typeof name === 'string' && NAME.test(name), 'ticket_damaged')
    check(typeof ip_addr === 'string' && isIP(ip_addr), 'ticket_damaged')
    check(isTime(issued_at) && isTime(expires_at), 'ticket_damaged')
  },
  secret(text: string): Uint8Array {
    return fromBase64url(text)
  },
  receiver({ receiver }: Content, { login }: Seen): void {
    check(receiver === login.username, 'ticket_not_for_us')
  },
  times({ issued_at, expires_at }: Content, { now }: Seen): void {
    check(issued_at <= now + 60, 'ticket_not_yet_valid')
    check(now - 60 < expires_at, 'ticket_expired')
  },
  replay({ memory, salt }: Seen, _: Content): void {
    check(!memory.has(salt), 'ticket_replayed')
  },
  room({ memory, login, now }: Seen): void {
    for (const [salt, until] of memory) if (until <= now) memory.delete(salt)
    check(memory.size < login.memory, 'request_refused')
  },
  remember({ memory, salt }: Seen, { expires_at }: Content): void {
    memory.set(salt, expires_at + 60)
  },
  accept({ username, ip_addr }: Content, secret: Uint8Array): Accepted {
    return { username, ip_addr, secret: new Secret('channel secret', secret) }
  },
  refuse(_: unknown, __: Seen): Error {
    return new Error('this ticket is refused')
  },
  tell(why: Refusal): readonly Refusal[] {
    return [why]
  },
} as const

export type Steps = { readonly [Name in keyof typeof STEPS]: (typeof STEPS)[Name] }

/** @param memory - by default one for each receiver. */
export function receiver(login: Login, habits: Partial<Steps> = {}, memory: Memory = new Map()): Receiver {
  const step = { ...STEPS, ...habits }
  const refusals: Refusal[] = []
  function judge(seen: Seen): Accepted {
    step.begin(seen)
    step.length(seen)
    step.version(seen)
    step.session(seen)
    const [content, secret] = inside(seen)
    step.receiver(content, seen)
    step.times(content, seen)
    step.replay(seen, content)
    step.room(seen)
    step.remember(seen, content)
    return step.accept(content, secret)
  }
  function inside(seen: Seen): [Content, Uint8Array] {
    const content = step.read(step.unseal(seen))
    check(content, 'ticket_damaged')
    step.judgeContent(content)
    const secret = step.secret(content.secret)
    check(secret.length === 32, 'ticket_damaged')
    return [content, secret]
  }
  return {
    judge(ticket, now) {
      const header = ticket.subarray(0, 49)
      const seen = { login, memory, ticket, header, salt: toBase64url(header.subarray(17)), now }
      try {
        return judge(seen)
      } catch (error) {
        refusals.push(...step.tell(error instanceof Refused ? (error.message as Refusal) : 'ticket_damaged'))
        throw step.refuse(error, seen)
      }
    },
    log: () => refusals,
  }
}
