/** One error object for everything, a memory that is sorted by its end, addresses judged by Node's SocketAddress, and a log that is shown as it is. */
import { SocketAddress } from 'node:net'
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
import type { Accepted, Login, Receiver, Refusal } from '../given.ts'

const REFUSED = Object.freeze(Object.assign(new RangeError('not opened'), { code: 'E_REFUSED' }))
const NAME = /^[a-z0-9_][a-z0-9_.-]*$/

type Told = Record<'username' | 'receiver' | 'ip_addr' | 'secret' | 'issued_at' | 'expires_at', unknown>

/** Throws what it likes: all that goes wrong in here is damage. */
function content(key: Uint8Array, header: Uint8Array, sealed: Uint8Array) {
  const told = JSON.parse(fromUtf8(open(key, ZERO_NONCE, header, sealed))) as Told
  if (Array.isArray(told)) throw new TypeError('a list')
  const text = (name: keyof Told) => {
    const { [name]: value } = told
    if (typeof value !== 'string') throw new TypeError(name)
    return value
  }
  const time = (name: keyof Told) => {
    const { [name]: value } = told
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(name)
    return value as number
  }
  const name = (of: 'username' | 'receiver') => {
    const value = text(of)
    if (value.length > 64 || !NAME.test(value)) throw new TypeError(of)
    return value
  }
  const address = text('ip_addr')
  void new SocketAddress({ address, family: address.includes(':') ? 'ipv6' : 'ipv4' })
  const secret = new Secret('channel secret', fromBase64url(text('secret')))
  if (secret.reveal().length !== 32) throw new TypeError('secret')
  return {
    who: { username: name('username'), ip_addr: address, secret },
    receiver: name('receiver'),
    from: time('issued_at'),
    to: time('expires_at'),
  }
}

export function makeReceiver({ username, token, memory }: Login): Receiver {
  const words: Refusal[] = []
  const used: { readonly salt: string; readonly end: number }[] = []
  const bytes = token.reveal()
  const sid = hkdf(bytes, EMPTY, 'symbolon/1 session id', 16)

  function refuse(word: Refusal): never {
    words[words.length] = word
    throw REFUSED
  }

  function opened(ticket: Uint8Array) {
    const key = hkdf(bytes, ticket.subarray(17, 49), 'symbolon/1 ticket', 32)
    try {
      return content(key, ticket.subarray(0, 49), ticket.subarray(49))
    } catch {
      return refuse('ticket_damaged')
    }
  }

  return {
    log: () => words,
    judge(ticket: Uint8Array, now: number): Accepted {
      if (ticket.length - 65 !== Math.min(Math.max(ticket.length - 65, 0), 4031)) refuse('ticket_damaged')
      if (ticket[0] !== 1) refuse('ticket_version')
      if (!equal(sid, ticket.subarray(1, 17))) refuse('ticket_not_for_us')
      const { who, receiver, from, to } = opened(ticket)
      if (receiver !== username) refuse('ticket_not_for_us')
      if (now < from - 60) refuse('ticket_not_yet_valid')
      if (now >= to + 60) refuse('ticket_expired')
      while (used[0] && used[0].end <= now) used.shift()
      const salt = toBase64url(ticket.subarray(17, 49))
      if (used.some((other) => other.salt === salt)) refuse('ticket_replayed')
      if (used.length === memory) refuse('request_refused')
      used.push({ salt, end: to + 60 })
      used.sort((one, other) => one.end - other.end)
      return who
    },
  }
}
