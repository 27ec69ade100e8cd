/** What is remembered is kept in drawers, one for each minute of its end; and steps that hand on what they found, or a word. */
import { isIP } from 'node:net'
import {
  concat,
  EMPTY,
  equal,
  fromBase64url,
  fromUtf8,
  hkdf,
  open,
  Secret,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { Accepted, Login, Refusal } from '../given.ts'

class Word {
  readonly word: Refusal
  constructor(word: Refusal) {
    this.word = word
  }
}

class Drawers {
  readonly #drawers = new Map<number, Map<string, number>>()
  readonly #room: number

  constructor(room: number) {
    this.#room = room
  }

  take(name: string, until: number, now: number): Word | undefined {
    for (const [minute, drawer] of [...this.#drawers]) {
      for (const [other, end] of [...drawer]) if (end <= now) drawer.delete(other)
      if (drawer.size === 0) this.#drawers.delete(minute)
    }
    const all = [...this.#drawers.values()]
    if (all.some((drawer) => drawer.has(name))) return new Word('ticket_replayed')
    if (all.reduce((sum, { size }) => sum + size, 0) >= this.#room) return new Word('request_refused')
    const minute = Math.floor(until / 60)
    this.#drawers.set(minute, (this.#drawers.get(minute) ?? new Map()).set(name, until))
    return undefined
  }
}

const isName = (value: unknown) =>
  typeof value === 'string' && /^[a-z0-9_][a-z0-9_.-]{0,63}$/.test(value) && !value.endsWith('\n')
const isTime = (value: unknown) =>
  typeof value === 'number' && value % 1 === 0 && value >= 0 && value <= 2 ** 53 - 1

function fieldsOf(plaintext: Uint8Array): Map<string, unknown> | Word {
  try {
    const json: unknown = JSON.parse(fromUtf8(plaintext))
    if (json === null || typeof json !== 'object' || Array.isArray(json)) return new Word('ticket_damaged')
    const fields = new Map<string, unknown>(Object.entries(json))
    const [address, secret] = [fields.get('ip_addr'), fields.get('secret')]
    const isWhole =
      ['username', 'receiver'].every((name) => isName(fields.get(name))) &&
      ['issued_at', 'expires_at'].every((name) => isTime(fields.get(name))) &&
      typeof address === 'string' &&
      isIP(address) !== 0 &&
      typeof secret === 'string' &&
      fromBase64url(secret).length === 32
    return isWhole ? fields : new Word('ticket_damaged')
  } catch {
    return new Word('ticket_damaged')
  }
}

function unsealed(token: Uint8Array, ticket: Uint8Array): Uint8Array | Word {
  const salt = ticket.slice(17, 49)
  try {
    return open(hkdf(token, salt, 'symbolon/1 ticket', 32), ZERO_NONCE, ticket.slice(0, 49), ticket.slice(49))
  } catch {
    return new Word('ticket_damaged')
  }
}

export function makeReceiver({ username, token, memory }: Login) {
  const drawers = new Drawers(memory)
  let log: readonly Refusal[] = []

  function judged(ticket: Uint8Array, now: number): Accepted | Word {
    if (ticket.length < 65 || ticket.length > 4096) return new Word('ticket_damaged')
    if (ticket[0] !== 1) return new Word('ticket_version')
    const own = concat(Uint8Array.of(1), hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16))
    if (!equal(ticket.subarray(0, 17), own)) return new Word('ticket_not_for_us')
    const plaintext = unsealed(token.reveal(), ticket)
    if (plaintext instanceof Word) return plaintext
    const fields = fieldsOf(plaintext)
    if (fields instanceof Word) return fields
    const until = Number(fields.get('expires_at')) + 60
    if (fields.get('receiver') !== username) return new Word('ticket_not_for_us')
    if (Number(fields.get('issued_at')) > now + 60) return new Word('ticket_not_yet_valid')
    if (until <= now) return new Word('ticket_expired')
    const taken = drawers.take(Buffer.from(ticket.subarray(17, 49)).toString('hex'), until, now)
    if (taken) return taken
    const secret = new Secret('channel secret', fromBase64url(String(fields.get('secret'))))
    return { secret, username: String(fields.get('username')), ip_addr: String(fields.get('ip_addr')) }
  }

  return {
    judge(ticket: Uint8Array, now: number): Accepted {
      const result = judged(ticket, now)
      if (!(result instanceof Word)) return result
      log = log.concat(result.word)
      throw new EvalError('this ticket opens nothing')
    },
    log: () => log,
  }
}
