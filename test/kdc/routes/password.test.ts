/** Another password, from the client. docs/protocol.md §3.9. */
import * as opaque from '@serenity-kit/opaque'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromBase64url, toBase64url } from '../../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import type { Secret } from '../../../src/lib/crypto/secret.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import { finishRegistration, identifiers, startRegistration } from '../../../src/lib/opaque.ts'
import type { LoginOptions } from '../../../src/lib/renewable-login.ts'
import { openReply, SEALED_TYPE, type SealedRoute, sealRequest } from '../../../src/lib/sealed.ts'
import { login } from '../../../src/lib/session.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { connectionFrom, PASSWORD, START, testKdc } from '../../helpers/kdc.ts'
import { begin, FAR_AWAY, LEAST, linkTo, logIn, makeRecord, recordFrom } from '../../helpers/kdc-opaque.ts'
import { rejects } from '../../helpers/throws.ts'

await opaque.ready

type Kdc = Awaited<ReturnType<typeof testKdc>>
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
type Json = any

const NEW = 'another horse'

/** A KDC where dora and emil have OPAQUE records. */
async function kdcOfDora(): Promise<Kdc> {
  const kdc = await testKdc()
  for (const username of ['dora', 'emil']) {
    await kdc.store.accounts.create({
      username,
      record: makeRecord(kdc, username, PASSWORD),
      createdAt: START,
    })
  }
  return kdc
}

const mustLogIn = async (kdc: Kdc, username: string, password?: string): Promise<Secret> => {
  const token = await logIn(kdc, username, password)
  assert.ok(token)
  return token as Secret
}

type Ask = (kdc: Kdc, token: Secret, path: string, body: object) => Promise<{ status: number; body: Json }>

/** The two ways to ask in a session; dora's. */
const WAYS: Record<string, Ask> = {
  plain: async (kdc, token, path, body) => {
    const { status, json } = await kdc.post(path, { ...body, username: 'dora', token: token.toText() })
    return { status, body: json }
  },
  sealed: async (kdc, token, path, body) => {
    const route: SealedRoute = `POST ${path}`
    const fields = { ...body, time: kdc.time.now, id: toBase64url(secureRandomBytes(16)) }
    const { bytes, salt } = sealRequest(token, route, fields)
    const init = { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: bytes }
    const response = await kdc.app.request(path, init, connectionFrom(FAR_AWAY))
    const { status } = response
    if (response.headers.get('Content-Type') !== SEALED_TYPE) return { status, body: await response.json() }
    return openReply(token, route, salt, new Uint8Array(await response.arrayBuffer())) as {
      status: number
      body: Json
    }
  },
}

/** Both messages. @returns the record, and the answer to the finish. */
async function change(kdc: Kdc, ask: Ask, token: Secret, password = NEW) {
  const { clientRegistrationState, registrationRequest } = begin(password)
  const started = await ask(kdc, token, '/password/start', { request: registrationRequest })
  assert.is(started.status, 200, JSON.stringify(started.body))
  assert.equal(Object.keys(started.body), ['response', 'time'])
  const record = recordFrom('dora', clientRegistrationState, started.body.response, password)
  return { record, finished: await ask(kdc, token, '/password/finish', { record }) }
}

const lives = async (kdc: Kdc, token: Secret) =>
  (await kdc.store.sessions.find(sessionId(token))) !== undefined

for (const [way, ask] of Object.entries(WAYS)) {
  const password = suite(`a new password (${way})`)

  password('takes the place of the old one', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const { finished } = await change(kdc, ask, token)
    assert.equal([finished.status, finished.body], [200, { time: START }])
    assert.is(await logIn(kdc, 'dora'), undefined)
    assert.ok(await logIn(kdc, 'dora', NEW))
    assert.ok(await logIn(kdc, 'emil'), 'everybody else’s is as it was')
    assert.is((await kdc.store.accounts.find('dora'))?.createdAt, START)
    const logged = kdc.log.events.filter(({ event }) => event === 'password_changed')
    const ip_addr = way === 'plain' ? '127.0.0.1' : FAR_AWAY
    assert.equal(logged, [{ event: 'password_changed', fields: { username: 'dora', ip_addr } }])
  })

  password('ends the other sessions, not the one that sets it, nor anybody else’s', async () => {
    const kdc = await kdcOfDora()
    const [old, token, later] = [
      await mustLogIn(kdc, 'dora'),
      await mustLogIn(kdc, 'dora'),
      await mustLogIn(kdc, 'dora'),
    ]
    const emils = await mustLogIn(kdc, 'emil')
    await ask(kdc, later, '/listen', { port: 4444 })
    await change(kdc, ask, token)
    const alive = await Promise.all([old, token, later, emils].map((each) => lives(kdc, each)))
    assert.equal(alive, [false, true, false, true])
    assert.is((await ask(kdc, old, '/sessions', {})).body.code, 'token_unknown')
    assert.is((await ask(kdc, token, '/userinfo', { receiver: 'dora' })).body.code, 'receiver_offline')
    assert.is((await ask(kdc, token, '/sessions', {})).body.sessions.length, 1)
  })

  password('ends the logins that were begun with the old one', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password: PASSWORD })
    const { json } = await kdc.post('/login/start', { username: 'dora', request: startLoginRequest })
    await change(kdc, ask, token)
    const finished = opaque.client.finishLogin({
      clientLoginState,
      loginResponse: json.response,
      password: PASSWORD,
      identifiers: identifiers('dora'),
      keyStretching: LEAST,
    })
    const finish = { username: 'dora', state: json.state, finish: finished?.finishLoginRequest }
    assert.is((await kdc.post('/login/finish', finish)).json.code, 'login_refused')
  })

  password('takes a login of the last five minutes, for both messages', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const before = (await kdc.store.accounts.find('dora'))?.record
    const request = begin(NEW).registrationRequest
    const record = makeRecord(kdc, 'dora', NEW)
    kdc.time.now = START + 301
    // Used in the meantime: what counts is the login.
    assert.is((await ask(kdc, token, '/sessions', {})).status, 200)
    for (const [path, body] of [
      ['/password/start', { request }],
      ['/password/finish', { record }],
    ] as const) {
      const stale = await ask(kdc, token, path, body)
      assert.equal([stale.status, stale.body.code], [401, 'login_stale'])
    }
    assert.is((await kdc.store.accounts.find('dora'))?.record, before)
    assert.is((await ask(kdc, token, '/sessions', {})).status, 200, 'the session lives')
    kdc.time.now = START + 300
    assert.is((await change(kdc, ask, token)).finished.status, 200)
    kdc.time.now = START + 301
    assert.is((await ask(kdc, token, '/password/start', { request })).body.code, 'login_stale')
  })

  password('a finish that is sent again comes to the same', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const { record } = await change(kdc, ask, token)
    const again = await ask(kdc, token, '/password/finish', { record })
    assert.equal([again.status, again.body], [200, { time: START }])
    assert.ok(await lives(kdc, token))
    assert.ok(await logIn(kdc, 'dora', NEW))
  })

  password('can be set again and again in one session', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    await change(kdc, ask, token, 'one')
    await change(kdc, ask, token, 'two')
    assert.is(await logIn(kdc, 'dora', 'one'), undefined)
    assert.ok(await logIn(kdc, 'dora', 'two'))
  })

  password('malformed messages are refused in words, and change nothing', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const before = await kdc.store.accounts.find('dora')
    const record = makeRecord(kdc, 'dora', NEW)
    const noPoint = Buffer.concat([Buffer.alloc(32, 255), fromBase64url(record).subarray(32)])
    for (const bad of [
      '',
      'AAAA',
      '!',
      'A'.repeat(12_000),
      undefined,
      null,
      7,
      record.slice(4),
      toBase64url(noPoint),
    ]) {
      for (const [path, body] of [
        ['/password/start', { request: bad }],
        ['/password/finish', { record: bad }],
      ] as const) {
        const answer = await ask(kdc, token, path, body)
        assert.equal([answer.status, answer.body.code], [422, 'invalid_request'], `${path} ${bad}`)
        assert.match(answer.body.detail, path === '/password/start' ? /^request: / : /^record: /)
      }
      kdc.time.now += 25
    }
    assert.equal(await kdc.store.accounts.find('dora'), before)
    assert.is(kdc.log.events.filter(({ event }) => event === 'internal_error').length, 0)
  })

  password('more bytes than a record has are refused', async () => {
    const kdc = await kdcOfDora()
    const token = await mustLogIn(kdc, 'dora')
    const record = `${makeRecord(kdc, 'dora', NEW)}AAAA`
    assert.is((await ask(kdc, token, '/password/finish', { record })).body.code, 'invalid_request')
  })

  password('is not for whoever has no session, or one that is over', async () => {
    const kdc = await kdcOfDora()
    const record = makeRecord(kdc, 'dora', NEW)
    const before = await kdc.store.accounts.find('dora')
    const [ended, emils] = [await mustLogIn(kdc, 'dora'), await mustLogIn(kdc, 'emil')]
    await kdc.store.sessions.end(sessionId(ended))
    assert.is((await ask(kdc, ended, '/password/finish', { record })).body.code, 'token_unknown')
    // Plain, it is not dora's token; sealed, it is emil's password that he sets.
    const emilsAnswer = await ask(kdc, emils, '/password/finish', { record })
    assert.is(emilsAnswer.status, way === 'plain' ? 401 : 200)
    assert.equal(await kdc.store.accounts.find('dora'), before)
  })

  password('of two sessions that set one at once, only one does, and it lives', async () => {
    const kdc = await kdcOfDora()
    const tokens = [await mustLogIn(kdc, 'dora'), await mustLogIn(kdc, 'dora')]
    const answers = await Promise.all(
      tokens.map((token, i) =>
        ask(kdc, token, '/password/finish', { record: makeRecord(kdc, 'dora', `new ${i}`) }),
      ),
    )
    const alive = await Promise.all(tokens.map((token) => lives(kdc, token)))
    assert.is(alive.filter(Boolean).length, 1)
    for (const [i, { status }] of answers.entries()) {
      assert.is(status, alive[i] ? 200 : 401, 'who is told that it was set can go on')
      assert.is((await logIn(kdc, 'dora', `new ${i}`)) !== undefined, alive[i])
    }
  })

  password.run()
}

const replays = suite('a new password that was recorded on the way')

/** Seals a request of dora's. @returns what sends it, as often as one likes. */
function sealOnce(kdc: Kdc, token: Secret, path: string, body: object): () => Promise<number> {
  const fields = { ...body, time: kdc.time.now, id: toBase64url(secureRandomBytes(16)) }
  const { bytes } = sealRequest(token, `POST ${path}`, fields)
  return async () => {
    const init = { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: bytes }
    return (await kdc.app.request(path, init, connectionFrom('203.0.113.9'))).status
  }
}

replays('does not take the place of a later one when it is sent again', async () => {
  const kdc = await kdcOfDora()
  const token = await mustLogIn(kdc, 'dora')
  const replay = sealOnce(kdc, token, '/password/finish', { record: makeRecord(kdc, 'dora', 'one') })
  assert.is(await replay(), 200)
  kdc.time.now += 10
  await change(kdc, WAYS.sealed as Ask, token, 'two')
  await replay()
  assert.is(await logIn(kdc, 'dora', 'one'), undefined)
  assert.ok(await logIn(kdc, 'dora', 'two'))
})

replays('does not end the sessions that were begun with it since', async () => {
  const kdc = await kdcOfDora()
  const token = await mustLogIn(kdc, 'dora')
  const replay = sealOnce(kdc, token, '/password/finish', { record: makeRecord(kdc, 'dora', NEW) })
  assert.is(await replay(), 200)
  kdc.time.now += 10
  const later = await mustLogIn(kdc, 'dora', NEW)
  await replay()
  assert.ok(await lives(kdc, later))
})

replays.run()

const library = suite('changePassword')

/** dora's session, begun by the library: with a record as the library makes it. */
async function session(options: LoginOptions = {}) {
  const kdc = await testKdc()
  const { request, state } = await startRegistration(PASSWORD)
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup: kdc.opaqueKeys.setup,
    userIdentifier: 'dora',
    registrationRequest: request,
  })
  const { record } = await finishRegistration('dora', PASSWORD, state, registrationResponse)
  await kdc.store.accounts.create({ username: 'dora', record, createdAt: START })
  const enter = (password: string) =>
    login('http://kdc.test', 'dora', password, { link: linkTo(kdc), clock: () => kdc.time.now, ...options })
  return { kdc, enter, dora: await enter(PASSWORD) }
}

library('sets it, and the session goes on and logs in anew by itself', async () => {
  const { kdc, enter, dora } = await session()
  const other = await enter(PASSWORD)
  await dora.changePassword('cafe\u0301')
  assert.is((await dora.sessions()).length, 1)
  // It logs in again by itself, with the password that it has.
  await rejects(other.sessions(), 'login_refused')
  await rejects(enter(PASSWORD), 'login_refused')
  await (await enter('caf\u00e9')).close()
  kdc.time.now += 301
  await rejects(dora.changePassword('late'), 'login_stale')
  await dora.renew()
  await dora.changePassword('in time')
  await (await enter('in time')).close()
})

library('asks who judges the KDC’s key before the record is sent', async () => {
  let judge = (_: string) => {}
  const { kdc, dora } = await session({ judgeKey: (key) => judge(key) })
  const before = await kdc.store.accounts.find('dora')
  const judged: string[] = []
  judge = (key) => {
    judged.push(key)
    throw new ProtocolError('kdc_key_changed', 'another one')
  }
  await rejects(dora.changePassword(NEW), 'kdc_key_changed')
  assert.equal(judged, [await kdc.opaqueKeys.publicKey()])
  assert.equal(await kdc.store.accounts.find('dora'), before)
  judge = () => {}
  await dora.renew()
})

library.run()
