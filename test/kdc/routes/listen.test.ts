import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { at, START, secretOf, testKdc } from '../../helpers/kdc.ts'
import { send } from '../../helpers/kdc-opaque.ts'
import { newId } from '../../helpers/kdc-principals.ts'

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

for (const ahead of [0, 200]) {
  listen(`a copy of a request leads nowhere, sent by a clock that is ${ahead} s ahead`, async () => {
    const kdc = await testKdc()
    const token = secretOf(await kdc.login('bob'))
    const say = (port: number) =>
      sealRequest(token, 'POST /listen', { port, id: newId(), time: kdc.time.now + ahead }).bytes
    const post = (bytes: Uint8Array, from: string) => send(kdc, '/listen', SEALED_TYPE, bytes, from)
    const leadsTo = async (port: number) => {
      const [session] = await kdc.store.sessions.list('bob', at(kdc.time.now))
      assert.equal(session?.endpoint, { address: '192.0.2.7', port })
    }
    const recorded = say(4444)
    await post(recorded, '192.0.2.7')
    kdc.time.now += 50
    assert.is((await post(recorded, '203.0.113.66')).status, 200)
    await leadsTo(4444)
    await post(say(5555), '192.0.2.7')
    for (const address of ['192.0.2.7', '203.0.113.66']) {
      kdc.time.now += 50
      await post(recorded, address)
      await leadsTo(5555)
    }
  })
}

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
