/** How often a password may be tried. docs/protocol.md §3.11. */
import * as opaque from '@serenity-kit/opaque'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Database, sql } from '../../../src/database/database.ts'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { assembleKdc, createApp, type KdcOptions } from '../../../src/kdc/app.ts'
import { purge } from '../../../src/kdc/create-kdc.ts'
import { ProxyList } from '../../../src/kdc/network/ip.ts'
import { Problem } from '../../../src/kdc/problems.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { LOGIN_LIMITS, loginLimits } from '../../../src/kdc/traffic/login-limits.ts'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import type { Secret } from '../../../src/lib/crypto/secret.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { invitationToken } from '../../../src/lib/invitation.ts'
import { register as registerAt } from '../../../src/lib/register.ts'
import { openReply, SEALED_TYPE, type SealedRoute, sealRequest } from '../../../src/lib/sealed.ts'
import { login as logInAt } from '../../../src/lib/session.ts'
import {
  type Answer,
  connectionFrom,
  PASSWORD,
  START,
  secretOf,
  temporaryDirectory,
  testKdc,
} from '../../helpers/kdc.ts'
import { FAR_AWAY, invite, linkTo, makeRecord, startLogin } from '../../helpers/kdc-opaque.ts'
import { rejects } from '../../helpers/throws.ts'

await opaque.ready

const THERE = '127.0.0.2'

/** A KDC over plain JSON from anywhere, with an OPAQUE account dora beside the others, and a look into its database. */
async function limitedKdc(options: Partial<KdcOptions> = {}) {
  const database: Database = openSqlite(':memory:')
  const store = await Store.open(database)
  const kdc = await testKdc({ store, allowPlaintext: true, ...options })
  for (const username of ['alice', 'bob', 'carol']) {
    await store.accounts.create({ username, record: PASSWORD, createdAt: START })
  }
  const record = makeRecord(kdc, 'dora')
  await store.accounts.create({ username: 'dora', record, createdAt: START })
  const guess = (username = 'alice', from = FAR_AWAY, password = 'wrong') =>
    kdc.post('/login', { username, password }, from)
  const enter = (username = 'alice', from = FAR_AWAY) => guess(username, from, PASSWORD)
  /** So many wrong guesses, one after another. @returns their statuses. */
  const guesses = async (count: number, username?: string, from?: string) => {
    const statuses: number[] = []
    for (let n = 0; n < count; n++) statuses.push((await guess(username, from)).status)
    return statuses
  }
  const buckets = async () => (await database.read(sql`select name from attempts order by name`)).length
  return { ...kdc, store, database, guess, enter, guesses, buckets }
}

type Kdc = Awaited<ReturnType<typeof limitedKdc>>

/** The message that finishes a login of dora's by OPAQUE. */
const finishOf = async (kdc: Kdc) => (await startLogin(kdc, 'dora'))?.finish

const LONG = { expiresAt: START + 100_000 }

const statuses = (granted: number, refused: number, status = 401) => [
  ...Array.from({ length: granted }, () => status),
  ...Array.from({ length: refused }, () => 429),
]

function assertRefused({ status, headers, json, text }: Answer, waitSec: number): void {
  assert.is(status, 429)
  assert.is(headers.get('Content-Type'), 'application/problem+json')
  assert.is(headers.get('Retry-After'), String(waitSec))
  assert.is(headers.get('Cache-Control'), 'no-store')
  assert.equal(json, {
    type: 'urn:symbolon:error:too_many_attempts',
    title: 'Too many attempts',
    status: 429,
    detail: `too many tries: try again in ${waitSec} s`,
    code: 'too_many_attempts',
  })
  assert.is(text, JSON.stringify(json))
}

/** Posts a sealed request. */
async function postSealed(kdc: Kdc, path: string, token: Secret, body: object): Promise<Answer> {
  const route: SealedRoute = `POST ${path}`
  const fields = { ...body, time: kdc.time.now, id: toBase64url(secureRandomBytes(16)) }
  const { bytes, salt } = sealRequest(token, route, fields)
  const init = { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: bytes }
  const response = await kdc.app.request(path, init, connectionFrom(FAR_AWAY))
  const reply = openReply(token, route, salt, new Uint8Array(await response.arrayBuffer()))
  const plain = new Headers(response.headers)
  plain.set('Content-Type', 'application/problem+json')
  return { status: reply.status, headers: plain, json: reply.body, text: JSON.stringify(reply.body) }
}

/** What counts as a try: each sends one, for one name from `FAR_AWAY`. */
const TRIES: Record<string, (kdc: Kdc) => Promise<() => Promise<Answer>>> = {
  '/login': async (kdc) => () => kdc.guess('dora'),
  '/login of a name without an account': async (kdc) => () => kdc.guess('ghost'),
  '/login/start': async (kdc) => () => {
    const { startLoginRequest: request } = opaque.client.startLogin({ password: 'a guess' })
    return kdc.post('/login/start', { username: 'dora', request }, FAR_AWAY)
  },
  '/login/start of a name without an account': async (kdc) => () => {
    const { startLoginRequest: request } = opaque.client.startLogin({ password: 'a guess' })
    return kdc.post('/login/start', { username: 'ghost', request }, FAR_AWAY)
  },
  '/register/start': async (kdc) => () => {
    const { registrationRequest: request } = opaque.client.startRegistration({ password: 'a guess' })
    return kdc.post('/register/start', { username: 'emil', request }, FAR_AWAY)
  },
  '/register/start of a name with an account': async (kdc) => () => {
    const { registrationRequest: request } = opaque.client.startRegistration({ password: 'a guess' })
    return kdc.post('/register/start', { username: 'dora', request }, FAR_AWAY)
  },
  '/register/start with an invitation': async (kdc) => {
    const token = invitationToken(await invite(kdc, LONG))
    return () => {
      const { registrationRequest: request } = opaque.client.startRegistration({ password: 'a guess' })
      return postSealed(kdc, '/register/start', token, { username: 'emil', request })
    }
  },
  // Whether there is such an account can be learned there.
  '/register/finish': async (kdc) => () =>
    kdc.post('/register/finish', { username: 'emil', record: 'AAAA' }, FAR_AWAY),
  '/register/finish of a name with an account': async (kdc) => () =>
    kdc.post('/register/finish', { username: 'dora', record: 'AAAA' }, FAR_AWAY),
  '/register/finish with an invitation': async (kdc) => {
    const token = invitationToken(await invite(kdc, LONG))
    return () => postSealed(kdc, '/register/finish', token, { username: 'emil', record: 'AAAA' })
  },
  '/password/start': async (kdc) => {
    const token = secretOf((await kdc.enter('alice', THERE)).json.token)
    return () => {
      const { registrationRequest: request } = opaque.client.startRegistration({ password: 'a guess' })
      const body = { username: 'alice', token: token.toText(), request }
      return kdc.post('/password/start', body, FAR_AWAY)
    }
  },
  '/password/start, sealed': async (kdc) => {
    const token = secretOf((await kdc.enter('alice', THERE)).json.token)
    return () => {
      const { registrationRequest: request } = opaque.client.startRegistration({ password: 'a guess' })
      return postSealed(kdc, '/password/start', token, { request })
    }
  },
}

const tries = suite('tries of one name from one address')

for (const [path, prepare] of Object.entries(TRIES)) {
  tries(`${path}: the eleventh is refused, and one comes back in a minute`, async () => {
    const kdc = await limitedKdc({ registration: 'open' })
    const attempt = await prepare(kdc)
    for (let n = 0; n < 10; n++) assert.is.not((await attempt()).status, 429, `try ${n}`)
    assertRefused(await attempt(), 60)
    kdc.time.now += 59
    assertRefused(await attempt(), 1)
    kdc.time.now += 1
    assert.is.not((await attempt()).status, 429)
    assertRefused(await attempt(), 60)
    const [first] = kdc.log.events.filter(({ event }) => event === 'too_many_attempts')
    assert.equal(first?.fields, { ip_addr: FAR_AWAY })
  })

  tries(`${path}: many at once get no further`, async () => {
    const kdc = await limitedKdc({ registration: 'open' })
    const attempt = await prepare(kdc)
    const answers = await Promise.all(Array.from({ length: 50 }, attempt))
    assert.is(answers.filter(({ status }) => status !== 429).length, 10)
    assertRefused(await attempt(), 60)
  })
}

tries('those who are refused in a crowd are told how long to wait, too', async () => {
  const kdc = await limitedKdc()
  const answers = await Promise.all(Array.from({ length: 50 }, () => kdc.guess()))
  const refused = answers.filter(({ status }) => status === 429)
  assert.is(refused.length, 40)
  for (const answer of refused) assertRefused(answer, 60)
})

tries('of the paths count together', async () => {
  const kdc = await limitedKdc()
  const { startLoginRequest: request } = opaque.client.startLogin({ password: 'a guess' })
  for (let n = 0; n < 5; n++) {
    await kdc.guess('dora')
    await kdc.post('/login/start', { username: 'dora', request }, FAR_AWAY)
  }
  assertRefused(await kdc.guess('dora'), 60)
  assertRefused(await kdc.post('/login/start', { username: 'DORA', request }, FAR_AWAY), 60)
})

tries('that are refused do not count: who waits as long as it was said gets in', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(10)
  assertRefused(await kdc.enter(), 60)
  for (let second = 0; second < 60; second++) {
    assert.equal(await kdc.guesses(3), statuses(0, 3))
    kdc.time.now += 1
  }
  assert.is((await kdc.enter()).status, 200)
})

tries('that are refused begin no session, and check no password', async () => {
  let checked = 0
  const kdc = await limitedKdc({
    passwords: {
      check: async (_username, password, record) => {
        checked++
        return password === record
      },
      register: async (_username, password) => password,
      close: async () => {},
    },
  })
  await kdc.guesses(10)
  await kdc.enter()
  assert.is(checked, 10)
  assert.is(await kdc.store.sessions.endAll(), 0)
})

tries('are used up for whoever guesses, not for the owner elsewhere, nor for other names', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(30)
  assert.is((await kdc.enter('alice', THERE)).status, 200)
  assert.is((await kdc.enter('bob', FAR_AWAY)).status, 200)
  assertRefused(await kdc.enter(), 60)
})

tries('come back one by one, and no more than ten', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(10)
  kdc.time.now += 180
  assert.equal(await kdc.guesses(5), statuses(3, 2))
  kdc.time.now += 90
  assert.equal(await kdc.guesses(2), statuses(1, 1))
  kdc.time.now += 30
  assert.equal(await kdc.guesses(2), statuses(1, 1))
  kdc.time.now += 1_000_000
  assert.equal(await kdc.guesses(12), statuses(10, 2))
})

tries('a name without an account is refused in the same bytes', async () => {
  const [kdc, other] = [await limitedKdc(), await limitedKdc()]
  const { startLoginRequest: request } = opaque.client.startLogin({ password: 'a guess' })
  for (let n = 0; n < 12; n++) {
    const [known, unknown] = [await kdc.guess('dora'), await kdc.guess('ghost')]
    assert.equal(
      [known.status, known.text, [...known.headers]],
      [unknown.status, unknown.text, [...unknown.headers]],
    )
    const [start, strange] = await Promise.all(
      ['dora', 'ghost'].map((username) => other.post('/login/start', { username, request }, FAR_AWAY)),
    )
    assert.is(start?.status, strange?.status)
    assert.is(start?.text.length, strange?.text.length)
    assert.equal([...(start?.headers ?? [])], [...(strange?.headers ?? [])])
    if (n >= 10) assert.is(start?.text, strange?.text)
  }
})

tries('a right password gives them back', async () => {
  const kdc = await limitedKdc()
  for (let n = 0; n < 3; n++) {
    assert.equal(await kdc.guesses(9), statuses(9, 0))
    assert.is((await kdc.enter()).status, 200)
  }
  assert.equal(await kdc.guesses(11), statuses(10, 1))
})

tries('so does a login by OPAQUE, once it is finished', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(9, 'dora')
  const finish = await finishOf(kdc)
  assertRefused(await kdc.guess('dora'), 60)
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 200)
  assert.equal(await kdc.guesses(11, 'dora'), statuses(10, 1))
})

tries('a finish that is sent again gives the same answer, and nothing back', async () => {
  const kdc = await limitedKdc({
    loginLimits: { ...LOGIN_LIMITS, address: { burst: 12, intervalSec: 1000 } },
  })
  const finish = await finishOf(kdc)
  for (let n = 0; n < 10; n++) {
    assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 200)
    assert.is((await kdc.guess('dora')).status, 401)
  }
  assertRefused(await kdc.guess('dora'), 60)
  // From where dora has logged in, her tries are none of the address's.
  assert.equal(await kdc.guesses(10, 'another'), statuses(10, 0))
  assert.equal(await kdc.guesses(3, 'ghost'), statuses(2, 1))
  // Nor when its session has ended.
  await kdc.store.sessions.endAll()
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 401)
  assertRefused(await kdc.guess('dora', FAR_AWAY), 60)
  assertRefused(await kdc.guess('ghost', FAR_AWAY), 1000)
})

tries('a right password that comes too late, when there is a new one, gives nothing back', async () => {
  const kdc = await limitedKdc()
  const finish = await finishOf(kdc)
  await kdc.guesses(9, 'dora')
  await kdc.store.accounts.replaceRecord('dora', makeRecord(kdc, 'dora', 'new'))
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 401)
  assertRefused(await kdc.guess('dora'), 60)
})

for (const [loginLimits, waitSec] of [
  [LOGIN_LIMITS, 60],
  [{ ...LOGIN_LIMITS, address: { burst: 10, intervalSec: 1000 } }, 1000],
] as const) {
  tries(`nor when it was replaced while it was checked: the wait is ${waitSec} s`, async () => {
    let replace = async () => {}
    const kdc = await limitedKdc({
      passwords: {
        check: async (_username, password, record) => {
          if (password === PASSWORD) await replace()
          return password === record
        },
        register: async (_username, password) => password,
        close: async () => {},
      },
      loginLimits,
    })
    replace = () => kdc.store.accounts.replaceRecord('alice', 'new')
    await kdc.guesses(9)
    assert.is((await kdc.enter()).status, 401)
    assertRefused(await kdc.guess(), waitSec)
  })
}

tries('so does a change of password', async () => {
  const kdc = await limitedKdc()
  const { token } = (await kdc.enter('alice')).json
  await kdc.guesses(10)
  const record = makeRecord(kdc, 'alice', 'new')
  const finish = { username: 'alice', token, record }
  assert.is((await kdc.post('/password/finish', finish, FAR_AWAY)).status, 200)
  assert.is((await kdc.guess()).status, 401)
})

tries('a right password does not give back those of guessers elsewhere', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(10)
  await kdc.enter('alice', THERE)
  assertRefused(await kdc.guess(), 60)
})

tries('a name is told apart from one that another begins with, and from an address in it', async () => {
  const kdc = await limitedKdc({ loginLimits: { ...LOGIN_LIMITS, name: { burst: 3, intervalSec: 10 } } })
  assert.equal(await kdc.guesses(4, 'from'), statuses(3, 1))
  assert.is((await kdc.guess('from2')).status, 401)
  assert.is((await kdc.guess('fro')).status, 401)
})

tries('a clock that is set back locks nobody out for longer than a full bucket takes', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(10)
  kdc.time.now -= 86_400
  const { headers } = await kdc.enter()
  assert.ok(Number(headers.get('Retry-After') ?? 0) <= 600, headers.get('Retry-After') ?? '')
})

const addresses = suite('whose address it is')

addresses('those of one IPv6 subnet of 64 bits are one', async () => {
  const kdc = await limitedKdc()
  for (let n = 1; n <= 10; n++) await kdc.guess('alice', `2001:db8:0:1:${n}::${n}`)
  assertRefused(await kdc.guess('alice', '2001:db8:0:1:ffff:ffff:ffff:ffff'), 60)
  assertRefused(await kdc.guess('alice', '2001:DB8::1:0:0:0:7'), 60)
  assert.is((await kdc.guess('alice', '2001:db8:0:2::1')).status, 401)
  assert.is((await kdc.guess('alice', '2001:db8::1')).status, 401)
})

addresses('an IPv4 address is the same when it comes to an IPv6 socket, and no two are one', async () => {
  const kdc = await limitedKdc()
  for (let n = 0; n < 5; n++) {
    await kdc.guess('alice', '192.0.2.7')
    await kdc.guess('alice', '::ffff:192.0.2.7')
  }
  assertRefused(await kdc.guess('alice', '::FFFF:192.0.2.7'), 60)
  assertRefused(await kdc.guess('alice', '192.0.2.7'), 60)
  assert.is((await kdc.guess('alice', '::ffff:192.0.2.8')).status, 401)
  assert.is((await kdc.guess('alice', '192.0.2.8')).status, 401)
})

addresses('past a trusted proxy it is the client’s; what a stranger says of it is not heeded', async () => {
  const kdc = await limitedKdc({ proxies: new ProxyList(['10.0.0.1']) })
  const guess = (from: string, claimed: string) =>
    kdc.request(
      '/login',
      {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': claimed },
        body: JSON.stringify({ username: 'alice', password: 'wrong' }),
      },
      from,
    )
  for (let n = 0; n < 10; n++) assert.is((await guess('10.0.0.1', '198.51.100.1')).status, 401)
  assert.is((await guess('10.0.0.1', '::ffff:198.51.100.1')).status, 429)
  assert.is((await guess('10.0.0.1', '198.51.100.2')).status, 401)
  for (let n = 0; n < 10; n++) assert.is((await guess(FAR_AWAY, `198.51.100.${n + 3}`)).status, 401)
  assert.is((await guess(FAR_AWAY, '198.51.100.99')).status, 429)
})

const more = suite('tries of many')

const few = (limit: keyof typeof LOGIN_LIMITS, burst: number, intervalSec = 7) => ({
  loginLimits: { ...LOGIN_LIMITS, [limit]: { burst, intervalSec } },
})

more('one address has so many for all names together', async () => {
  const kdc = await limitedKdc(few('address', 20))
  for (let n = 0; n < 20; n++) assert.is((await kdc.guess(`user${n}`)).status, 401)
  assertRefused(await kdc.guess('another'), 7)
  assertRefused(await kdc.enter('alice'), 7)
  assert.is((await kdc.guess('another', THERE)).status, 401)
  kdc.time.now += 7
  assert.equal([(await kdc.enter('alice')).status, (await kdc.guess('another')).status], [200, 401])
  assertRefused(await kdc.guess('another'), 7)
})

more('of an IPv6 subnet all addresses have so many together', async () => {
  const kdc = await limitedKdc({
    registration: 'open',
    loginLimits: {
      ...LOGIN_LIMITS,
      address: { burst: 5, intervalSec: 7 },
      registration: { burst: 2, intervalSec: 9 },
    },
  })
  for (let n = 0; n < 5; n++) assert.is((await kdc.guess(`user${n}`, `2001:db8::${n}`)).status, 401)
  assertRefused(await kdc.guess('another', '2001:db8::99'), 7)
  assert.is((await kdc.guess('another', '2001:db8:0:1::')).status, 401)
  const finish = (username: string, from: string) => {
    const record = makeRecord(kdc, username)
    return kdc.post('/register/finish', { username, record }, from)
  }
  for (const n of [0, 1]) assert.is((await finish(`new${n}`, `2001:db8:1::${n}`)).status, 200)
  assertRefused(await finish('new2', '2001:db8:1::2'), 9)
  assert.is((await finish('new2', '2001:db8:0:1::')).status, 200)
})

more('those that one limit refuses use up no other', async () => {
  const kdc = await limitedKdc(few('address', 20, 1000))
  // 10 are granted; the rest cost the address nothing.
  assert.equal(await kdc.guesses(40), statuses(10, 30))
  for (let n = 0; n < 10; n++) assert.is((await kdc.guess(`user${n}`)).status, 401)
  assertRefused(await kdc.guess('another'), 1000)
})

more('nor do they in a crowd', async () => {
  const kdc = await limitedKdc(few('address', 20, 1000))
  await Promise.all(Array.from({ length: 50 }, () => kdc.guess('alice')))
  for (let n = 0; n < 10; n++) assert.is((await kdc.guess(`user${n}`)).status, 401, `user${n}`)
  assertRefused(await kdc.guess('another'), 1000)
})

more('one’s own logins give back one each: an account is no way to guess at all others', async () => {
  const kdc = await limitedKdc(few('address', 20, 1000))
  for (let n = 0; n < 20; n++) {
    assert.is((await kdc.guess(`user${n}`)).status, 401)
    if (n < 19) assert.is((await kdc.enter('alice')).status, 200)
  }
  assertRefused(await kdc.guess('another'), 1000)
})

more('nor are one’s own changes of password', async () => {
  const kdc = await limitedKdc(few('address', 20, 1000))
  const { token } = (await kdc.enter('alice', FAR_AWAY)).json
  const record = makeRecord(kdc, 'alice')
  const finish = { username: 'alice', token, record }
  for (let n = 0; n < 20; n++) {
    assert.is((await kdc.guess(`user${n}`)).status, 401)
    assert.is((await kdc.post('/password/finish', finish, FAR_AWAY)).status, 200)
  }
  assertRefused(await kdc.guess('another'), 1000)
})

more('one name has so many from everywhere, and a right password gives them back', async () => {
  const kdc = await limitedKdc(few('name', 20))
  for (let n = 0; n < 20; n++) assert.is((await kdc.guess('alice', `192.0.2.${n}`)).status, 401)
  assertRefused(await kdc.guess('alice', '192.0.2.99'), 7)
  assert.is((await kdc.guess('bob', '192.0.2.99')).status, 401)
  kdc.time.now += 7
  assert.is((await kdc.enter('alice', '192.0.2.99')).status, 200)
  for (let n = 0; n < 20; n++) assert.is((await kdc.guess('alice', `198.51.100.${n}`)).status, 401)
  assertRefused(await kdc.guess('alice', '198.51.100.99'), 7)
})

more('the longest wait of several is told', async () => {
  const kdc = await limitedKdc({
    loginLimits: {
      ...LOGIN_LIMITS,
      nameFromAddress: { burst: 2, intervalSec: 5 },
      name: { burst: 2, intervalSec: 50 },
      address: { burst: 2, intervalSec: 20 },
    },
  })
  await kdc.guesses(2)
  assertRefused(await kdc.guess(), 50)
  assertRefused(await kdc.guess('bob'), 20)
  assertRefused(await kdc.guess('alice', THERE), 50)
})

more('two KDCs on one store count together, at once too', async () => {
  const kdc = await limitedKdc()
  const kdcThere = assembleKdc({
    store: kdc.store,
    opaqueKeys: kdc.opaqueKeys,
    masterKeys: kdc.masterKeys,
    passwords: { check: async () => false, register: async () => '', close: async () => {} },
    log: kdc.log,
    clock: () => kdc.time.now,
    allowPlaintext: true,
  })
  const app = createApp(kdcThere)
  const guessThere = async () => {
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ username: 'alice', password: 'wrong' })
    return (await app.request('/login', { method: 'POST', headers, body }, connectionFrom(FAR_AWAY))).status
  }
  assert.equal(await kdc.guesses(5), statuses(5, 0))
  const both = await Promise.all(
    [1, 2, 3, 4, 5, 6].flatMap(() => [guessThere(), kdc.guess().then(({ status }) => status)]),
  )
  assert.equal(both.sort(), statuses(5, 7))
  assert.is(await guessThere(), 429)
})

more('two handles on one file count together', async () => {
  const directory = temporaryDirectory()
  try {
    const stores = await Promise.all([1, 2].map(() => Store.open(openSqlite(`${directory.path}/kdc.sqlite`))))
    const allowance = { name: 'x', burst: 10, intervalSec: 60 }
    const waits = await Promise.all(
      Array.from({ length: 50 }, (_, n) => stores[n % 2]?.attempts.take([allowance], START)),
    )
    assert.is(waits.filter((wait) => wait === 0).length, 10)
    await Promise.all(stores.map((store) => store.close()))
  } finally {
    directory.remove()
  }
})

more('the numbers keep their proportion when an operator sets another', () => {
  assert.equal(loginLimits(10), LOGIN_LIMITS)
  assert.equal(loginLimits(25).name, { burst: 250, intervalSec: 10 })
  const bursts = Object.values(loginLimits(1)).map(({ burst }) => burst)
  assert.equal(bursts, [1, 10, 60, 30])
  assert.equal(loginLimits(1).nameFromAddress.intervalSec, LOGIN_LIMITS.nameFromAddress.intervalSec)
})

const familiar = suite('where a name has logged in')
const HOME = '198.51.100.7'
const MONTH_SEC = 30 * 24 * 60 * 60

/** Everybody guesses this name, until no try is left for newcomers. */
async function crowd(kdc: Kdc, username: string): Promise<void> {
  for (let n = 0; n < 10; n++) await kdc.guesses(10, username, `203.0.113.${n}`)
  assertRefused(await kdc.guess(username, '203.0.113.99'), 10)
}

familiar('a crowd of guessers elsewhere does not keep its owner out, and does anywhere else', async () => {
  const kdc = await limitedKdc()
  assert.is((await kdc.enter('alice', HOME)).status, 200)
  await crowd(kdc, 'alice')
  assertRefused(await kdc.enter('alice', FAR_AWAY), 10)
  assert.is((await kdc.enter('alice', HOME)).status, 200)
  await crowd(kdc, 'bob')
  assertRefused(await kdc.enter('bob', HOME), 10)
})

familiar('names of others that use up the tries of an address do not either', async () => {
  const kdc = await limitedKdc({ loginLimits: { ...LOGIN_LIMITS, address: { burst: 5, intervalSec: 7 } } })
  assert.is((await kdc.enter('alice', HOME)).status, 200)
  for (let n = 0; n < 5; n++) assert.is((await kdc.guess(`user${n}`, HOME)).status, 401)
  assertRefused(await kdc.enter('bob', HOME), 7)
  assert.is((await kdc.enter('alice', HOME)).status, 200)
  // And her logins give others no tries that were not spent.
  for (let n = 0; n < 5; n++) await kdc.enter('alice', HOME)
  assertRefused(await kdc.guess('another', HOME), 7)
})

familiar('there are as few tries there as anywhere', async () => {
  const kdc = await limitedKdc()
  await kdc.enter('alice', HOME)
  assert.equal(await kdc.guesses(11, 'alice', HOME), statuses(10, 1))
})

familiar('is forgotten after a month, and nothing but a right password makes it so', async () => {
  const kdc = await limitedKdc()
  await kdc.guess('bob', HOME)
  const finish = await finishOf(kdc)
  await kdc.enter('alice', HOME)
  kdc.time.now += MONTH_SEC
  await crowd(kdc, 'alice')
  assertRefused(await kdc.enter('alice', HOME), 10)
  await crowd(kdc, 'bob')
  assertRefused(await kdc.enter('bob', HOME), 10)
  // A login that was only begun, or comes too late.
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 401)
  await crowd(kdc, 'dora')
  assertRefused(await kdc.enter('dora', FAR_AWAY), 10)
})

familiar('takes no room when it is forgotten', async () => {
  const kdc = await limitedKdc()
  await kdc.enter('alice', HOME)
  const rows = async () => (await kdc.database.read(sql`select name from familiar`)).map(({ name }) => name)
  assert.is((await rows()).length, 1)
  assert.not.match(String((await rows())[0]), /alice|198/)
  await purge(kdc.store, () => ({ now: START + MONTH_SEC - 1, idleSince: 0, keepSince: 0 }), kdc.log)
  assert.is((await rows()).length, 1)
  await purge(kdc.store, () => ({ now: START + MONTH_SEC, idleSince: 0, keepSince: 0 }), kdc.log)
  assert.is((await rows()).length, 0)
})

const busy = suite('a KDC that is busy')

busy('counts no try that it did not make', async () => {
  const passwords = {
    check: () => Promise.reject(new Problem('kdc_busy', 'too many')),
    register: async () => '',
    close: async () => {},
  }
  const kdc = await limitedKdc({ passwords })
  assert.equal(await kdc.guesses(20), Array(20).fill(503))
})

const accounts = suite('accounts that anybody makes')

accounts('are so many from one address; those with an invitation do not count', async () => {
  const kdc = await limitedKdc({ registration: 'open', ...few('registration', 3, 100) })
  const finish = (username: string, from = FAR_AWAY) => {
    const record = makeRecord(kdc, username)
    return kdc.post('/register/finish', { username, record }, from)
  }
  const first = { username: 'u0', record: makeRecord(kdc, 'u0') }
  for (let n = 0; n < 3; n++) {
    assert.is(
      (await kdc.post('/register/finish', first, FAR_AWAY)).status,
      200,
      'sent again it is the same one',
    )
  }
  for (const name of ['u1', 'u2']) assert.is((await finish(name)).status, 200)
  assertRefused(await finish('u3'), 100)
  assert.is(await kdc.store.accounts.find('u3'), undefined)
  assert.is((await kdc.post('/register/finish', first, FAR_AWAY)).status, 200)
  assert.is((await finish('alice')).json.code, 'account_exists')
  assert.is((await finish('u4', THERE)).status, 200)
  const token = invitationToken(await invite(kdc, LONG))
  const record = makeRecord(kdc, 'u5')
  assert.is((await postSealed(kdc, '/register/finish', token, { username: 'u5', record })).status, 200)
  kdc.time.now += 100
  assert.is((await finish('u3')).status, 200)
})

const library = suite('the library')

library('calls it a TransportError too_many_attempts, which says how long to wait', async () => {
  const kdc = await limitedKdc({ loginLimits: loginLimits(3) })
  const options = { link: linkTo(kdc), clock: () => kdc.time.now }
  for (let n = 0; n < 3; n++) await kdc.guess('dora')
  const refused = logInAt('http://kdc.test', 'dora', PASSWORD, options)
  await rejects(refused, 'too_many_attempts')
  const error = await refused.catch((thrown) => thrown)
  assert.instance(error, TransportError)
  assert.match(error.message, 'try again in 60 s')
  const invitation = await invite(kdc, LONG)
  for (let n = 0; n < 3; n++) await kdc.guess('emil')
  const sealed = registerAt('http://kdc.test', 'emil', PASSWORD, { ...options, invitation })
  await rejects(sealed, 'too_many_attempts')
  assert.instance(await sealed.catch((thrown) => thrown), TransportError)
  kdc.time.now += 60
  const session = await registerAt('http://kdc.test', 'fritz', PASSWORD, { ...options, invitation })
  for (let n = 0; n < 3; n++) await kdc.guess('fritz')
  await rejects(session.changePassword('another'), 'too_many_attempts')
})

const room = suite('the room that tries take')

room('is freed when the buckets are full again, and not before', async () => {
  const kdc = await limitedKdc()
  const free = () => purge(kdc.store, () => ({ now: kdc.time.now, idleSince: 0, keepSince: 0 }), kdc.log)
  await kdc.guesses(2)
  await kdc.guess('ghost')
  assert.is(await kdc.buckets(), 5, 'two names, each from an address and from all, and that address')
  await free()
  assert.is(await kdc.buckets(), 5)
  kdc.time.now += 10
  await free()
  assert.is(await kdc.buckets(), 3)
  kdc.time.now += 50
  await free()
  assert.is(await kdc.buckets(), 1)
  kdc.time.now += 59
  await free()
  assert.is(await kdc.buckets(), 1)
  kdc.time.now += 1
  await free()
  assert.is(await kdc.buckets(), 0)
})

room('is freed at once by a right password, all but the address’s', async () => {
  const kdc = await limitedKdc()
  await kdc.guesses(2)
  await kdc.enter()
  assert.is(await kdc.buckets(), 1)
})

room('is freed however much it is', async () => {
  const { store } = await limitedKdc()
  const allowances = Array.from({ length: 2500 }, (_, n) => ({ name: `n${n}`, burst: 1, intervalSec: 5 }))
  assert.is(await store.attempts.take(allowances, START), 0)
  assert.is(await store.attempts.purge(START + 4, 1000), false)
  assert.is(await store.attempts.purge(START + 5, 1000), true)
  await purge(store, () => ({ now: START + 5, idleSince: 0, keepSince: 0 }), {
    info() {},
    warn() {},
    error() {},
  })
  assert.is(await store.attempts.purge(START + 5, 1), false)
})

tries.run()
addresses.run()
more.run()
familiar.run()
busy.run()
accounts.run()
library.run()
room.run()
