import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { at, START, secretOf, testKdc } from '../../helpers/kdc.ts'
import { send } from '../../helpers/kdc-opaque.ts'
import { classKdc, newId, type Principal, principal } from '../../helpers/kdc-principals.ts'

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

/** Bob's receivers, each in a session of its own, at a port of its own, with a lease of a minute. */
async function receivers() {
  const kdc = await classKdc(['alice', 'bob'])
  const say = (who: Principal, port: number, since: number, id?: string) =>
    who.ask('/listen', { port, lease: 60, since }, id)
  const receiver = async (port: number, since = kdc.time.now) => {
    const who = await principal(kdc, 'bob')
    const listens = (id?: string) => say(who, port, since, id)
    return { who, listens, first: (await listens()).body }
  }
  const online = async () =>
    (await kdc.who('alice').ask('/users/online', { usernames: ['bob'] })).body.users[0].online
  const reached = async () => {
    const { body } = await kdc.who('alice').ask('/userinfo', { receiver: 'bob' })
    return body.port ?? body.code
  }
  return { kdc, say, receiver, online, reached }
}

const place = (port: number, since: number) => ({ ip_addr: '192.0.2.7', port, since })

listen('a lease ends a minute after the last word: away, for everybody and in every list', async () => {
  const { kdc, receiver, online, reached } = await receivers()
  const bob = await receiver(1111)
  assert.equal(bob.first, {
    ip_addr: '192.0.2.7',
    port: 1111,
    expires_at: START + 12 * 3600,
    lease_until: START + 60,
    chosen: true,
    others: [],
    time: START,
  })
  kdc.time.now += 15
  assert.is((await bob.listens()).body.lease_until, START + 75)
  kdc.time.now = START + 74
  assert.equal([await online(), await reached()], [true, 1111])
  kdc.time.now = START + 75
  assert.equal([await online(), await reached()], [false, 'receiver_offline'])
  const { body } = await kdc.who('bob').ask('/sessions')
  assert.equal(
    body.sessions.filter((session: { listens_at?: object }) => session.listens_at),
    [],
  )
  const all = await kdc.who('alice').ask('/users/online', {})
  assert.equal(all.body.users, [])
  // It was cut off, and comes back.
  assert.is((await bob.listens()).body.chosen, true)
  assert.equal([await online(), await reached()], [true, 1111])
})

listen('a client without a lease is there as long as its session, however the port was said', async () => {
  const { kdc, online, reached } = await receivers()
  await kdc.login('bob', 1111)
  kdc.time.now += 3000
  assert.equal([await online(), await reached()], [true, 1111])
  const { status, body } = await kdc.who('bob').ask('/listen', { port: 2222 })
  assert.is(status, 200)
  assert.equal(Object.keys(body).sort(), ['expires_at', 'ip_addr', 'port', 'time'])
  kdc.time.now += 3000
  assert.equal([await online(), await reached()], [true, 2222])
})

listen(
  'of several, the one that began last is reached, until it ends; each is told of the others',
  async () => {
    const { kdc, receiver, reached } = await receivers()
    const first = await receiver(1111)
    kdc.time.now += 5
    const second = await receiver(2222)
    assert.equal([second.first.chosen, second.first.others], [true, [place(1111, START)]])
    for (let turn = 0; turn < 3; turn++) {
      kdc.time.now += 15
      const { body } = await first.listens()
      assert.equal([body.chosen, body.others], [false, [place(2222, START + 5)]])
      assert.is((await second.listens()).body.chosen, true)
      assert.is(await reached(), 2222)
    }
    await second.who.ask('/logout')
    assert.is(await reached(), 1111)
    const { body } = await first.listens()
    assert.equal([body.chosen, body.others], [true, []])
  },
)

listen('which one is reached stays the same when they log in anew, in whatever order', async () => {
  for (const order of [
    [1111, 2222],
    [2222, 1111],
  ]) {
    // In the same second, too, once the later one knows of the other.
    for (const later of [0, 5]) {
      const { kdc, say, receiver, reached } = await receivers()
      await receiver(1111)
      kdc.time.now += later
      await receiver(2222)
      const since = new Map([
        [1111, START],
        [2222, START + Math.max(later, 1)],
      ])
      kdc.time.now = START + 10
      await kdc.store.sessions.endOf('bob')
      for (const port of order) await say(await principal(kdc, 'bob'), port, since.get(port) ?? 0)
      assert.is(await reached(), 2222)
    }
  }
})

listen('when the last one is killed, the one before is reached after a minute', async () => {
  const { kdc, receiver, reached } = await receivers()
  const first = await receiver(1111)
  kdc.time.now += 5
  await receiver(2222)
  kdc.time.now += 59
  await first.listens()
  assert.is(await reached(), 2222)
  kdc.time.now += 1
  assert.is(await reached(), 1111)
  assert.is((await first.listens()).body.chosen, true)
})

listen('a session of before at the same place is no other receiver', async () => {
  const { kdc, say, receiver } = await receivers()
  await receiver(1111)
  kdc.time.now += 5
  const { body } = await say(await principal(kdc, 'bob'), 1111, START)
  assert.equal([body.chosen, body.others], [true, []])
})

listen('one that is ahead of the KDC’s clock has begun now: it is not the last for ever', async () => {
  const { kdc, receiver, reached } = await receivers()
  const ahead = await receiver(1111, START + 1_000_000)
  assert.is(ahead.first.chosen, true)
  kdc.time.now += 1
  await receiver(2222)
  assert.is(await reached(), 2222)
})

listen('a renewal that comes again makes no lease longer', async () => {
  const { kdc, receiver, online } = await receivers()
  const bob = await receiver(1111)
  kdc.time.now += 10
  const id = newId()
  await bob.listens(id)
  for (const later of [30, 59]) {
    kdc.time.now = START + 10 + later
    // Sent again by its client, too, which has another time then.
    assert.is((await bob.listens(id)).body.lease_until, START + 70)
  }
  kdc.time.now = START + 70
  await bob.listens(id)
  assert.is(await online(), false)
})

listen('a renewal that was held back takes the place of no receiver that began later', async () => {
  const { kdc, receiver, reached } = await receivers()
  const first = await receiver(1111)
  kdc.time.now += 5
  const held = sealRequest(first.who.token, 'POST /listen', {
    ...{ port: 1111, lease: 60, since: START, id: newId(), time: kdc.time.now },
  })
  kdc.time.now += 60
  const second = await receiver(2222)
  await send(kdc, '/listen', SEALED_TYPE, held.bytes, '192.0.2.7')
  assert.is(await reached(), 2222)
  await second.who.ask('/logout')
  // Nor does one that its own session has outdone.
  kdc.time.now += 10
  await first.listens()
  const older = sealRequest(first.who.token, 'POST /listen', {
    ...{ port: 4444, lease: 3600, since: kdc.time.now, id: newId(), time: kdc.time.now - 5 },
  })
  await send(kdc, '/listen', SEALED_TYPE, older.bytes, '192.0.2.7')
  assert.is(await reached(), 1111)
  kdc.time.now += 60
  assert.is(await reached(), 'receiver_offline')
})

for (const jump of [3000, -30, -250]) {
  listen(
    `the KDC’s clock jumps by ${jump} s: who speaks is reached, who does not is away in the end`,
    async () => {
      const { kdc, receiver, online, reached } = await receivers()
      const bob = await receiver(1111)
      kdc.time.now += jump
      for (let n = 0; n < 40; n++) {
        kdc.time.now += 15
        await bob.listens()
        assert.equal([await online(), await reached()], [true, 1111], `after ${15 * n} s`)
      }
      kdc.time.now += 60
      assert.is(await online(), false)
    },
  )
}

listen('a lease out of bounds, or a beginning that is no time, is refused, and nobody listens', async () => {
  const { kdc, online } = await receivers()
  for (const [fields, words] of [
    [{ lease: 14 }, 'lease: expected a whole number from 15 to 3600'],
    [{ lease: 3601 }, 'lease: expected a whole number from 15 to 3600'],
    [{ lease: 15.5 }, 'lease: expected a whole number from 15 to 3600'],
    [{ lease: '60' }, 'lease: expected a whole number from 15 to 3600'],
    [{ lease: null }, 'lease: expected a whole number from 15 to 3600'],
    [{ since: -1 }, 'since: expected a whole number from 0 on'],
    [{ since: 1e300 }, 'since: expected a whole number from 0 on'],
    [{ since: 'now' }, 'since: expected a whole number from 0 on'],
  ] as const) {
    const request = { ...{ port: 1111, lease: 60 }, ...fields }
    const { status, body } = await kdc.who('bob').ask('/listen', request)
    assert.equal([status, body.code, body.detail], [422, 'invalid_request', words])
  }
  assert.is(await online(), false)
})

listen('whose lease has ended gives way like any other session that is not used', async () => {
  const { kdc, receiver } = await receivers()
  const lapsed = await receiver(1111)
  const seed = secretOf(await kdc.login('bob', 2222))
  kdc.time.now += 61
  for (let n = 0; n < 100; n++) await kdc.login('bob')
  assert.is(await kdc.store.sessions.find(sessionId(lapsed.who.token)), undefined)
  assert.ok(await kdc.store.sessions.find(sessionId(seed)))
})

listen.run()
