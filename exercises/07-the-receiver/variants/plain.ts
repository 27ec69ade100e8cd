/** With Node's cipher and its own HKDF, one long function, a list for a memory, and the whole ticket remembered by its hash. */
import { createDecipheriv, createHash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import { Secret } from 'symbolon/protocol'
import type { Accepted, Login, Refusal } from '../given.ts'

class NotThisOne extends TypeError {
  readonly code = 'NO'
}

const hkdf = (key: Uint8Array, salt: Uint8Array, info: string, length: number) =>
  Buffer.from(hkdfSync('sha256', key, salt, info, length))

const hasName = (fields: Map<string, unknown>, name: string) =>
  /^[a-z\d_][-.a-z\d_]{0,63}$/.test(`${fields.get(name)}`) && typeof fields.get(name) === 'string'

class OneLogin {
  readonly #login: Login
  readonly #words: Refusal[] = []
  #used: { hash: string; end: number }[] = []

  constructor(login: Login) {
    this.#login = login
  }

  log(): Refusal[] {
    return [...this.#words]
  }

  judge(ticket: Uint8Array, now: number): Accepted {
    const judged = this.#look(Buffer.from(ticket), now)
    if (typeof judged !== 'string') return judged
    this.#words.push(judged)
    throw new NotThisOne('no')
  }

  #look(ticket: Buffer, now: number): Accepted | Refusal {
    const { token, username, memory } = this.#login
    if (ticket.length < 65 || ticket.length > 4096) return 'ticket_damaged'
    if (ticket.readUInt8() !== 1) return 'ticket_version'
    const sid = hkdf(token.reveal(), Buffer.alloc(0), 'symbolon/1 session id', 16)
    if (!timingSafeEqual(ticket.subarray(1, 17), sid)) return 'ticket_not_for_us'
    const key = hkdf(token.reveal(), ticket.subarray(17, 49), 'symbolon/1 ticket', 32)
    const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
    decipher.setAuthTag(ticket.subarray(-16))
    const sealed = ticket.subarray(49, -16)
    decipher.setAAD(ticket.subarray(0, 49), { plaintextLength: sealed.length })
    let fields: Map<string, unknown>
    try {
      const text = Buffer.concat([decipher.update(sealed), decipher.final()])
      const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
      if (Array.isArray(json) || typeof json !== 'object') return 'ticket_damaged'
      fields = new Map(Object.entries(json))
    } catch {
      return 'ticket_damaged'
    }
    const address = fields.get('ip_addr')
    const secret = `${fields.get('secret')}`
    const bytes = Buffer.from(secret, 'base64url')
    const [from = -1, to = -1] = ['issued_at', 'expires_at'].map((name) => fields.get(name)) as number[]
    if (!hasName(fields, 'username') || !hasName(fields, 'receiver')) return 'ticket_damaged'
    if (typeof address !== 'string' || !(isIPv4(address) || isIPv6(address))) return 'ticket_damaged'
    if (typeof fields.get('secret') !== 'string') return 'ticket_damaged'
    if (bytes.length !== 32 || bytes.toString('base64url') !== secret) return 'ticket_damaged'
    if (![from, to].every((time) => Number.isSafeInteger(time) && time >= 0)) return 'ticket_damaged'
    if (fields.get('receiver') !== username) return 'ticket_not_for_us'
    if (from - now > 60) return 'ticket_not_yet_valid'
    if (to + 60 <= now) return 'ticket_expired'
    const hash = createHash('sha256').update(ticket).digest('hex')
    if (this.#used.some((other) => other.hash === hash)) return 'ticket_replayed'
    this.#used = this.#used.filter(({ end }) => end > now)
    if (this.#used.length >= memory) return 'request_refused'
    this.#used.push({ hash, end: to + 60 })
    return {
      secret: new Secret('channel secret', Uint8Array.from(bytes)),
      ip_addr: address,
      username: `${fields.get('username')}`,
    }
  }
}

export function makeReceiver(login: Login): OneLogin {
  return new OneLogin(login)
}
