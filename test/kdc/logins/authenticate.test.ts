/** The check of the token, at each exchange that has one. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sessionId } from '../../../src/lib/ticket.ts'
import { secretOf, testKdc } from '../../helpers/kdc.ts'

const authenticate = suite('authenticate')

const EXCHANGES = [
  ['/userinfo', { receiver: 'bob' }],
  ['/listen', { port: 4444 }],
  ['/logout', {}],
] as const

for (const [path, fields] of EXCHANGES) {
  authenticate(`${path} refuses what is not this user’s token`, async () => {
    const kdc = await testKdc()
    const [alice, bob] = [await kdc.login('alice'), await kdc.login('bob')]
    const changed = `${alice[0] === 'A' ? 'B' : 'A'}${alice.slice(1)}`
    const sid = Buffer.from(sessionId(secretOf(alice))).toString('base64url')
    for (const token of ['', 'x', bob, changed, `${alice}A`, `${alice}=`, sid, 'A'.repeat(43)]) {
      const { status, json } = await kdc.post(path, { username: 'alice', token, ...fields })
      assert.equal([status, json.code], [401, 'token_unknown'], token)
    }
    const stranger = await kdc.post(path, { username: 'carol', token: alice, ...fields })
    assert.is(stranger.json.code, 'token_unknown')
  })

  authenticate(`${path} refuses a token when its session has ended`, async () => {
    const kdc = await testKdc({ sessionLifetimeSec: 100 })
    const token = await kdc.login('alice')
    await kdc.login('bob', 1111)
    kdc.time.now += 99
    const request = { username: 'alice', token, ...fields }
    if (path !== '/logout') assert.is((await kdc.post(path, request)).status, 200)
    kdc.time.now += 1
    const { status, json } = await kdc.post(path, request)
    assert.equal([status, json.code], [401, 'token_expired'])
  })

  authenticate(`${path} refuses a token after logout, and after the password changed`, async () => {
    const kdc = await testKdc()
    const [first, second] = [await kdc.login('alice'), await kdc.login('alice')]
    const { status, json } = await kdc.post('/logout', { username: 'alice', token: first })
    assert.equal([status, Object.keys(json)], [200, ['time']])
    const late = await kdc.post(path, { username: 'alice', token: first, ...fields })
    assert.is(late.json.code, 'token_unknown')
    await kdc.store.accounts.replaceRecord('alice', 'another')
    const later = await kdc.post(path, { username: 'alice', token: second, ...fields })
    assert.is(later.json.code, 'token_unknown')
  })
}

authenticate('a logout ends its own session only', async () => {
  const kdc = await testKdc()
  const [first, second] = [await kdc.login('alice'), await kdc.login('alice')]
  await kdc.post('/logout', { username: 'alice', token: first })
  const { status } = await kdc.post('/listen', { username: 'alice', token: second, port: 1 })
  assert.is(status, 200)
})

authenticate('a token does not open the row of another session, whatever the database says', async () => {
  const kdc = await testKdc()
  const [alice, bob] = [await kdc.login('alice'), await kdc.login('bob')]
  const findSession = kdc.store.sessions.find.bind(kdc.store.sessions)
  const [aliceSid, bobSid] = [sessionId(secretOf(alice)), sessionId(secretOf(bob))]
  const bobsRow = await findSession(bobSid)
  assert.ok(bobsRow)
  // Alice's sid finds Bob's sealed token under Bob's name: neither gets her in as him.
  kdc.store.sessions.find = async () => bobsRow
  const moved = await kdc.post('/listen', { username: 'bob', token: alice, port: 1 })
  assert.is(moved.json.code, 'token_unknown')
  kdc.store.sessions.find = async () => ({ ...bobsRow, sid: aliceSid })
  const relabelled = await kdc.post('/listen', { username: 'bob', token: alice, port: 1 })
  assert.is(relabelled.status, 500)
})

authenticate.run()
