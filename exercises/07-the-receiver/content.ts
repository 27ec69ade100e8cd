/**
 * What a ticket is: how long, for which session, sealed, with which fields, and for whom.
 *
 * @module
 */
import { concat, EMPTY, equal, fromBase64url, Secret, toBase64url, utf8 } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { type Bob, fields, freshToken, HEADER_BYTES, headerOf, shown, ticket } from './people.ts'
import { WORDS } from './properties.ts'
import { bytes, mustRefuse, NOW, opens } from './refused.ts'

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

export const ofContent: readonly Property<Bob>[] = [
  {
    ...WORDS.accepts,
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
    ...WORDS.header,
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
    ...WORDS.bits,
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
      const changed = Array.from(good, (_, i) => good.map((byte, j) => (i === j ? byte ^ 0x80 : byte)))
      for (const [i, outcome] of (await login.allRefused(changed)).entries()) {
        const what = `a ticket in which a bit of byte ${i} of ${good.length} was changed`
        must(!outcome, `${what} was accepted.`, () => outcome && opens(outcome.gave))
      }
      await mustRefuse(login, good.subarray(0, -1), 'a ticket without its last byte')
      await mustRefuse(login, concat(good, Uint8Array.of(0)), 'a ticket with a byte more')
    },
  },
  {
    ...WORDS.content,
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
    ...WORDS.carol,
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
]
