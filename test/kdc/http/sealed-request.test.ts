import * as opaque from '@serenity-kit/opaque'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { generateMasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { generateOpaqueKeys } from '../../../src/kdc/keys/opaque-keys.ts'
import { openLoginState } from '../../../src/kdc/logins/login-state.ts'
import { createPasswordChecker } from '../../../src/kdc/passwords/passwords.ts'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { identifiers, KEY_STRETCHING, tokenOf } from '../../../src/lib/opaque.ts'
import { openReply, SEALED_TYPE, type SealedRoute, sealRequest } from '../../../src/lib/sealed.ts'
import { at, PASSWORD, START, testKdc } from '../../helpers/kdc.ts'
import { throws } from '../../helpers/throws.ts'

const sealed = suite('sealed requests')
const FAR_AWAY = '192.0.2.7'

type Kdc = Awaited<ReturnType<typeof testKdc>>

/** A session of this user, begun by a plain login. */
async function begin(kdc: Kdc, username: string): Promise<Secret> {
  const { json } = await kdc.post('/login', { username, password: PASSWORD })
  return Secret.fromText('session token', json.token)
}

const fields = (body: object, time = START) => ({ ...body, time, id: toBase64url(secureRandomBytes(16)) })

/** Sends bytes to a path, as they are. */
const send = (kdc: Kdc, path: string, bytes: Uint8Array) =>
  kdc.app.request(
    path,
    { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: bytes },
    { incoming: { socket: { remoteAddress: FAR_AWAY } } },
  )

/** Seals, sends, and opens what comes back. */
async function ask(kdc: Kdc, token: Secret, path: string, body: object) {
  const route: SealedRoute = `POST ${path}`
  const { bytes, salt } = sealRequest(token, route, body)
  const response = await send(kdc, path, bytes)
  assert.is(response.headers.get('Content-Type'), SEALED_TYPE)
  const reply = openReply(token, route, salt, new Uint8Array(await response.arrayBuffer()))
  assert.is(reply.status, response.status)
  return { bytes, reply, body: reply.body as Record<string, unknown> }
}

sealed('reach the same handlers from anywhere, and are answered sealed', async () => {
  const kdc = await testKdc()
  const [alice, bob] = [await begin(kdc, 'alice'), await begin(kdc, 'bob')]
  const listening = await ask(kdc, bob, '/listen', fields({ port: 4444 }))
  assert.equal(listening.body, { ip_addr: FAR_AWAY, port: 4444, expires_at: START + 43200, time: START })
  const { body, reply } = await ask(kdc, alice, '/userinfo', fields({ receiver: 'bob' }))
  assert.is(reply.time, START)
  assert.equal([body.ip_addr, body.port], [FAR_AWAY, 4444])
  assert.is(Secret.fromText('channel secret', String(body.secret)).reveal().length, 32)
  assert.is((await ask(kdc, alice, '/logout', fields({}))).reply.status, 200)
  assert.is((await send(kdc, '/logout', sealRequest(alice, 'POST /logout', fields({})).bytes)).status, 401)
})

sealed('nothing of request or answer can be read on the way', async () => {
  const kdc = await testKdc()
  const bob = await begin(kdc, 'bob')
  await ask(kdc, bob, '/listen', fields({ port: 4444 }))
  const route = 'POST /userinfo'
  const { bytes, salt } = sealRequest(bob, route, fields({ receiver: 'bob' }))
  const response = await send(kdc, '/userinfo', bytes)
  const wire = Buffer.from(await response.arrayBuffer())
  const { body } = openReply(bob, route, salt, wire)
  const { secret, senderinfo } = body as Record<string, string>
  for (const hidden of [secret, senderinfo, bob.toText(), 'receiver', 'senderinfo', 'bob']) {
    assert.not.ok(Buffer.concat([bytes, wire]).includes(hidden ?? ''), hidden)
  }
})

sealed('problems come sealed too, once both sides know each other', async () => {
  const kdc = await testKdc()
  const alice = await begin(kdc, 'alice')
  const cases: [string, object, number, string][] = [
    ['/userinfo', fields({ receiver: 'bob' }), 409, 'receiver_offline'],
    ['/userinfo', fields({ receiver: 'nobody' }), 404, 'receiver_unknown'],
    ['/userinfo', fields({ receiver: '../x' }), 422, 'invalid_name'],
    ['/userinfo', fields({}), 422, 'invalid_request'],
    ['/userinfo', { receiver: 'bob', time: START }, 422, 'invalid_request'],
    ['/userinfo', { ...fields({ receiver: 'bob' }), id: 'short' }, 422, 'invalid_request'],
    ['/listen', fields({ port: 0 }), 422, 'invalid_request'],
    ['/listen', fields({ port: 1 }, START - 301), 401, 'clock_wrong'],
    ['/listen', fields({ port: 1 }, START + 301), 401, 'clock_wrong'],
  ]
  for (const [path, body, status, code] of cases) {
    const answer = await ask(kdc, alice, path, body)
    assert.equal([answer.reply.status, answer.body.code], [status, code], JSON.stringify(body))
    assert.is(answer.reply.time, START, 'a client with a wrong clock learns the right time')
  }
  kdc.time.now += 43200
  const late = await ask(kdc, alice, '/listen', fields({ port: 1 }, kdc.time.now))
  assert.is(late.body.code, 'token_expired')
})

sealed('with any bit changed, or for another path, are refused and do nothing', async () => {
  const kdc = await testKdc()
  const bob = await begin(kdc, 'bob')
  const { bytes } = sealRequest(bob, 'POST /listen', fields({ port: 4444 }))
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const response = await send(kdc, '/listen', changed)
    const { code } = (await response.json()) as { code: string }
    assert.is(code, bit >= 8 && bit < 17 * 8 ? 'token_unknown' : 'request_refused', `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length += 7) {
    assert.ok((await send(kdc, '/listen', bytes.subarray(0, length))).status >= 400)
  }
  assert.is((await send(kdc, '/logout', bytes)).status, 400)
  assert.is(await kdc.store.sessions.findListener('bob', at(START)), undefined)
  assert.is((await send(kdc, '/listen', bytes)).status, 200, 'as it was meant, it is taken')
})

sealed('a recorded one, sent again, undoes nothing, and its answer is another', async () => {
  const kdc = await testKdc()
  const bob = await begin(kdc, 'bob')
  const old = await ask(kdc, bob, '/listen', fields({ port: 1111 }))
  kdc.time.now += 1
  await ask(kdc, bob, '/listen', fields({ port: 2222 }, START + 1))
  const [once, twice] = await Promise.all([send(kdc, '/listen', old.bytes), send(kdc, '/listen', old.bytes)])
  assert.is((await kdc.store.sessions.findListener('bob', at(START)))?.endpoint.port, 2222)
  assert.not.equal(
    Buffer.from(await once.arrayBuffer()).toString('hex'),
    Buffer.from(await twice.arrayBuffer()).toString('hex'),
    'no key ever seals twice',
  )
})

sealed('one that was held back does not undo what was said since, by whatever session', async () => {
  const kdc = await testKdc()
  const [old, fresh] = [await begin(kdc, 'bob'), await begin(kdc, 'bob')]
  const held = sealRequest(old, 'POST /listen', fields({ port: 1111 }))
  await ask(kdc, fresh, '/listen', fields({ port: 2222 }))
  assert.is((await send(kdc, '/listen', held.bytes)).status, 200)
  assert.is((await kdc.store.sessions.findListener('bob', at(START)))?.endpoint.port, 2222)
  // A heartbeat counts, although it says nothing new: what was held back before it comes too late.
  const older = sealRequest(fresh, 'POST /listen', fields({ port: 3333 }, START + 9))
  kdc.time.now += 11
  await ask(kdc, fresh, '/listen', fields({ port: 2222 }, START + 10))
  await send(kdc, '/listen', older.bytes)
  assert.is((await kdc.store.sessions.findListener('bob', at(START)))?.endpoint.port, 2222)
  // And who means to take the place takes it.
  await ask(kdc, old, '/listen', fields({ port: 4444 }, START + 11))
  assert.is((await kdc.store.sessions.findListener('bob', at(START)))?.endpoint.port, 4444)
})

sealed(
  'a client whose clock is ahead does not keep the principal’s other sessions from being heeded',
  async () => {
    const kdc = await testKdc()
    const [ahead, right] = [await begin(kdc, 'bob'), await begin(kdc, 'bob')]
    await ask(kdc, ahead, '/listen', fields({ port: 1111 }, START + 200))
    kdc.time.now += 1
    await ask(kdc, right, '/listen', fields({ port: 2222 }, START + 1))
    assert.is((await kdc.store.sessions.findListener('bob', at(START)))?.endpoint.port, 2222)
  },
)

sealed('whatever is thrown behind the seal is answered sealed, and logged', async () => {
  const kdc = await testKdc()
  const bob = await begin(kdc, 'bob')
  for (const thrown of [new Error('a mistake'), 'no error at all']) {
    kdc.store.sessions.listen = () => Promise.reject(thrown)
    const { reply, body } = await ask(kdc, bob, '/listen', fields({ port: 1111 }))
    assert.equal([reply.status, body.code], [500, 'internal'])
  }
  assert.is(kdc.log.events.filter(({ event }) => event === 'internal_error').length, 2)
})

sealed('the answer to one request does not pass for the answer to another', async () => {
  const kdc = await testKdc()
  const bob = await begin(kdc, 'bob')
  const route = 'POST /listen'
  const [one, two] = [1, 2].map((port) => sealRequest(bob, route, fields({ port })))
  assert.ok(one && two)
  const answer = new Uint8Array(await (await send(kdc, '/listen', one.bytes)).arrayBuffer())
  openReply(bob, route, one.salt, answer)
  assert.throws(() => openReply(bob, route, two.salt, answer), /does not open|do not open/)
  assert.throws(() => openReply(bob, 'POST /logout', one.salt, answer), /do not open/)
})

const login = suite('login without showing the password')

/** A KDC whose accounts have real OPAQUE records. */
async function opaqueKdc() {
  await opaque.ready
  const kdc = await testKdc()
  const passwords = createPasswordChecker(kdc.opaqueKeys.setup, { workers: 1 })
  const record = await passwords.register('dora', PASSWORD)
  await passwords.close()
  await kdc.store.accounts.create({ username: 'dora', record, createdAt: START })
  return kdc
}

/** The client's part of the start, and of the finish if it gets so far. */
async function start(kdc: Kdc, username: string, password = PASSWORD) {
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password })
  const { status, json } = await kdc.post('/login/start', { username, request: startLoginRequest }, FAR_AWAY)
  assert.is(status, 200)
  const finished = opaque.client.finishLogin({
    clientLoginState,
    loginResponse: json.response,
    password,
    identifiers: identifiers(username),
    keyStretching: KEY_STRETCHING,
  })
  return { state: json.state as string, finished, response: json.response as string }
}

login('both sides derive the token, and neither sends it', async () => {
  const kdc = await opaqueKdc()
  const { state, finished } = await start(kdc, 'dora')
  assert.ok(finished)
  assert.is(finished.serverStaticPublicKey, opaque.server.getPublicKey(kdc.opaqueKeys.setup))
  const finish = { username: 'dora', state, finish: finished.finishLoginRequest }
  // A port that somebody on the way puts in is not heeded.
  const { status, json, text } = await kdc.post('/login/finish', { ...finish, port: 4444 }, FAR_AWAY)
  assert.equal([status, json], [200, { username: 'dora', expires_at: START + 43200, time: START }])
  const token = tokenOf(finished.sessionKey)
  assert.not.match(text, token.toText())
  const { body } = await ask(kdc, token, '/userinfo', fields({ receiver: 'dora' }))
  assert.is(body.code, 'receiver_offline')
})

login('neither the master key nor the data directory alone finishes a login for somebody else', async () => {
  const kdc = await opaqueKdc()
  const { state } = await start(kdc, 'dora', 'wrong')
  const [others, own] = [await generateOpaqueKeys(), kdc.opaqueKeys]
  throws(
    () => openLoginState({ masterKeys: kdc.masterKeys, opaqueKeys: others }, 'dora', state),
    'decryption_failed',
  )
  assert.is(openLoginState({ masterKeys: generateMasterKeys(), opaqueKeys: own }, 'dora', state), undefined)
  assert.ok(openLoginState(kdc, 'dora', state)?.state.opaque, 'both do: the refusals are for want of one')
})

login('a login from the future is not finished: here it may be forgotten that it was', async () => {
  const kdc = await opaqueKdc()
  const { state, finished } = await start(kdc, 'dora')
  const finish = { username: 'dora', state, finish: finished?.finishLoginRequest }
  kdc.time.now -= 61
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 401)
  kdc.time.now += 1
  assert.is((await kdc.post('/login/finish', finish, FAR_AWAY)).status, 200)
})

login('a wrong password cannot finish, nor an unknown name, and their starts look alike', async () => {
  const kdc = await opaqueKdc()
  const wrong = await start(kdc, 'dora', 'wrong')
  const unknown = await start(kdc, 'ghost')
  assert.is(wrong.finished, undefined)
  assert.is(unknown.finished, undefined)
  assert.is(unknown.response.length, wrong.response.length)
  assert.is(unknown.state.length, wrong.state.length)
  const made = toBase64url(secureRandomBytes(64))
  const answers = []
  for (const [username, { state }] of [
    ['dora', wrong],
    ['ghost', unknown],
  ] as const) {
    answers.push((await kdc.post('/login/finish', { username, state, finish: made })).text)
  }
  assert.is(answers[0], answers[1])
  assert.is(JSON.parse(answers[0] ?? '').code, 'login_refused')
})

login('a login is finished once; a finish that was recorded brings no session back', async () => {
  const kdc = await opaqueKdc()
  const { state, finished } = await start(kdc, 'dora')
  const finish = { username: 'dora', state, finish: finished?.finishLoginRequest }
  const first = await kdc.post('/login/finish', finish)
  assert.is(first.status, 200)
  kdc.time.now += 5
  const again = await kdc.post('/login/finish', finish)
  assert.is(again.json.expires_at, first.json.expires_at, 'an answer that was lost is given again')
  kdc.time.now -= 5
  const token = tokenOf(finished?.sessionKey ?? '')
  await ask(kdc, token, '/logout', fields({}))
  assert.is((await kdc.post('/login/finish', finish)).json.code, 'login_refused')
})

login('a node that is ahead forgets no finish that one which is behind still takes', async () => {
  const kdc = await opaqueKdc()
  const ahead = kdc.time.now
  const { state, finished } = await start(kdc, 'dora')
  const finish = { username: 'dora', state, finish: finished?.finishLoginRequest }
  const id = openLoginState(kdc, 'dora', state)?.id as Uint8Array
  kdc.time.now = ahead - 60
  assert.is((await kdc.post('/login/finish', finish)).status, 200)
  await ask(kdc, tokenOf(finished?.sessionKey ?? ''), '/logout', fields({}, kdc.time.now))
  for (let sec = 0; sec < 180; sec++) {
    await kdc.store.requests.purge(ahead + sec, 100)
    kdc.time.now = ahead - 60 + sec
    assert.is((await kdc.post('/login/finish', finish)).json.code, 'login_refused', `after ${sec} s`)
  }
  assert.is(await kdc.store.requests.find({ username: 'dora', id }), undefined, 'it takes up no more room')
})

login(
  'a finish without its start, of another’s, too late, or after the password changed is refused',
  async () => {
    const kdc = await opaqueKdc()
    const { state, finished } = await start(kdc, 'dora')
    const finish = finished?.finishLoginRequest
    const other = await start(kdc, 'dora')
    const attempts = [
      { username: 'dora', state: toBase64url(secureRandomBytes(300)), finish },
      { username: 'dora', state: 'no base64url!', finish },
      { username: 'dora', state: other.state, finish },
      { username: 'alice', state, finish },
      { username: 'dora', state, finish: 'AAAA' },
    ]
    for (const attempt of attempts)
      assert.is((await kdc.post('/login/finish', attempt)).json.code, 'login_refused')
    kdc.time.now += 60
    assert.is(
      (await kdc.post('/login/finish', { username: 'dora', state, finish })).json.code,
      'login_refused',
    )
    kdc.time.now -= 60
    await kdc.store.accounts.replaceRecord('dora', 'another record')
    assert.is(
      (await kdc.post('/login/finish', { username: 'dora', state, finish })).json.code,
      'login_refused',
    )
  },
)

login('malformed starts are refused in words', async () => {
  const kdc = await opaqueKdc()
  for (const request of ['', 'AAAA', 'x'.repeat(128), '!']) {
    const { status, json } = await kdc.post('/login/start', { username: 'dora', request })
    assert.equal(
      [status, json.code, json.detail],
      [422, 'invalid_request', 'request: expected an OPAQUE KE1 message'],
    )
  }
})

sealed.run()
login.run()
