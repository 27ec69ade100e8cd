/**
 * What a stranger, or one who reads a log, learns from bob: nothing.
 *
 * @module
 */
import { EMPTY, hkdf, toBase64url, utf8 } from 'symbolon/protocol'
import { different, searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { type Bob, fields, freshToken, shown, ticket } from './people.ts'
import { WORDS } from './properties.ts'
import { bytes, mustRefuse, NOW } from './refused.ts'

export const ofSilence: readonly Property<Bob>[] = [
  {
    ...WORDS.oneWay,
    async check(bob) {
      const login = await bob.login(1)
      const { token } = login
      const used = ticket(token)
      await login.accepts(used, 'a good ticket')
      const damaged = (content: Uint8Array) =>
        content.map((byte, i) => (i === content.length - 1 ? byte ^ 1 : byte))
      const stranger = freshToken()
      const expired = { issued_at: NOW - 1000, expires_at: NOW - 700 }
      const cases: [string, string, Uint8Array, number?][] = [
        ['ticket_damaged', 'no bytes', EMPTY],
        ['ticket_damaged', '64 bytes that begin with 2', new Uint8Array(64).fill(2)],
        ['ticket_damaged', '4097 bytes that begin with 2', new Uint8Array(4097).fill(2)],
        ['ticket_version', 'a ticket of version 2', ticket(token, fields(), { version: 2 })],
        [
          'ticket_version',
          'a ticket of version 2 and of another session',
          ticket(stranger, fields(), { version: 2 }),
        ],
        ['ticket_not_for_us', 'a ticket of another session', ticket(stranger)],
        ['ticket_not_for_us', 'a damaged ticket of another session', damaged(ticket(stranger))],
        ['ticket_damaged', 'a damaged ticket', damaged(ticket(token))],
        [
          'ticket_damaged',
          'a damaged ticket for carol',
          damaged(ticket(token, fields({ receiver: 'carol' }))),
        ],
        ['ticket_damaged', 'a ticket that holds text', ticket(token, 'alice')],
        [
          'ticket_damaged',
          'a ticket for carol with an address that is none',
          ticket(token, fields({ receiver: 'carol', ip_addr: 'x' })),
        ],
        ['ticket_not_for_us', 'a ticket for carol', ticket(token, fields({ receiver: 'carol' }))],
        [
          'ticket_not_for_us',
          'an expired ticket for carol',
          ticket(token, fields({ receiver: 'carol', ...expired })),
        ],
        [
          'ticket_not_yet_valid',
          'a ticket that is too early',
          ticket(token, fields({ issued_at: NOW + 100, expires_at: NOW + 400 })),
        ],
        [
          'ticket_not_yet_valid',
          'a ticket that is too early and expired',
          ticket(token, fields({ issued_at: NOW + 100, expires_at: NOW - 100 })),
        ],
        ['ticket_expired', 'an expired ticket', ticket(token, fields(expired))],
        ['ticket_replayed', 'a ticket that was used, with no room for another,', used],
        ['request_refused', 'a ticket for which there is no room', ticket(token)],
        ['ticket_expired', 'a ticket that was used, and has expired,', used, NOW + 5000],
      ]
      let first: string | undefined
      const words: string[] = []
      for (const [code, what, sent, now] of cases) {
        await mustRefuse(login, sent, what, now)
        const { thrown } = bob.errors.at(-1) ?? {}
        must(thrown?.isError, `${what}: what was thrown is no Error but ${thrown?.name}.`)
        const error = `${thrown.name}${thrown.code === undefined ? '' : ` (${thrown.code})`}: ${thrown.message}`
        first ??= error
        must(
          error === first,
          `${cases[0]?.[1]}: "${first}". But ${what}: "${error}".`,
          () => `a stranger without any key has learned of this ticket: ${code}.`,
        )
        words.push(code)
        const log = await login.log()
        must(
          log.length === words.length,
          `${words.length} tickets were refused, and the log has ${log.length} words.`,
        )
        must(
          log.at(-1) === code,
          `${what}: the log says ${shown(log.at(-1))}, and the first check that fails is ${code}.`,
        )
      }
    },
  },
  {
    ...WORDS.nothingGivenAway,
    async check(bob) {
      const login = await bob.login()
      const { token } = login
      const salt = bytes(32)
      const key = hkdf(token.reveal(), salt, 'symbolon/1 ticket', 32)
      const secret = bytes(32)
      const content = (more: object = {}) => fields({ secret: toBase64url(secret), ...more })
      const good = ticket(token, content(), { salt })
      await login.accepts(good, 'a good ticket')
      const bad = [
        good,
        good.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
        ticket(token, content({ receiver: 'carol' }), { salt }),
        ticket(token, content({ expires_at: NOW - 100 }), { salt }),
        ticket(token, content({ ip_addr: 'x' }), { salt }),
        ticket(token, null, { salt, plaintext: utf8(`${JSON.stringify(content())}}`) }),
        ticket(token, null, { salt, plaintext: utf8(`${toBase64url(secret)} is the secret`) }),
        ticket(freshToken(), content()),
        EMPTY,
      ]
      for (const sent of bad) await login.refused(sent)
      const places: [string, string][] = [
        ['your program printed', bob.printed],
        ['the log has', JSON.stringify(await login.log())],
        ...bob.errors.map(({ thrown }): [string, string] => [
          'an error says',
          `${thrown.name} ${thrown.code ?? ''} ${thrown.message}`,
        ]),
      ]
      for (const [where, text] of different(places, ([, said]) => said)) {
        const search = searchOf(text)
        for (const [name, hidden] of Object.entries({
          token: token.reveal(),
          "ticket's key": key,
          secret,
        })) {
          const how = search(hidden)
          must(!how, `${where} the ${name}, ${how}.`, () =>
            name === 'secret'
              ? 'with it anybody reads and forges what alice and bob say.'
              : 'with it anybody opens the ticket, and has the secret of the channel.',
          )
        }
      }
    },
  },
]
