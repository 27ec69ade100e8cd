/** Who can be reached now. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allOnline, reachabilityOf } from '../../src/lib/online.ts'
import { Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'

const users = suite('users')
let realm: Realm

users.before(async () => {
  realm = await Realm.start('alice', 'bob', 'charlie')
})

users.after(() => realm.close())

/** A KDC that gives these answers, one after the other, and what it was asked. */
function answers(...replies: unknown[]) {
  const asked: Record<string, unknown>[] = []
  return {
    asked,
    request: async (path: string, body: Record<string, unknown>) => {
      assert.is(path, '/users/online')
      asked.push(body)
      return replies.shift()
    },
  }
}

const collect = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
  const collected: T[] = []
  for await (const one of all) collected.push(one)
  return collected
}

const online = (username: string) => ({ username, online: true })
const away = (username: string) => ({ username, online: false })

users(
  'are online while their receiver runs, and away otherwise, or when there is none of that name',
  async () => {
    const before = await realm.tool('users', 'alice', 'bob').input().ends(0)
    assert.is(before.stdout, 'bob: away\n')
    const nobody = await realm.tool('users', 'alice').input().ends(0)
    assert.is(nobody.stdout, '')
    assert.is(nobody.stderr, 'users: nobody is online\n')

    const bob = await realm.receiver('bob')
    const named = await realm.tool('users', 'alice', 'charlie', 'Bob', 'ghost', 'bob').input().ends(0)
    assert.is(named.stdout, 'charlie: away\nbob: online\nghost: away\n')
    assert.is(named.stderr, '')
    const all = await realm.tool('users', 'alice').input().ends(0)
    assert.is(all.stdout, 'bob: online\n')

    const { stdout } = await realm.tool('users', 'alice', 'bob', 'charlie', '--json').input().ends(0)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(
      events.map(({ event, username, online }) => ({ event, username, online })),
      [
        { event: 'user', ...online('bob') },
        { event: 'user', ...away('charlie') },
      ],
    )
    await bob.stop()
    const after = await realm.tool('users', 'alice', 'bob').input().ends(0)
    assert.is(after.stdout, 'bob: away\n')
  },
)

users('with a name that no principal can have are refused before the login', async () => {
  const { stderr } = await realm.tool('users', 'ghost', '../x').input().ends(1)
  assert.match(stderr, /^users: error: a username is .* \(invalid_name\)\nusers: hint: /)
})

users('without end are asked for page by page', async () => {
  const kdc = answers(
    { users: [online('a'), online('b')], more: true },
    { users: [online('c')], more: false },
  )
  assert.equal(await collect(allOnline(kdc)), ['a', 'b', 'c'].map(online))
  assert.equal(kdc.asked, [{}, { after: 'b' }])
})

users('are asked for a thousand at a time', async () => {
  const names = Array.from({ length: 1001 }, (_, i) => `u${i}`)
  const kdc = answers(
    { users: names.slice(0, 1000).map(away), more: false },
    { users: [online('u1000')], more: false },
  )
  const found = await collect(reachabilityOf(kdc, names))
  assert.is(found.length, 1001)
  assert.equal(found.at(-1), online('u1000'))
  assert.equal(
    kdc.asked.map(({ usernames }) => (usernames as string[]).length),
    [1000, 1],
  )
})

users('that the KDC says nothing of are away, and others that it names are not believed', async () => {
  const kdc = answers({ users: [online('mallory')], more: false })
  assert.equal(await collect(reachabilityOf(kdc, ['bob'])), [away('bob')])
})

users('of a KDC whose pages lead nowhere, or that answers nonsense, are an error', async () => {
  const page = { users: [online('a')], more: true }
  const round = answers(page, page, page)
  await rejects(collect(allOnline(round)), 'malformed')
  assert.is(round.asked.length, 2, 'as soon as it shows')
  await rejects(collect(allOnline(answers({ users: [], more: true }))), 'malformed')
  await rejects(collect(allOnline(answers({ users: [online('../x')], more: false }))), 'malformed')
  await rejects(collect(reachabilityOf(answers(null), ['a'])), 'malformed')
})

users.run()
