/**
 * The grader of exercise 07: which tickets open a channel, and which must not, looked at from outside.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  equal,
  fromBase64url,
  hkdf,
  Secret,
  secureRandomBytes,
  toBase64url,
  utf8,
} from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import { NOW_SEC } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import {
  Bob,
  type BobsLogin,
  fields,
  freshToken,
  HEADER_BYTES,
  headerOf,
  type Judged,
  shown,
  ticket,
} from './people.ts'

const NOW = NOW_SEC
const bytes = (length: number) => Uint8Array.from(secureRandomBytes(length))
const opens = ({ username, ip_addr }: Judged) =>
  `bob opens a channel, as he believes to ${shown(username)} at ${shown(ip_addr)}.`

/** A ticket that must be refused. */
async function mustRefuse(
  bob: BobsLogin,
  sent: Uint8Array,
  what: string,
  now = NOW,
  loot = opens,
): Promise<void> {
  const outcome = await bob.refused(sent, now)
  must(!outcome, `${what} was accepted.`, () => outcome && loot(outcome.gave))
}

const BAD_CONTENT: [string, unknown][] = [
  ...['username', 'ip_addr', 'secret', 'receiver', 'issued_at', 'expires_at'].flatMap(
    (name): [string, unknown][] => [
      [`a ticket without ${name}`, fields({ [name]: undefined })],
      [`a ticket in which ${name} is null`, fields({ [name]: null })],
      [`a ticket in which ${name} is a list`, fields({ [name]: [fields()[name]] })],
    ],
  ),
  ...['', 'Alice', 'a lice', '-alice', '.alice', 'älice', 'alice\n', 'a'.repeat(65)].map(
    (username): [string, unknown] => [
      `a ticket of the sender ${shown(username)}, which is no username,`,
      fields({ username }),
    ],
  ),
  ...['', 'example.org', '192.0.2', '192.0.2.256', '192.0.2.10:80', ' 192.0.2.10', '3221225994'].map(
    (ip_addr): [string, unknown] => [`a ticket with the address ${shown(ip_addr)}`, fields({ ip_addr })],
  ),
  ['a ticket with a secret of 31 bytes', fields({ secret: toBase64url(bytes(31)) })],
  ['a ticket with a secret of 33 bytes', fields({ secret: toBase64url(bytes(33)) })],
  ['a ticket with an empty secret', fields({ secret: '' })],
  ['a ticket with a secret with padding', fields({ secret: `${toBase64url(bytes(32))}=` })],
  [
    'a ticket with a secret in base64, not base64url,',
    fields({ secret: Buffer.alloc(32, 0xff).toString('base64').replace('=', '') }),
  ],
  ['a ticket with a secret in hexadecimal', fields({ secret: Buffer.from(bytes(32)).toString('hex') })],
  ...['issued_at', 'expires_at'].flatMap((name): [string, unknown][] => [
    [`a ticket in which ${name} is text`, fields({ [name]: String(NOW) })],
    [`a ticket in which ${name} is no whole number`, fields({ [name]: NOW + 0.5 })],
  ]),
  ['a ticket in which issued_at is negative', fields({ issued_at: -1 })],
  ['a ticket in which expires_at is 2^53', fields({ expires_at: 2 ** 53 })],
  ['a ticket that holds a list', [fields()]],
  ['a ticket that holds null', null],
  ['a ticket that holds text', 'alice'],
]

/** Which of these tickets opens a second channel. */
async function firstReopened(bob: BobsLogin, used: readonly Uint8Array[]): Promise<string | undefined> {
  for (const [i, one] of used.entries()) {
    const outcome = await bob.refused(one)
    if (outcome)
      return `ticket ${i + 1} had been used, and was forgotten for it. It was sent again: ${opens(outcome.gave)}`
  }
  return undefined
}

export const grader: Grader<Bob> = {
  file: 'receiver.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Bob(program),
  properties: [
    {
      name: 'a good ticket is accepted: who it is from, where they are, and the secret',
      why: 'bob has nothing but this ticket. What is in it is all that he knows of the one who has called.',
      async check(bob) {
        const login = await bob.login()
        const content = fields()
        const gave = await login.accepts(ticket(login.token, content), 'a good ticket')
        for (const name of ['username', 'ip_addr'] as const) {
          must(
            gave[name] === content[name],
            `${name} in the ticket is ${shown(content[name])}, and judge returned ${shown(gave[name])}.`,
          )
        }
        must(
          gave.secret instanceof Secret,
          "the secret that judge returned is no Secret: new Secret('channel secret', bytes). A Secret shows nothing of itself when it is printed.",
        )
        must(
          equal(gave.secret.reveal(), fromBase64url(String(content.secret))),
          'the secret that judge returned is another than the one in the ticket.',
        )
        const { username, ...rest } = fields({
          username: '__proto__',
          ip_addr: '2001:db8::1',
          more: { of: 'it' },
        })
        const other = await login.accepts(
          ticket(login.token, { ...rest, username }),
          'a good ticket with its fields in another order, and one more',
        )
        must(
          other.username === '__proto__' && other.ip_addr === '2001:db8::1',
          `the ticket is from "__proto__" at 2001:db8::1, and judge returned ${shown(other)}.`,
        )
        await login.accepts(
          ticket(login.token, fields({ username: 'a'.repeat(64) })),
          'a ticket from a sender whose name has 64 letters',
        )
      },
    },
    {
      name: 'a ticket of another length, version or session is refused',
      why:
        "what a stranger sends may be anything. Length and version are looked at before anything is computed; a ticket of yesterday's " +
        'login belongs to a session that is over.',
      async check(bob) {
        const login = await bob.login()
        const { token } = login
        for (const length of [0, 1, 48, 49, 64])
          await mustRefuse(login, ticket(token).subarray(0, length), `a ticket of ${length} bytes`)
        const sized = (length: number) => {
          const spare = length - ticket(token, fields({ more: '' })).length
          return ticket(token, fields({ more: 'x'.repeat(spare) }))
        }
        await login.accepts(sized(4096), 'a ticket of 4096 bytes')
        await mustRefuse(login, sized(4097), 'a ticket of 4097 bytes')
        await mustRefuse(login, sized(60_000), 'a ticket of 60000 bytes')
        for (const version of [0, 2, 255])
          await mustRefuse(
            login,
            ticket(token, fields(), { version }),
            `a ticket of version ${version}, sealed as such,`,
          )
        const asOne = { salt: bytes(32) }
        const aad = headerOf(token, asOne)
        await mustRefuse(
          login,
          ticket(token, fields(), { ...asOne, version: 2, aad }),
          'a ticket of version 2, sealed as one of version 1,',
        )
        await mustRefuse(login, ticket(freshToken()), 'a ticket under another token')
        const sid = headerOf(token, {}).subarray(1, 17)
        for (const at of sid.keys()) {
          const other = sid.map((byte, i) => (i === at ? byte ^ 1 : byte))
          await mustRefuse(
            login,
            ticket(token, fields(), { sid: other }),
            `a ticket in whose header byte ${at} of the session's id is another`,
          )
        }
        await mustRefuse(
          login,
          ticket(token, fields(), { sid: bytes(16) }),
          "a ticket with another session's id in its header",
        )
        await mustRefuse(login, bytes(300), '300 random bytes')
      },
    },
    {
      name: 'a ticket in which one bit was changed is refused',
      why: 'without the tag the ticket is a text that everybody on the way may change: the same bit changes in the JSON.',
      async check(bob) {
        const login = await bob.login()
        const good = ticket(login.token)
        const at = HEADER_BYTES + '{"username":"'.length
        const [from, to] = [utf8('alice'), utf8('carol')]
        const other = good.map((byte, i) => byte ^ (from[i - at] ?? 0) ^ (to[i - at] ?? 0))
        await mustRefuse(
          login,
          other,
          'a ticket that was changed on the way',
          NOW,
          (gave) => `an attacker without a key made alice's ticket one of carol's: ${opens(gave)}`,
        )
        for (const i of good.keys()) {
          await mustRefuse(
            login,
            good.map((byte, j) => (i === j ? byte ^ 0x80 : byte)),
            `a ticket in which a bit of byte ${i} of ${good.length} was changed`,
          )
        }
        await mustRefuse(login, good.subarray(0, -1), 'a ticket without its last byte')
        await mustRefuse(login, concat(good, Uint8Array.of(0)), 'a ticket with a byte more')
      },
    },
    {
      name: 'what is sealed is as the protocol has it, or it is refused',
      why:
        'the KDC can be wrong as well, or be replaced by a newer one. A field that is looked at for the first time when it is used ' +
        'fails there, in the middle of something else.',
      async check(bob) {
        const login = await bob.login()
        for (const [what, content] of BAD_CONTENT) await mustRefuse(login, ticket(login.token, content), what)
        const json = JSON.stringify(fields())
        const texts: [string, Uint8Array][] = [
          ['an empty ticket', EMPTY],
          ['a ticket that is no JSON', utf8('username=alice')],
          ['a ticket with something behind the JSON', utf8(`${json} x`)],
          [
            'a ticket that is no UTF-8',
            Uint8Array.from(Buffer.from(json.replace('{', '{"more":"\xff",'), 'latin1')),
          ],
          [
            'a ticket whose secret has stray bits at its end',
            utf8(JSON.stringify(fields({ secret: `${'A'.repeat(42)}B` }))),
          ],
        ]
        for (const [what, plaintext] of texts)
          await mustRefuse(login, ticket(login.token, null, { plaintext }), what)
      },
    },
    {
      name: 'a ticket for carol is refused, though it opens',
      why: 'a token has no name on it. Only the ticket says whom alice wanted to talk to.',
      async check(bob) {
        const login = await bob.login()
        for (const receiver of ['carol', 'bobby', 'bo', 'alice']) {
          await mustRefuse(
            login,
            ticket(login.token, fields({ receiver })),
            `a ticket for ${receiver}`,
            NOW,
            (gave) =>
              `${opens(gave)} But alice asked for ${receiver}, and tells bob what is meant for ${receiver}.`,
          )
        }
      },
    },
    {
      name: 'a ticket is good from its first second to its last, with 60 seconds to spare on both sides',
      why: 'a ticket that never ends is as good for the thief who finds it in a year. Clocks are never quite the same: 60 seconds are forgiven.',
      async check(bob) {
        const login = await bob.login()
        // Not the program's own clock.
        const now = NOW + 3 * 86_400
        let callers = 0
        const times = (issued: number, expires: number) =>
          ticket(
            login.token,
            fields({ username: `user-${++callers}`, issued_at: now + issued, expires_at: now + expires }),
          )
        await login.accepts(
          times(0, 300),
          'a ticket that was made in this second (by the clock that judge is given)',
          now,
        )
        const old = (gave: Judged) => `a ticket that lay around since it ended: ${opens(gave)}`
        await mustRefuse(login, times(-31_536_300, -31_536_000), 'a ticket that expired a year ago', now, old)
        await mustRefuse(login, times(-400, -61), 'a ticket that expired 61 seconds ago', now, old)
        await mustRefuse(login, times(-400, -60), 'a ticket that expired 60 seconds ago', now, old)
        await login.accepts(times(-400, -59), 'a ticket that expired 59 seconds ago', now)
        await login.accepts(times(60, 360), 'a ticket that was made 60 seconds from now', now)
        await mustRefuse(login, times(61, 361), 'a ticket that was made 61 seconds from now', now)
        await mustRefuse(login, times(86_400, 86_700), 'a ticket that was made tomorrow', now)
      },
    },
    {
      name: 'a ticket opens one channel, and no second one',
      why: 'everybody on the way has seen the ticket, and can send it again. Then bob believes that alice has called twice.',
      async check(bob) {
        const login = await bob.login()
        const sent = ticket(login.token)
        await login.accepts(sent, 'a good ticket')
        const twice = (gave: Judged) =>
          `alice has called once. The recorded ticket was sent again: ${opens(gave)} It is the second one.`
        await mustRefuse(login, sent, 'the same ticket again', NOW, twice)
        await mustRefuse(login, sent, 'the same ticket a third time', NOW, twice)
        await login.accepts(ticket(login.token), 'another ticket of the same sender, in the same second,')
        await login.accepts(ticket(login.token, fields({ username: 'carol' })), "carol's ticket")
        await mustRefuse(login, sent, 'the same ticket after others had come', NOW + 5, twice)
        const salt = bytes(32).fill(0xfe)
        await login.accepts(
          ticket(login.token, fields(), { salt }),
          'a good ticket with fe in each byte of its salt',
        )
        for (const at of salt.keys()) {
          const other = salt.map((byte, i) => (i === at ? 0xff : byte))
          const near = ticket(login.token, fields({ username: 'carol' }), { salt: other })
          await login.accepts(near, `a ticket whose salt differs from that of a used one in byte ${at} alone`)
        }
        for (let i = 0; i < 20; i++) await login.accepts(ticket(login.token), 'a good ticket', NOW + 10)
        await mustRefuse(login, sent, 'the same ticket after twenty others had come', NOW + 200, twice)
        await mustRefuse(
          login,
          sent,
          'the same ticket 59 seconds after it expired, when it would still be good,',
          NOW + 290 + 59,
          twice,
        )
      },
    },
    {
      name: 'every login has a memory of its own',
      why: 'a new login has a new token, under which no older ticket opens: what was remembered before can only be in the way.',
      async check(bob) {
        const [one, two] = [await bob.login(), await bob.login()]
        const salt = bytes(32)
        await one.accepts(ticket(one.token, fields(), { salt }), 'a ticket at the first of two logins')
        await two.accepts(
          ticket(two.token, fields(), { salt }),
          'a good ticket at the second of two logins, with a salt that the first login had seen,',
        )
        await mustRefuse(one, ticket(two.token), 'a ticket of the second of two logins, at the first,')
        const [first, second] = [await bob.login(2), await bob.login(2)]
        for (const login of [first, first, second, second])
          await login.accepts(ticket(login.token), 'a good ticket, when each of two logins has room for two,')
        must(
          (await second.log()).length === 0,
          'nothing was refused at this login, and its log says something.',
        )
      },
    },
    {
      name: 'what is refused has used up nothing',
      why:
        'the salt stands in the ticket for all to see. Who remembers it before the ticket has passed everything lets a stranger use ' +
        'up tickets, and fill the memory.',
      async check(bob) {
        const login = await bob.login(2)
        const { token } = login
        const alices = ticket(token)
        const forged = concat(alices.subarray(0, HEADER_BYTES), bytes(alices.length - HEADER_BYTES))
        const robbed = async (what: string) => {
          const outcome = await login.refused(alices)
          must(
            outcome,
            `${what}; then alice's own ticket came, and was refused: ${bob.errors.at(-1)?.message}`,
            () =>
              'an attacker without a key has seen the salt go by, and has kept alice from bob. It works for every ticket, and for everybody.',
          )
        }
        await login.refused(forged)
        for (const content of [
          fields({ receiver: 'carol' }),
          fields({ expires_at: NOW - 100 }),
          fields({ issued_at: NOW + 100 }),
          'alice',
        ]) {
          await login.refused(ticket(token, content))
        }
        await robbed("a forged ticket came with the salt of alice's, and some for others and for other times")
        await login.refused(alices)
        await login.accepts(
          ticket(token),
          'a second ticket, with room for two and nothing but refused tickets in between,',
        )
        const early = await bob.login()
        const soon = ticket(early.token, fields({ issued_at: NOW + 70 }))
        await mustRefuse(early, soon, 'a ticket that was made 70 seconds from now')
        await early.accepts(
          soon,
          'a ticket that was refused because it was too early, and came again when it was not,',
          NOW + 20,
        )
      },
    },
    {
      name: 'the memory is bounded, and forgets only what has expired',
      why: 'a memory that grows with every ticket ends the program one day. And one that forgets a ticket that is still good makes it good for a second channel.',
      async check(bob) {
        const login = await bob.login(3)
        const { token } = login
        const long = ticket(token, fields({ expires_at: NOW + 1000 }))
        const sent = [long, ticket(token), ticket(token)]
        for (const [i, one] of sent.entries())
          await login.accepts(one, `ticket ${i + 1}, with room for three,`)
        const late = ticket(token, fields({ expires_at: NOW + 2000 }))
        const fourth = await login.refused(late)
        const reopened = fourth && (await firstReopened(login, sent))
        must(
          !fourth,
          'a fourth ticket, with room for three, was accepted.',
          () => reopened ?? 'with tickets enough, any sender fills the memory of this machine.',
        )
        const again = (gave: Judged) =>
          `the ticket had been used, and was forgotten too early. It was sent again: ${opens(gave)}`
        for (const [i, one] of sent.entries())
          await mustRefuse(
            login,
            one,
            `ticket ${i + 1} again, when a fourth had come and there was room for three,`,
            NOW + 1,
            again,
          )
        const roomy = await bob.login(50)
        const short = [ticket(roomy.token), ticket(roomy.token, fields({ expires_at: NOW + 20 }))]
        const longer = ticket(roomy.token, fields({ expires_at: NOW + 5000 }))
        for (const one of [longer, ...short]) await roomy.accepts(one, 'a good ticket')
        for (const [later, one, what] of [
          [25, short[1], '5 seconds'],
          [79, short[1], '59 seconds'],
          [300, short[0], '10 seconds'],
          [349, short[0], '59 seconds'],
        ] as const) {
          await roomy.accepts(
            ticket(roomy.token, fields({ expires_at: NOW + 4000 })),
            'a good ticket',
            NOW + later,
          )
          await mustRefuse(
            roomy,
            one ?? EMPTY,
            `a used ticket, ${what} after it expired, when it would still be good,`,
            NOW + later,
            again,
          )
        }
        for (const later of [400, 1000, 4900, 5059]) {
          await roomy.refused(ticket(roomy.token), NOW + later)
          const fresh = fields({ issued_at: NOW + later, expires_at: NOW + later + 300 })
          await roomy.accepts(ticket(roomy.token, fresh), 'a good ticket', NOW + later)
          await mustRefuse(
            roomy,
            longer,
            `a used ticket that is good for long, ${later} seconds later,`,
            NOW + later,
            again,
          )
        }
        // When the three have expired, there is room again: for the one that was refused too, since it was not used.
        const now = NOW + 1060
        await login.accepts(
          late,
          'when all three had expired, the ticket for which there had been no room',
          now,
        )
        for (const i of [2, 3])
          await login.accepts(
            ticket(token, fields({ expires_at: now + 100 })),
            `when all three had expired, new ticket ${i} of 3`,
            now,
          )
        await mustRefuse(login, ticket(token, fields({ expires_at: now + 100 })), 'new ticket 4 of 3', now)
      },
    },
    {
      name: 'everything is refused in one way, and only the own log says why, by the first check that failed',
      why:
        'a stranger who hears why tries again, better informed: whether bob is logged in, whether the ticket was used, how far his clock is. ' +
        'Bob himself wants to know: in his own log.',
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
      name: 'nothing is given away beside: no error, log or printed line has the token, the key or the secret',
      why: 'who reads the secret in a log reads the channel; who reads the token opens every ticket of this login.',
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
        for (const [where, text] of places) {
          for (const [name, hidden] of Object.entries({
            token: token.reveal(),
            "ticket's key": key,
            secret,
          })) {
            const how = standsIn(text, hidden)
            must(!how, `${where} the ${name}, ${how}.`, () =>
              name === 'secret'
                ? 'who reads it reads and forges what alice and bob say.'
                : 'who reads it opens the ticket, and has the secret of the channel.',
            )
          }
        }
      },
    },
  ],
}
