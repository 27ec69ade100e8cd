import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { START, testKdc } from '../../helpers/kdc.ts'

const listen = suite('listen')

/** Where the KDC sends those who ask for bob. */
async function whereIsBob(kdc: Awaited<ReturnType<typeof testKdc>>): Promise<number | string> {
  const request = { username: 'alice', token: await kdc.login('alice'), receiver: 'bob' }
  const { json } = await kdc.post('/userinfo', request)
  return json.port ?? json.code
}

listen('makes a session reachable, and says where', async () => {
  const kdc = await testKdc({ allowPlaintext: true })
  const token = await kdc.login('bob')
  const { status, json } = await kdc.post('/listen', { username: 'bob', token, port: 4444 }, '192.0.2.7')
  assert.is(status, 200)
  assert.equal(json, { ip_addr: '192.0.2.7', port: 4444, expires_at: START + 12 * 3600, time: START })
  assert.is(await whereIsBob(kdc), 4444)
})

listen('the session that spoke last is the one that is reached', async () => {
  const kdc = await testKdc()
  const first = await kdc.login('bob', 1111)
  await kdc.login('bob', 2222)
  assert.is(await whereIsBob(kdc), 2222)
  await kdc.post('/listen', { username: 'bob', token: first, port: 1112 })
  assert.is(await whereIsBob(kdc), 1112)
})

listen('a heartbeat takes nobody’s place', async () => {
  const kdc = await testKdc()
  const first = await kdc.login('bob', 1111)
  await kdc.login('bob', 2222)
  await kdc.post('/listen', { username: 'bob', token: first, port: 1111 })
  assert.is(await whereIsBob(kdc), 2222)
})

listen('a login that listens nowhere takes nobody’s place', async () => {
  const kdc = await testKdc()
  await kdc.login('bob', 1111)
  await kdc.login('bob')
  assert.is(await whereIsBob(kdc), 1111)
})

listen('when the last one leaves, the one before is reached again', async () => {
  const kdc = await testKdc()
  await kdc.login('bob', 1111)
  const second = await kdc.login('bob', 2222)
  await kdc.post('/logout', { username: 'bob', token: second })
  assert.is(await whereIsBob(kdc), 1111)
})

listen('is logged when it is news, and not when it is a heartbeat', async () => {
  const kdc = await testKdc()
  const token = await kdc.login('bob')
  for (let i = 0; i < 3; i++) await kdc.post('/listen', { username: 'bob', token, port: 4444 })
  const events = kdc.log.events.filter(({ event }) => event === 'listening')
  assert.equal(events, [
    { event: 'listening', fields: { username: 'bob', ip_addr: '127.0.0.1', port: 4444 } },
  ])
})

listen.run()
