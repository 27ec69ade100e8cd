/** Whose key is whose, and key packages: docs/protocol.md §7.1. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { purge } from '../../../src/kdc/create-kdc.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { at, PASSWORD, START, temporaryDirectory } from '../../helpers/kdc.ts'
import {
  anotherNode,
  bytes,
  classKdc,
  elsewhere,
  newId,
  type Principal,
  principal,
} from '../../helpers/kdc-principals.ts'

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())

const find = async (who: Principal, ...usernames: string[]) =>
  (await who.ask('/identity/find', { usernames })).body.identities

const put = (who: Principal, fill: number, id?: string) =>
  who.ask('/identity/put', { signature_key: bytes(32, fill) }, id)

const identity = suite('identities')

identity('is found by everybody, as it was put there; who has none is left out', async () => {
  const { who, time } = await classKdc(['__proto__', 'alice', 'bob'])
  assert.equal((await put(who('alice'), 1)).body, { time: START })
  time.now += 5
  await put(who('__proto__'), 2)
  assert.equal(await find(who('bob'), 'ALICE', 'bob', '__proto__', 'nobody'), [
    { username: 'alice', signature_key: bytes(32, 1), since: START, earlier: [] },
    { username: '__proto__', signature_key: bytes(32, 2), since: START + 5, earlier: [] },
  ])
  assert.equal(await find(who('bob')), [])
})

identity('a new one takes the place of the old one, and its packages go with it', async () => {
  const { who, time, log } = await classKdc(['alice', 'bob'])
  await put(who('alice'), 1)
  await who('alice').ask('/key-packages/put', { packages: [bytes(5, 1)], last_resort: bytes(5, 9) })
  time.now += 5
  await put(who('alice'), 1)
  assert.is((await who('alice').ask('/key-packages/count')).body.count, 1)
  assert.is((await find(who('bob'), 'alice'))[0].since, START, 'the same again is no news')
  await put(who('alice'), 2)
  assert.equal(await find(who('bob'), 'alice'), [
    {
      username: 'alice',
      signature_key: bytes(32, 2),
      since: START + 5,
      earlier: [{ signature_key: bytes(32, 1) }],
    },
  ])
  const taken = await who('bob').ask('/key-packages/take', { usernames: ['alice'] })
  assert.equal(taken.body, { packages: [], missing: ['alice'], time: START + 5 })
  assert.is(log.events.filter(({ event }) => event === 'identity_put').length, 3)
})

/** The keys of before, by what they are filled with. */
const earlier = async (who: Principal, username: string) =>
  (await find(who, username))[0].earlier.map(
    (past: { signature_key: string }) => Buffer.from(past.signature_key, 'base64url')[0],
  )

identity('those of before are known: each once, the newest first, and not the one that is', async () => {
  const { who } = await classKdc(['alice', 'bob'])
  for (const fill of [1, 2, 2, 3, 1]) await put(who('alice'), fill)
  await put(who('bob'), 9)
  assert.equal(await earlier(who('bob'), 'alice'), [3, 2])
  await put(who('alice'), 2)
  assert.equal(await earlier(who('bob'), 'alice'), [1, 3])
  assert.equal(await earlier(who('bob'), 'bob'), [])
})

identity('the last 32 of before are known', async () => {
  const kdc = await classKdc(['alice', 'bob'])
  const alice = async () => {
    kdc.time.now += 3600
    return principal(kdc, 'alice')
  }
  for (let fill = 1; fill <= 35; fill++) await put(await alice(), fill)
  const newest = Array.from({ length: 32 }, (_, i) => 34 - i)
  assert.equal(await earlier(await principal(kdc, 'bob'), 'alice'), newest)
  await put(await alice(), 34)
  assert.equal(await earlier(await principal(kdc, 'bob'), 'alice'), [35, ...newest.slice(1)])
})

identity(
  'a principal has so many at once, then so many in a time; what came before is not counted',
  async () => {
    const kdc = await classKdc(['alice', 'bob'])
    const { who, time } = kdc
    const id = newId()
    for (let fill = 1; fill < 20; fill++) await put(who('alice'), fill)
    assert.is((await put(who('alice'), 20, id)).status, 200)
    assert.is((await put(who('alice'), 21)).body.code, 'too_many_attempts')
    assert.is((await put(who('alice'), 20, id)).status, 200)
    assert.is((await put(who('bob'), 21)).status, 200)
    time.now += 3600
    assert.is((await put(await principal(kdc, 'alice'), 21)).status, 200)
  },
)

identity('takes a login of the last five minutes, and a stolen session uses up nothing', async () => {
  const kdc = await classKdc(['alice', 'bob'])
  const { who, time } = kdc
  await put(who('alice'), 1)
  time.now += 300
  assert.is((await put(who('alice'), 1)).status, 200)
  time.now += 1
  for (let n = 0; n < 30; n++) {
    const { status, body } = await put(who('alice'), n)
    assert.equal([status, body.code], [401, 'login_stale'])
  }
  const found = await find(who('bob'), 'alice')
  assert.equal([found[0].signature_key, found[0].earlier], [bytes(32, 1), []])
  assert.is((await put(await principal(kdc, 'alice'), 2)).status, 200)
  // What is said with any session goes on.
  const packages = { packages: [bytes(5)], signature_key: bytes(32, 2) }
  assert.is((await who('alice').ask('/key-packages/put', packages)).status, 200)
})

identity('a recorded request does not bring an old one back', async () => {
  const { who } = await classKdc(['alice'])
  const id = newId()
  await put(who('alice'), 1, id)
  await put(who('alice'), 2)
  assert.is((await put(who('alice'), 1, id)).status, 200)
  assert.is((await find(who('alice'), 'alice'))[0].signature_key, bytes(32, 2))
})

identity('what is malformed, too much, or not sealed is refused', async () => {
  const kdc = await classKdc(['alice'])
  const alice = kdc.who('alice')
  const many = (count: number) => Array.from({ length: count }, (_, i) => `a${'x'.repeat(60)}${i}`.slice(-64))
  const cases: [string, object, number, string][] = [
    ['/identity/put', { signature_key: bytes(31) }, 422, 'invalid_request'],
    ['/identity/put', { signature_key: bytes(33) }, 422, 'invalid_request'],
    ['/identity/put', { signature_key: `${bytes(32)}=` }, 422, 'invalid_request'],
    ['/identity/put', { signature_key: 5 }, 422, 'invalid_request'],
    ['/identity/put', {}, 422, 'invalid_request'],
    ['/identity/find', { usernames: many(1001) }, 422, 'invalid_request'],
    ['/identity/find', { usernames: ['bob', 'Bob'] }, 422, 'invalid_request'],
    ['/identity/find', { usernames: ['../bob'] }, 422, 'invalid_name'],
    ['/identity/find', { usernames: 'bob' }, 422, 'invalid_request'],
    ['/identity/find', { usernames: ['bob'], much: 'x'.repeat(140_000) }, 413, 'body_too_large'],
    ['/identity/put', { signature_key: bytes(32), much: 'x'.repeat(17_000) }, 413, 'body_too_large'],
  ]
  for (const [path, body, status, code] of cases) {
    const answer = await alice.ask(path, body)
    assert.equal([answer.status, answer.body.code], [status, code], JSON.stringify(body).slice(0, 80))
  }
  assert.is((await alice.ask('/identity/find', { usernames: many(1000) })).status, 200)
  const token = await kdc.login('alice')
  const plain = await kdc.post('/identity/put', { username: 'alice', token, signature_key: bytes(32) })
  assert.equal([plain.status, plain.json.code], [400, 'request_refused'])
})

identity('goes with the account; the next of that name has none', async () => {
  const kdc = await classKdc(['alice', 'bob'])
  await put(kdc.who('alice'), 3)
  await put(kdc.who('alice'), 1)
  await kdc.who('alice').ask('/key-packages/put', { packages: [bytes(5)] })
  await kdc.store.accounts.delete('alice')
  await kdc.store.accounts.create({ username: 'alice', record: PASSWORD, createdAt: START })
  assert.equal(await find(kdc.who('bob'), 'alice'), [])
  const again = await principal(kdc, 'alice')
  assert.is((await again.ask('/key-packages/count')).body.count, 0)
  await put(again, 2)
  assert.equal(await earlier(kdc.who('bob'), 'alice'), [], 'nor has it those of the one before')
})

const packages = suite('key packages')

/** A KDC where alice and bob have an identity. */
async function withIdentities() {
  const kdc = await classKdc(['alice', 'bob', 'carol'])
  await put(kdc.who('alice'), 1)
  await put(kdc.who('bob'), 2)
  return kdc
}

const take = async (who: Principal, ...usernames: string[]) =>
  (await who.ask('/key-packages/take', { usernames })).body

packages('are given once each, the oldest first; then the last resort, again and again', async () => {
  const { who, log } = await withIdentities()
  const stored = await who('bob').ask('/key-packages/put', {
    packages: [bytes(5, 1), bytes(5, 2)],
    last_resort: bytes(5, 9),
  })
  assert.equal(stored.body, { count: 2, time: START })
  await who('bob').ask('/key-packages/put', { packages: [bytes(5, 0)] })
  assert.equal(log.events.at(-1), {
    event: 'key_packages_stored',
    fields: { username: 'bob', packages: 1, last_resort: false },
  })
  const got = []
  for (let i = 0; i < 5; i++) got.push((await take(who('alice'), 'bob')).packages[0].package)
  assert.equal(
    got,
    [1, 2, 0, 9, 9].map((fill) => bytes(5, fill)),
  )
  assert.is((await who('bob').ask('/key-packages/count')).body.count, 0)
})

packages('that have expired are given to nobody; the last resort stays', async () => {
  const kdc = await withIdentities()
  const { who, time, store } = kdc
  const day = 24 * 60 * 60
  await who('bob').ask('/key-packages/put', { packages: [bytes(5, 1)], last_resort: bytes(5, 9) })
  const later = START + 87 * day
  const purgeAt = (now: number) => store.purge({ now, idleSince: 0, keepSince: 0 }, 100)
  await store.keyPackages.put(
    { username: 'bob', id: new Uint8Array(16).fill(7), forgetAt: later },
    { packages: [new Uint8Array(5).fill(2)], limit: 200, now: later },
  )
  await purgeAt(later)
  assert.is(await store.keyPackages.count('bob'), 2)
  await purgeAt(START + 88 * day)
  assert.is(await store.keyPackages.count('bob'), 1)
  assert.ok(time.now < later)
  const taken = async (id: number) =>
    (
      await store.keyPackages.take({ username: 'alice', id: new Uint8Array(16).fill(id), forgetAt: later }, [
        'bob',
      ])
    )?.get('bob')?.[0]
  assert.equal([await taken(1), await taken(2)], [2, 9])
})

packages('of several are taken at once; who has none is missing', async () => {
  const { who } = await withIdentities()
  await who('alice').ask('/key-packages/put', { packages: [bytes(5, 1)] })
  await who('bob').ask('/key-packages/put', { packages: [bytes(5, 2)] })
  assert.equal(await take(who('carol'), 'Bob', 'nobody', 'alice', 'carol'), {
    packages: [
      { username: 'bob', package: bytes(5, 2) },
      { username: 'alice', package: bytes(5, 1) },
    ],
    missing: ['nobody', 'carol'],
    time: START,
  })
})

packages('a new last resort replaces the old one', async () => {
  const { who } = await withIdentities()
  await who('bob').ask('/key-packages/put', { packages: [], last_resort: bytes(5, 8) })
  await who('bob').ask('/key-packages/put', { packages: [], last_resort: bytes(5, 9) })
  assert.is((await take(who('alice'), 'bob')).packages[0].package, bytes(5, 9))
})

packages('of many who take at once, on two handles, no two get the same', async () => {
  const path = `${directory.path}/packages.sqlite`
  const [one, other] = [await Store.open(openSqlite(path)), await Store.open(openSqlite(path))]
  const here = await classKdc(['alice', 'bob'], { store: one })
  const there = anotherNode(here, { store: other })
  const [bob, alice] = [here.who('bob'), here.who('alice')]
  const far = await elsewhere(there, alice)
  await put(bob, 2)
  const put100 = Array.from({ length: 30 }, (_, i) => bytes(5, i))
  await bob.ask('/key-packages/put', { packages: put100, last_resort: bytes(6, 99) })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => take(i % 2 ? alice : far, 'bob')))
  const got = answers.map(({ packages }) => packages[0].package).sort()
  assert.equal(got, [...put100, ...Array.from({ length: 10 }, () => bytes(6, 99))].sort())
  await one.close()
  await other.close()
})

packages('one that is put twice is given once; a recorded request puts nothing again', async () => {
  const { who } = await withIdentities()
  const id = newId()
  const body = { packages: [bytes(5, 1)] }
  assert.is((await who('bob').ask('/key-packages/put', body, id)).body.count, 1)
  assert.is((await who('bob').ask('/key-packages/put', body)).body.count, 1, 'the same package')
  await take(who('alice'), 'bob')
  const again = await who('bob').ask('/key-packages/put', body, id)
  assert.equal([again.status, again.body.count], [200, 0])
  assert.equal((await take(who('alice'), 'bob')).missing, ['bob'])
})

packages('a recorded request takes nothing', async () => {
  const { who } = await withIdentities()
  await who('bob').ask('/key-packages/put', { packages: [bytes(5, 1), bytes(5, 2)] })
  const id = newId()
  await who('alice').ask('/key-packages/take', { usernames: ['bob'] }, id)
  const again = await who('alice').ask('/key-packages/take', { usernames: ['bob'] }, id)
  assert.equal([again.status, again.body.code], [400, 'request_refused'])
  assert.is((await who('bob').ask('/key-packages/count')).body.count, 1)
})

packages('are two hundred at most, a hundred at once, of four kilobytes', async () => {
  const { who } = await withIdentities()
  const bob = who('bob')
  const some = (count: number, size = 4) =>
    Array.from({ length: count }, () => toBase64url(crypto.getRandomValues(new Uint8Array(size))))
  const status = async (body: object) => {
    const answer = await bob.ask('/key-packages/put', body)
    return answer.body.code ?? answer.body.count
  }
  assert.is(await status({ packages: some(101) }), 'invalid_request')
  assert.is(await status({ packages: some(1, 4097) }), 'invalid_request')
  assert.is(await status({ packages: [''] }), 'invalid_request')
  assert.is(await status({ packages: [], last_resort: some(1, 4097)[0] }), 'invalid_request')
  assert.is(await status({}), 'invalid_request')
  assert.is(await status({ packages: some(100, 4096) }), 100)
  assert.is(await status({ packages: some(99) }), 199)
  const over = await bob.ask('/key-packages/put', { packages: some(2), last_resort: bytes(5, 7) })
  assert.equal([over.status, over.body.code], [429, 'quota_exceeded'])
  assert.is(await status({ packages: [], last_resort: bytes(5, 8) }), 199, 'all of a request or nothing')
  const both = await Promise.all([status({ packages: some(1) }), status({ packages: some(1) })])
  assert.equal(both.sort(), [200, 'quota_exceeded'])
})

packages('are for the identity there is, and for no other', async () => {
  const { who } = await withIdentities()
  const code = async (name: string, key?: string) =>
    (await who(name).ask('/key-packages/put', { packages: [bytes(5)], ...(key && { signature_key: key }) }))
      .body.code
  assert.is(await code('carol'), 'not_allowed', 'who has none')
  assert.is(await code('bob', bytes(32, 1)), 'not_allowed', 'another’s, or an old one')
  assert.is(await code('bob', bytes(31, 1)), 'invalid_request')
  assert.is(await code('bob', bytes(32, 2)), undefined)
})

packages('a recorded request sent again uses up nobody’s, and one for nobody counts as one', async () => {
  const { who } = await withIdentities()
  const names = Array.from({ length: 1000 }, (_, i) => `user${i}`)
  const [id, ask] = [newId(), who('alice').ask]
  const code = async (usernames: string[], id?: string) =>
    (await ask('/key-packages/take', { usernames }, id)).body.code
  assert.is(await code(names, id), undefined)
  for (let again = 0; again < 3; again++) assert.is(await code(names, id), 'request_refused')
  assert.is(await code(names.slice(1)), undefined)
  assert.is(await code([]), undefined)
  assert.is(await code([]), 'too_many_attempts')
})

packages('are counted when they are taken: two thousand, then one a second', async () => {
  const { who, time } = await withIdentities()
  const names = (count: number) => Array.from({ length: count }, (_, i) => `user${i}`)
  const code = async (count: number, by = 'alice') =>
    (await who(by).ask('/key-packages/take', { usernames: names(count) })).body.code
  assert.is(await code(1000), undefined)
  assert.is(await code(999), undefined)
  const refused = await who('alice').ask('/key-packages/take', { usernames: names(2) })
  assert.equal([refused.status, refused.body.code], [429, 'too_many_attempts'])
  assert.is(await code(1), undefined)
  assert.is(await code(1), 'too_many_attempts')
  assert.is(await code(1000, 'bob'), undefined, 'each for itself')
  time.now += 10
  assert.is(await code(11), 'too_many_attempts')
  assert.is(await code(10), undefined)
})

packages('what is remembered of requests is forgotten when all are', async () => {
  const { who, store, time, log } = await withIdentities()
  const id = newId()
  await who('bob').ask('/key-packages/put', { packages: [bytes(5, 1)] }, id)
  const known = async () =>
    (await store.requests.find({ username: 'bob', id: Buffer.from(id, 'base64url') })) !== undefined
  time.now += 7 * 86_400 - 1
  await purge(store, () => at(time.now), log)
  assert.is(await known(), true)
  time.now += 1
  await purge(store, () => at(time.now), log)
  assert.is(await known(), false)
})

packages(
  'what is remembered of requests is not forgotten while they could be sent again by others',
  async () => {
    const { who, store, time, log } = await classKdc(['bob'], { keepSec: 60 })
    const id = newId()
    await put(who('bob'), 1, id)
    const known = async () =>
      (await store.requests.find({ username: 'bob', id: Buffer.from(id, 'base64url') })) !== undefined
    time.now += 899
    await purge(store, () => at(time.now), log)
    assert.is(await known(), true)
    time.now += 1
    await purge(store, () => at(time.now), log)
    assert.is(await known(), false)
  },
)

identity.run()
packages.run()
