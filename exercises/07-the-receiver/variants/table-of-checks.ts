/** The checks are a table; what is remembered stays, and is looked through only when there is no room. */
import { isIP } from 'node:net'
import { EMPTY, equal, fromBase64url, fromUtf8, hkdf, open, Secret, ZERO_NONCE } from 'symbolon/protocol'
import type { Accepted, MakeReceiver, Refusal } from '../given.ts'

type Fields = Readonly<Record<string, unknown>>

const isName = (value: unknown) => typeof value === 'string' && /^(?![.-])[a-z0-9_.-]{1,64}$/.test(value)
const isTime = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 53

const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  username: isName,
  receiver: isName,
  ip_addr: (value) => typeof value === 'string' && isIP(value) > 0,
  secret: (value) => typeof value === 'string' && fromBase64url(value).length === 32,
  issued_at: isTime,
  expires_at: isTime,
}

const readable = (make: () => Fields): Fields | undefined => {
  try {
    const fields = make()
    return Object.entries(shapes).every(([name, fits]) => fits(fields[name])) ? fields : undefined
  } catch {
    return undefined
  }
}

export const makeReceiver: MakeReceiver = ({ username, token, memory }) => {
  const refused: Refusal[] = []
  const ends = new Map<string, number>()
  const makeRoom = (now: number) => {
    for (const [salt, end] of [...ends]) if (end + 60 <= now) ends.delete(salt)
    return ends.size < memory
  }
  return {
    log: () => refused.slice(),
    judge(ticket: Uint8Array, now: number): Accepted {
      const [header, salt] = [ticket.subarray(0, 49), ticket.subarray(17, 49)]
      const name = String(salt)
      let fields: Fields | undefined
      const checks: [Refusal, () => boolean | undefined][] = [
        ['ticket_damaged', () => ticket.length > 64 && ticket.length <= 4096],
        ['ticket_version', () => ticket[0] === 1],
        [
          'ticket_not_for_us',
          () => equal(header.subarray(1, 17), hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16)),
        ],
        [
          'ticket_damaged',
          () => {
            const key = hkdf(token.reveal(), salt, 'symbolon/1 ticket', 32)
            fields = readable(() => JSON.parse(fromUtf8(open(key, ZERO_NONCE, header, ticket.subarray(49)))))
            return fields !== undefined
          },
        ],
        ['ticket_not_for_us', () => fields?.receiver === username],
        ['ticket_not_yet_valid', () => Number(fields?.issued_at) <= now + 60],
        ['ticket_expired', () => Number(fields?.expires_at) > now - 60],
        ['ticket_replayed', () => !ends.has(name)],
        ['request_refused', () => ends.size < memory || makeRoom(now)],
      ]
      const failed = checks.find(([, holds]) => !holds())
      if (failed || !fields) {
        refused.push(failed?.[0] ?? 'ticket_damaged')
        throw new Error('refused')
      }
      ends.set(name, Number(fields.expires_at))
      const secret = new Secret('channel secret', fromBase64url(String(fields.secret)))
      return { username: String(fields.username), ip_addr: String(fields.ip_addr), secret }
    },
  }
}
