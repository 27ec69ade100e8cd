import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../../src/database/database.ts'
import { openSqlite } from '../../../src/database/sqlite.ts'
import type { KdcOptions } from '../../../src/kdc/app.ts'
import { purge } from '../../../src/kdc/create-kdc.ts'
import { MAX_SESSIONS, purgeCutoff } from '../../../src/kdc/store/sessions.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { toBase64url, toHex } from '../../../src/lib/bytes.ts'
import { exchangeSealed, isSessionOver } from '../../../src/lib/kdc-link/exchange.ts'
import { KEY_STRETCHING } from '../../../src/lib/opaque.ts'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { login } from '../../../src/lib/session.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { PASSWORD, START, secretOf, testKdc } from '../../helpers/kdc.ts'
import { FAR_AWAY, linkTo, makeRecord, startLogin } from '../../helpers/kdc-opaque.ts'
import { rejects } from '../../helpers/throws.ts'

type Kdc = Awaited<ReturnType<typeof testKdc>>

const IDLE_SEC = 3600

const idOf = (token: string) => toHex(sessionId(secretOf(token)))

/** Asks in a session, plain. */
const ask = (kdc: Kdc, username: string, token: string, path: string, body: object = {}) =>
  kdc.post(path, { ...body, username, token })

/** Asks in a session, sealed. @throws what the library makes of a refusal. */
function askSealed(kdc: Kdc, token: string, path: string, body: object = {}) {
  const session = { token: secretOf(token), clock: () => kdc.time.now, onTime: () => {} }
  return exchangeSealed(linkTo(kdc), path, body, session) as Promise<Record<string, unknown>>
}

const code = async (answer: Promise<{ json: { code: string } }>) => (await answer).json.code

/** Whether a session can still be used: `undefined`, or why not. */
const state = (kdc: Kdc, username: string, token: string) => code(ask(kdc, username, token, '/sessions'))

const listing = suite('the list of sessions')

listing('says of each where it began, when it was used, and where it listens, the oldest first', async () => {
  const kdc = await testKdc()
  const first = await kdc.login('alice')
  kdc.time.now += 100
  const second = await kdc.login('alice', 4444, '127.0.0.2')
  await kdc.login('bob')
  kdc.time.now += 100
  const { status, json } = await ask(kdc, 'alice', first, '/sessions')
  assert.is(status, 200)
  assert.equal(json, {
    sessions: [
      {
        id: idOf(first),
        this: true,
        ip_addr: '127.0.0.1',
        begun_at: START,
        used_at: START + 200,
        expires_at: START + 43_200,
      },
      {
        id: idOf(second),
        this: false,
        ip_addr: '127.0.0.2',
        begun_at: START + 100,
        used_at: START + 100,
        expires_at: START + 43_300,
        listens_at: { ip_addr: '127.0.0.2', port: 4444 },
      },
    ],
    time: START + 200,
  })
  const body = await askSealed(kdc, second, '/sessions')
  assert.equal(
    (body.sessions as { this: boolean }[]).map((session) => session.this),
    [false, true],
  )
})

listing('shows nothing that is secret', async () => {
  const kdc = await testKdc()
  const token = await kdc.login('alice', 4444)
  const { text } = await ask(kdc, 'alice', token, '/sessions')
  const stored = await kdc.store.sessions.find(sessionId(secretOf(token)))
  for (const hidden of [token, toBase64url(stored?.sealedToken ?? new Uint8Array(9)), PASSWORD]) {
    assert.not.ok(text.includes(hidden))
  }
})

listing('leaves out those that are over', async () => {
  const kdc = await testKdc({ sessionLifetimeSec: 5000 })
  await kdc.login('alice')
  kdc.time.now += 1400
  const idle = await kdc.login('alice')
  kdc.time.now += 3599
  const token = await kdc.login('alice')
  const ids = async () =>
    (await ask(kdc, 'alice', token, '/sessions')).json.sessions.map(({ id }: { id: string }) => id)
  assert.equal(await ids(), [idOf(idle), idOf(token)])
  kdc.time.now += 1
  assert.equal(await ids(), [idOf(token)])
})

const ending = suite('the end of sessions')

ending('one that is named ends, and the others live', async () => {
  const kdc = await testKdc()
  const [one, two, three] = [await kdc.login('alice'), await kdc.login('alice'), await kdc.login('alice')]
  const { status, json } = await ask(kdc, 'alice', one, '/sessions/end', { session: idOf(two) })
  assert.equal([status, json], [200, { ended: 1, time: START }])
  assert.is(await state(kdc, 'alice', two), 'token_unknown')
  for (const token of [one, three]) assert.is(await state(kdc, 'alice', token), undefined)
  const again = await askSealed(kdc, one, '/sessions/end', { session: idOf(two) })
  assert.equal(again, { ended: 0, time: START })
  assert.equal(
    kdc.log.events.filter(({ event }) => event === 'sessions_ended'),
    [{ event: 'sessions_ended', fields: { username: 'alice', sessions: 1 } }],
  )
})

ending('without a name all end but the one that asks', async () => {
  const kdc = await testKdc()
  const tokens = [await kdc.login('alice', 1), await kdc.login('alice'), await kdc.login('alice')]
  const bobs = await kdc.login('bob')
  const mine = tokens[1] ?? ''
  assert.equal(await askSealed(kdc, mine, '/sessions/end'), { ended: 2, time: START })
  assert.equal((await ask(kdc, 'alice', mine, '/sessions/end')).json, { ended: 0, time: START })
  const states = await Promise.all(tokens.map((token) => state(kdc, 'alice', token)))
  assert.equal(states, ['token_unknown', undefined, 'token_unknown'])
  assert.is(await state(kdc, 'bob', bobs), undefined)
})

ending('one may end the session that one asks in', async () => {
  const kdc = await testKdc()
  const [one, two] = [await kdc.login('alice'), await kdc.login('alice')]
  assert.is((await ask(kdc, 'alice', one, '/sessions/end', { session: idOf(one) })).json.ended, 1)
  assert.is(await state(kdc, 'alice', one), 'token_unknown')
  assert.is(await state(kdc, 'alice', two), undefined)
})

ending('somebody else’s session is not ended, and looks like one that there is not', async () => {
  const kdc = await testKdc()
  const [alices, bobs] = [await kdc.login('alice'), await kdc.login('bob', 4444)]
  const foreign = await ask(kdc, 'alice', alices, '/sessions/end', { session: idOf(bobs) })
  const none = await ask(kdc, 'alice', alices, '/sessions/end', { session: '00'.repeat(16) })
  assert.equal(foreign.json, { ended: 0, time: START })
  assert.is(foreign.text, none.text)
  assert.equal((await askSealed(kdc, alices, '/sessions/end', { session: idOf(bobs) })).ended, 0)
  assert.is(await state(kdc, 'bob', bobs), undefined)
  assert.is((await ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })).status, 200)
  assert.is(kdc.log.events.filter(({ event }) => event === 'sessions_ended').length, 0)
})

ending('what is no id is refused, and nothing ends', async () => {
  const kdc = await testKdc()
  const [one, two] = [await kdc.login('alice'), await kdc.login('alice')]
  const id = idOf(two)
  for (const session of ['', 'AAAA', `${id}A`, `${id}=`, ` ${id}`, '!'.repeat(22), null, 7, [id], { id }]) {
    const { status, json } = await ask(kdc, 'alice', one, '/sessions/end', { session })
    assert.equal([status, json.code], [422, 'invalid_request'], String(session))
    assert.match(json.detail, /^session: /)
  }
  assert.is(await state(kdc, 'alice', two), undefined)
})

ending('a session that was ended is no way to a receiver, nor its token to anything', async () => {
  const kdc = await testKdc()
  const [bobs, other] = [await kdc.login('bob', 4444), await kdc.login('bob')]
  const alices = await kdc.login('alice')
  assert.is((await ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })).status, 200)
  await ask(kdc, 'bob', other, '/sessions/end', { session: idOf(bobs) })
  assert.is(await code(ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })), 'receiver_offline')
  for (const path of ['/listen', '/userinfo', '/sessions', '/sessions/end', '/logout', '/password/start']) {
    const body = { port: 1, receiver: 'bob', request: 'AAAA' }
    assert.is(await code(ask(kdc, 'bob', bobs, path, body)), 'token_unknown', path)
    assert.ok(isSessionOver(await askSealed(kdc, bobs, path, body).catch((error) => error)))
  }
  assert.is(await state(kdc, 'bob', other), undefined)
})

ending('nobody lists or ends sessions with another’s name on the token', async () => {
  const kdc = await testKdc()
  const [alices, bobs] = [await kdc.login('alice'), await kdc.login('bob')]
  assert.is(await code(ask(kdc, 'bob', alices, '/sessions')), 'token_unknown')
  assert.is(await code(ask(kdc, 'bob', alices, '/sessions/end')), 'token_unknown')
  assert.is(await state(kdc, 'bob', bobs), undefined)
})

ending('a request to end the others, recorded and sent again, ends none that were begun since', async () => {
  const kdc = await testKdc()
  const mine = await kdc.login('alice')
  const fields = { time: kdc.time.now, id: toBase64url(new Uint8Array(16)) }
  const { bytes } = sealRequest(secretOf(mine), 'POST /sessions/end', fields)
  const replay = () => linkTo(kdc).post('/sessions/end', SEALED_TYPE, bytes)
  assert.is((await replay()).status, 200)
  kdc.time.now += 10
  const later = await kdc.login('alice')
  await replay()
  assert.is(await state(kdc, 'alice', later), undefined)
})

ending('takes a login of the last minutes: a session that was stolen earlier ends no others', async () => {
  const kdc = await testKdc()
  const [stolen, other] = [await kdc.login('alice'), await kdc.login('alice')]
  kdc.time.now += 301
  for (const body of [{}, { session: idOf(other) }]) {
    assert.is(await code(ask(kdc, 'alice', stolen, '/sessions/end', body)), 'login_stale')
  }
  assert.is(await state(kdc, 'alice', other), undefined)
  const owner = await kdc.login('alice')
  assert.is((await ask(kdc, 'alice', owner, '/sessions/end')).json.ended, 2)
  assert.is(await state(kdc, 'alice', stolen), 'token_unknown')
})

const many = suite('many sessions')

/** Logs in so many times, a second apart. */
async function logins(kdc: Kdc, username: string, count: number, port?: number): Promise<string[]> {
  const tokens: string[] = []
  for (let n = 0; n < count; n++) {
    tokens.push(await kdc.login(username, port))
    kdc.time.now += 1
  }
  return tokens
}

const alive = async (kdc: Kdc, tokens: string[]) => {
  const found = await Promise.all(tokens.map((token) => kdc.store.sessions.find(sessionId(secretOf(token)))))
  return tokens.filter((_, i) => found[i] !== undefined)
}

many('of more than a hundred the one that was not used for longest gives way', async () => {
  const kdc = await testKdc()
  const bobs = await kdc.login('bob')
  const tokens = await logins(kdc, 'alice', MAX_SESSIONS)
  assert.is(MAX_SESSIONS, 100)
  assert.is((await alive(kdc, tokens)).length, 100)
  const [first = '', second = '', third = ''] = tokens
  // The first is used again; the second is not.
  await ask(kdc, 'alice', first, '/sessions')
  tokens.push(...(await logins(kdc, 'alice', 1)))
  assert.equal(
    await alive(kdc, tokens),
    tokens.filter((token) => token !== second),
  )
  assert.is(await state(kdc, 'alice', second), 'token_unknown')
  tokens.push(...(await logins(kdc, 'alice', 1)))
  assert.equal(
    await alive(kdc, tokens),
    tokens.filter((token) => token !== second && token !== third),
  )
  assert.is(await state(kdc, 'bob', bobs), undefined, 'nobody else’s')
})

many('one that listens gives way last, the newest never', async () => {
  const kdc = await testKdc()
  const [listening = ''] = await logins(kdc, 'alice', 1, 4444)
  const tokens = await logins(kdc, 'alice', MAX_SESSIONS + 5)
  assert.equal(await alive(kdc, [listening, ...tokens]), [listening, ...tokens.slice(-99)])
  const listeners = await logins(kdc, 'alice', MAX_SESSIONS, 4444)
  assert.equal(await alive(kdc, [listening, ...tokens, ...listeners]), listeners)
  const [newest = ''] = await logins(kdc, 'alice', 1)
  assert.equal(await alive(kdc, [...listeners, newest]), [...listeners.slice(1), newest])
})

many('of logins in one second the newest is there', async () => {
  const kdc = await testKdc()
  let newest = ''
  for (let n = 0; n < MAX_SESSIONS + 20; n++) newest = await kdc.login('alice')
  assert.is(await state(kdc, 'alice', newest), undefined)
  assert.is((await ask(kdc, 'alice', newest, '/sessions')).json.sessions.length, MAX_SESSIONS)
})

/** Makes an account dora by OPAQUE. @returns the record. */
async function addDora(kdc: Kdc, keyStretching?: typeof KEY_STRETCHING): Promise<string> {
  const record = makeRecord(kdc, 'dora', PASSWORD, keyStretching)
  await kdc.store.accounts.create({ username: 'dora', record, createdAt: START })
  return record
}

many('a login that begins no session ends none', async () => {
  const kdc = await testKdc()
  const record = await addDora(kdc)
  const begun = await startLogin(kdc, 'dora')
  assert.ok(begun)
  const { finish, token } = begun as NonNullable<typeof begun>
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 200)
  await askSealed(kdc, token.toText(), '/logout')
  for (let n = 0; n < MAX_SESSIONS; n++) {
    const session = {
      sid: new Uint8Array(16).fill(n + 1),
      username: 'dora',
      sealedToken: new Uint8Array(1),
      address: FAR_AWAY,
      createdAt: START,
      expiresAt: START + 1000,
    }
    assert.ok(await kdc.store.sessions.begin(session, record))
  }
  // Whoever was on the way sends the finish of the session that was logged out again.
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).json.code, 'login_refused')
  const left = await kdc.store.sessions.list('dora', { now: START, idleSince: 0 })
  assert.is(left.length, MAX_SESSIONS)
})

const library = suite('sessions by the library')

library('lists them, and ends one or all others', async () => {
  const kdc = await testKdc()
  await addDora(kdc, KEY_STRETCHING)
  const enter = () =>
    login('http://kdc.test', 'dora', PASSWORD, { link: linkTo(kdc), clock: () => kdc.time.now })
  const [one, two, three] = [await enter(), await enter(), await enter()]
  kdc.time.now += 1
  const four = await enter()
  await two.announce(4444)
  const listed = await one.sessions()
  assert.is(listed.length, 4)
  assert.equal(
    listed.filter(({ isThis }) => isThis).map(({ id }) => id),
    [idOf(one.token.toText())],
  )
  assert.equal(
    listed.filter(({ listensAt }) => listensAt),
    [
      {
        id: idOf(two.token.toText()),
        isThis: false,
        address: FAR_AWAY,
        begunAt: START,
        usedAt: START,
        expiresAt: START + 43_200,
        listensAt: { address: FAR_AWAY, port: 4444 },
      },
    ],
  )
  assert.is(listed.at(-1)?.id, idOf(four.token.toText()))
  assert.is(await one.endSessions(idOf(two.token.toText())), 1)
  assert.is(await one.endSessions(idOf(two.token.toText())), 0)
  assert.ok(isSessionOver(await two.announce(4444).catch((error) => error)))
  assert.is((await three.sessions()).length, 3)
  assert.is(await one.endSessions(), 2)
  assert.ok(isSessionOver(await three.announce(4444).catch((error) => error)))
  assert.is((await one.sessions()).length, 1)
  // Who has the password has another session with the next thing that it asks.
  assert.is((await three.sessions()).length, 2)
})

const idle = suite('sessions that are not used')

idle('end after the idle time, and are not reached as receivers', async () => {
  const kdc = await testKdc()
  const bobs = await kdc.login('bob', 4444)
  kdc.time.now += IDLE_SEC - 1
  const alices = await kdc.login('alice')
  assert.is((await ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })).status, 200)
  kdc.time.now += 1
  // To be asked for is no use of one’s session.
  assert.is(await code(ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })), 'receiver_offline')
  for (const path of ['/sessions', '/listen', '/logout', '/userinfo']) {
    const body = { port: 4444, receiver: 'alice' }
    assert.is(await code(ask(kdc, 'bob', bobs, path, body)), 'token_expired', path)
    await rejects(askSealed(kdc, bobs, path, body), 'token_expired')
  }
  assert.is(await state(kdc, 'alice', alices), undefined)
})

idle('another session of the same principal is reached instead', async () => {
  const kdc = await testKdc()
  const [old] = [await kdc.login('bob', 1111), await kdc.login('bob', 2222)]
  kdc.time.now += 100
  await ask(kdc, 'bob', old, '/listen', { port: 1111 })
  const alices = await kdc.login('alice')
  const reached = async () => (await ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })).json.port
  assert.is(await reached(), 2222)
  kdc.time.now = START + IDLE_SEC
  assert.is(await reached(), 1111)
})

for (const idleSec of [2, 5, 10, 59, 60, 61, 600, 3600]) {
  idle(`with an idle time of ${idleSec} s, those that are used live on`, async () => {
    const kdc = await testKdc({ sessionIdleSec: idleSec, sessionLifetimeSec: 100_000 })
    const [used, unused] = [await kdc.login('bob', 4444), await kdc.login('bob')]
    for (let n = 0; n < 5; n++) {
      // A use may be noted a tenth of the idle time late, a minute at most.
      kdc.time.now += Math.min(60, Math.floor(idleSec / 10))
      assert.is(await state(kdc, 'bob', used), undefined)
      kdc.time.now += idleSec - Math.ceil(Math.min(60, idleSec / 10))
      assert.is(await state(kdc, 'bob', used), undefined, `round ${n}`)
    }
    assert.is(await state(kdc, 'bob', unused), 'token_expired')
    kdc.time.now += idleSec
    assert.is(await state(kdc, 'bob', used), 'token_expired')
  })
}

idle('use does not extend the time at which a session expires', async () => {
  const kdc = await testKdc({ sessionLifetimeSec: 1000 })
  const bobs = await kdc.login('bob', 4444)
  for (let n = 0; n < 9; n++) {
    kdc.time.now += 100
    const { json } = await ask(kdc, 'bob', bobs, '/listen', { port: 4444 })
    assert.is(json.expires_at, START + 1000)
  }
  kdc.time.now += 99
  assert.is(await state(kdc, 'bob', bobs), undefined)
  kdc.time.now += 1
  assert.is(await state(kdc, 'bob', bobs), 'token_expired')
  const alices = await kdc.login('alice')
  assert.is(await code(ask(kdc, 'alice', alices, '/userinfo', { receiver: 'bob' })), 'receiver_offline')
})

idle('each request in a session is a use, one that is refused for its token is not', async () => {
  const kdc = await testKdc()
  const token = await kdc.login('alice')
  const usedAt = async () => (await kdc.store.sessions.find(sessionId(secretOf(token))))?.usedAt
  const uses: [string, object][] = [
    ['/sessions', {}],
    ['/listen', { port: 4444 }],
    ['/userinfo', { receiver: 'bob' }],
    ['/sessions/end', { session: '00'.repeat(16) }],
  ]
  for (const [path, body] of uses) {
    kdc.time.now += 100
    await ask(kdc, 'alice', token, path, body)
    assert.is(await usedAt(), kdc.time.now, path)
    kdc.time.now += 100
    await askSealed(kdc, token, path, body).catch(() => {})
    assert.is(await usedAt(), kdc.time.now, `${path}, sealed`)
  }
  const last = kdc.time.now
  kdc.time.now += 100
  await ask(kdc, 'bob', token, '/sessions')
  assert.is(await usedAt(), last)
  // A clock that is set back is no use earlier.
  kdc.time.now = START
  await ask(kdc, 'alice', token, '/sessions')
  assert.is(await usedAt(), last)
})

idle('of several uses that are noted the latest counts, in whatever order they come', async () => {
  const { store, login } = await testKdc()
  const sid = sessionId(secretOf(await login('alice')))
  for (const time of [START + 50, START + 70, START + 60, START]) await store.sessions.touch(sid, time)
  assert.is((await store.sessions.find(sid))?.usedAt, START + 70)
})

/** A KDC whose database counts the writes that note a use. */
async function countingKdc(options: Partial<KdcOptions> = {}) {
  const database = openSqlite(':memory:')
  const counts = { touches: 0 }
  const counting: Database = {
    read: (statement) => database.read(statement),
    write: (statements) => {
      counts.touches += statements.filter(({ strings }) => /set used_at/.test(strings.join('?'))).length
      return database.write(statements)
    },
    close: () => database.close(),
  }
  const store = await Store.open(counting)
  await store.accounts.create({ username: 'alice', record: PASSWORD, createdAt: START })
  return { kdc: await testKdc({ store, ...options }), counts }
}

idle('a use is written down once in a minute at most', async () => {
  const { kdc, counts } = await countingKdc()
  const token = await kdc.login('alice')
  for (let second = 0; second <= 600; second++) {
    await ask(kdc, 'alice', token, '/sessions')
    kdc.time.now += 1
  }
  assert.is(counts.touches, 10)
})

idle('or ten times in the idle time, where that is short', async () => {
  const { kdc, counts } = await countingKdc({ sessionIdleSec: 100 })
  const token = await kdc.login('alice')
  for (let second = 0; second <= 600; second++) {
    await ask(kdc, 'alice', token, '/sessions')
    kdc.time.now += 1
  }
  assert.is(counts.touches, 60)
})

idle('their places are freed, and those of no others', async () => {
  const kdc = await testKdc({ sessionIdleSec: 100 })
  const [used, unused] = [await kdc.login('alice'), await kdc.login('alice')]
  kdc.time.now += 50
  await ask(kdc, 'alice', used, '/sessions')
  kdc.time.now += 49
  const now = () => purgeCutoff({ clock: () => kdc.time.now, sessionIdleSec: 100, keepSec: 1000 })
  await purge(kdc.store, now, kdc.log)
  assert.equal(await alive(kdc, [used, unused]), [used, unused])
  kdc.time.now += 1
  await purge(kdc.store, now, kdc.log)
  assert.equal(await alive(kdc, [used, unused]), [used])
})

listing.run()
ending.run()
many.run()
library.run()
idle.run()
