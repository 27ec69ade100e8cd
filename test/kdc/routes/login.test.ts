import * as opaque from '@serenity-kit/opaque'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decoyRecord } from '../../../src/kdc/logins/decoy-record.ts'
import type { Store } from '../../../src/kdc/store/store.ts'
import { fromBase64url } from '../../../src/lib/bytes.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { at, PASSWORD, plainPasswords, START, secretOf, testKdc } from '../../helpers/kdc.ts'

/** How many sessions there are, found by ending them all. */
const sessionCount = (store: Store) => store.sessions.endAll()

const login = suite('login')

login('answers a right password with a token of 32 bytes, and says how long it lasts', async () => {
  const { post } = await testKdc()
  const { status, json } = await post('/login', { username: 'alice', password: PASSWORD })
  assert.is(status, 200)
  assert.equal(Object.keys(json), ['token', 'username', 'expires_at', 'time'])
  assert.is(fromBase64url(json.token).length, 32)
  assert.is(json.username, 'alice')
  assert.is(json.time, START)
  assert.is(json.expires_at, START + 12 * 3600)
})

login('gives each session a token of its own', async () => {
  const kdc = await testKdc()
  assert.is.not(await kdc.login('alice'), await kdc.login('alice'))
})

login('refuses a wrong password and an unknown name in the same bytes', async () => {
  const { post } = await testKdc()
  const wrong = await post('/login', { username: 'alice', password: 'wrong' })
  const unknown = await post('/login', { username: 'nobody', password: PASSWORD })
  assert.is(wrong.status, 401)
  assert.is(wrong.json.code, 'login_refused')
  assert.is(wrong.text, unknown.text)
  assert.equal([...wrong.headers], [...unknown.headers])
})

login('does the same work for an unknown name', async () => {
  const asked: (string | null)[] = []
  const { post } = await testKdc({
    passwords: {
      ...plainPasswords,
      check: async (_username, _password, record) => {
        asked.push(record)
        return false
      },
    },
  })
  await post('/login', { username: 'nobody', password: PASSWORD })
  assert.equal(asked, [null])
})

login('begins no session when the password was refused', async () => {
  const { post, store } = await testKdc()
  await post('/login', { username: 'alice', password: 'wrong', port: 4444 })
  assert.is(await store.sessions.findListener('alice', at(START)), undefined)
  assert.is(await sessionCount(store), 0)
})

login('is refused when the password was replaced while it was checked', async () => {
  const kdc = await testKdc({
    passwords: {
      ...plainPasswords,
      check: async () => {
        await kdc.store.accounts.replaceRecord('alice', 'another record')
        return true
      },
    },
  })
  const { json } = await kdc.post('/login', { username: 'alice', password: PASSWORD })
  assert.is(json.code, 'login_refused')
  assert.is(await sessionCount(kdc.store), 0)
})

login('takes a name in any case, and knows it in lower case', async () => {
  const { post } = await testKdc()
  const { json } = await post('/login', { username: 'ALICE', password: PASSWORD })
  assert.is(json.username, 'alice')
})

login('knows a user called __proto__', async () => {
  const { post, store } = await testKdc()
  const before = await post('/login', { username: '__proto__', password: PASSWORD })
  assert.is(before.json.code, 'login_refused')
  await store.accounts.create({ username: '__proto__', record: PASSWORD, createdAt: START })
  const { json } = await post('/login', { username: '__proto__', password: PASSWORD })
  assert.is(json.username, '__proto__')
})

login('stores the token sealed only', async () => {
  const kdc = await testKdc()
  const token = secretOf(await kdc.login('alice'))
  const session = await kdc.store.sessions.find(sessionId(token))
  assert.ok(session)
  assert.is(Buffer.from(session.sealedToken).indexOf(token.reveal()), -1)
})

login('is logged by its user and address, a refused one by the user only if there is one', async () => {
  const { post, log } = await testKdc()
  await post('/login', { username: 'alice', password: PASSWORD, port: 4444 })
  await post('/login', { username: 'alice', password: 'wrong' })
  // Now and then somebody types a password where the name goes.
  await post('/login', { username: 'my-password', password: 'x' })
  const ip_addr = '127.0.0.1'
  assert.equal(log.events, [
    { event: 'login', fields: { username: 'alice', ip_addr, port: 4444 } },
    { event: 'login_refused', fields: { username: 'alice', ip_addr } },
    { event: 'login_refused', fields: { username: undefined, ip_addr } },
  ])
})

login('without showing the password, a name that has no account is not logged either', async () => {
  const { post, log, store, opaqueKeys } = await testKdc()
  await opaque.ready
  await store.accounts.replaceRecord('alice', decoyRecord(opaqueKeys.setup))
  const ip_addr = '127.0.0.1'
  for (const [typed, logged] of [
    ['alice', 'alice'],
    ['my-password', undefined],
  ]) {
    log.events.length = 0
    const { startLoginRequest: request } = opaque.client.startLogin({ password: 'x' })
    const { json: started } = await post('/login/start', { username: typed, request })
    const finish = { username: typed, state: started.state, finish: 'AAAA' }
    assert.is((await post('/login/finish', finish)).json.code, 'login_refused')
    assert.equal(log.events, [
      { event: 'login_started', fields: { username: logged, ip_addr } },
      { event: 'login_refused', fields: { username: logged, ip_addr } },
    ])
    assert.not.match(JSON.stringify(log.events), 'my-password')
  }
})

login.run()
