/** Groups: who may do what, and that everything has one order. docs/protocol.md §7.2. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { CHANGES } from '../../../src/kdc/accept-once.ts'
import { judgeChanges } from '../../../src/kdc/groups/group-rights.ts'
import { QUOTAS } from '../../../src/kdc/store/quotas.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { PASSWORD, START, temporaryDirectory } from '../../helpers/kdc.ts'
import {
  anotherNode,
  bytes,
  classKdc,
  commit,
  elsewhere,
  mail,
  makeGroup,
  newId,
  type Principal,
  principal,
  watchedStore,
} from '../../helpers/kdc-principals.ts'
import { throws } from '../../helpers/throws.ts'

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())

const ALL = ['alice', 'bob', 'carol', 'dora']

/** What came of it: the code of the problem, or the number of the entry. */
const outcome = async (asked: Promise<{ body: { code?: string; seq?: number } }>) => {
  const { body } = await asked
  return body.code ?? body.seq
}

const send = (who: Principal, group: string, epoch: number, id?: string) =>
  who.ask('/groups/send', { group, epoch, message: bytes(8, 1) }, id)

const list = async (who: Principal, body = {}) => (await who.ask('/groups/list', body)).body

const making = suite('making groups')

making('with others: epoch 1, one entry, and everybody is in it', async () => {
  const { who, log } = await classKdc(ALL)
  const group = newId()
  const { status, body } = await who('alice').ask('/groups/create', {
    group,
    kind: 'named',
    name: 'Informatik.8b',
    members: ['Bob', 'carol'],
    commit: bytes(10),
    welcome: bytes(20),
    group_info: bytes(30),
  })
  assert.equal([status, body], [200, { position: 1, seq: 1, time: START }])
  const facts = { group, kind: 'named', name: 'informatik.8b', admin: 'alice', epoch: 1, seq: 1 }
  const described = { ...facts, members: ['alice', 'bob', 'carol'], left: [] }
  for (const name of ['alice', 'bob', 'carol']) {
    assert.equal(await list(who(name)), { groups: [described], more: false, time: START })
  }
  assert.equal((await list(who('dora'))).groups, [])
  const info = await who('carol').ask('/groups/info', { group })
  assert.equal(info.body, { ...described, group_info: bytes(30), time: START })
  assert.equal(log.events.slice(-3), [
    { event: 'group_created', fields: { username: 'alice', group, kind: 'named', members: 3 } },
    { event: 'member_added', fields: { username: 'bob', group, by: 'alice' } },
    { event: 'member_added', fields: { username: 'carol', group, by: 'alice' } },
  ])
})

making('alone: epoch 0, and no entry', async () => {
  const { who } = await classKdc(ALL)
  const group = newId()
  const made = await who('alice').ask('/groups/create', {
    group,
    kind: 'named',
    name: '__proto__',
    members: [],
    group_info: bytes(30),
  })
  assert.equal(made.body, { position: 1, seq: 0, time: START })
  assert.equal((await list(who('alice'))).groups[0].epoch, 0)
  assert.equal(await mail(who('alice')), [])
})

making('a name is taken once, whoever asks, in whatever case', async () => {
  const { who } = await classKdc(ALL)
  await makeGroup(who('alice'), [], 'class')
  const again = async (name: string) => {
    const body = { group: newId(), kind: 'named', name, members: [], group_info: bytes(3) }
    const answer = await who('bob').ask('/groups/create', body)
    return [answer.status, answer.body.code, answer.body.group]
  }
  assert.equal(await again('Class'), [409, 'group_exists', undefined])
  assert.equal(await again('class2'), [200, undefined, undefined])
})

making('of two who make one name at once, one has it; on two handles too', async () => {
  const path = `${directory.path}/names.sqlite`
  const [one, other] = [await Store.open(openSqlite(path)), await Store.open(openSqlite(path))]
  const here = await classKdc(ALL, { store: one })
  const there = anotherNode(here, { store: other })
  const bob = await elsewhere(there, here.who('bob'))
  for (const second of [here.who('carol'), bob]) {
    const name = `of-${second.username}`
    const body = () => ({ group: newId(), kind: 'named', name, members: [], group_info: bytes(3) })
    const both = await Promise.all([
      outcome(here.who('alice').ask('/groups/create', body())),
      outcome(second.ask('/groups/create', body())),
    ])
    assert.equal(both.map(String).sort(), ['0', 'group_exists'])
  }
  await one.close()
  await other.close()
})

/** Makes a direct group. */
const direct = (who: Principal, other: string, group = newId()) =>
  who.ask('/groups/create', {
    group,
    kind: 'direct',
    members: [other],
    commit: bytes(3),
    welcome: bytes(4),
    group_info: bytes(5),
  })

making('two have one direct group, whoever of them makes it', async () => {
  const { who } = await classKdc(ALL)
  const group = newId()
  assert.is((await direct(who('bob'), 'alice', group)).status, 200)
  const again = await direct(who('alice'), 'bob')
  assert.equal([again.status, again.body.code, again.body.group], [409, 'group_exists', group])
  assert.is((await direct(who('bob'), 'carol')).status, 200)
  const [described] = (await list(who('alice'))).groups
  assert.equal([described.admin, described.name, described.members], [undefined, undefined, ['alice', 'bob']])
  const both = [direct(who('carol'), 'dora'), direct(who('dora'), 'carol')]
  assert.equal((await Promise.all(both.map(outcome))).map(String).sort(), ['1', 'group_exists'])
})

making('whose answer was lost is done once, and answered again', async () => {
  const { who } = await classKdc(ALL)
  const [id, group] = [newId(), newId()]
  const body = { group, kind: 'named', name: 'x', members: [], group_info: bytes(3) }
  const first = await who('alice').ask('/groups/create', body, id)
  assert.equal((await who('alice').ask('/groups/create', body, id)).body, first.body)
  assert.is((await list(who('alice'))).groups.length, 1)
  const taken = await who('bob').ask('/groups/create', { ...body, name: 'y' })
  assert.is(taken.body.code, 'group_exists', 'another’s id')
})

making('one has one direct group with oneself, until its end, and it is nobody else’s', async () => {
  const { who } = await classKdc(ALL)
  const own = () => ({ group: newId(), kind: 'direct', members: [], group_info: bytes(3) })
  const first = own()
  assert.is(await outcome(who('alice').ask('/groups/create', first)), 0)
  const again = await who('alice').ask('/groups/create', own())
  assert.equal([again.status, again.body.code, again.body.group], [409, 'group_exists', first.group])
  assert.is(await outcome(who('bob').ask('/groups/create', own())), 0)
  assert.is(await outcome(send(who('alice'), first.group, 0)), 1)
  assert.is(await outcome(send(who('bob'), first.group, 0)), 'group_unknown')
  const { entries } = (await who('alice').ask('/mailbox', { after: 0 })).body
  assert.equal(
    entries.map(({ sender, kind }: { sender: string; kind: string }) => [sender, kind]),
    [['alice', 'message']],
  )
  const adding = commit(first.group, 0, { added: ['bob'] })
  assert.is(await outcome(who('alice').ask('/groups/commit', adding)), 'not_allowed')
  // One with another is apart, and when that one has left, it is not one with oneself.
  const two = newId()
  assert.is((await direct(who('alice'), 'carol', two)).status, 200)
  const leave = { group: two, epoch: 1, proposal: bytes(3) }
  assert.is(typeof (await outcome(who('carol').ask('/groups/leave', leave))), 'number')
  assert.is(await outcome(send(who('alice'), two, 1)), 'group_unknown')
  assert.is(typeof (await outcome(who('alice').ask('/groups/destroy', { group: first.group }))), 'number')
  assert.is(await outcome(who('alice').ask('/groups/create', own())), 0)
})

making('what does not go together is refused', async () => {
  const { who } = await classKdc(ALL)
  const good = {
    group: newId(),
    kind: 'named',
    name: 'x',
    members: ['bob'],
    commit: bytes(3),
    welcome: bytes(3),
    group_info: bytes(3),
  }
  const cases: [object, string][] = [
    [{ kind: 'secret' }, 'invalid_request'],
    [{ name: undefined }, 'invalid_request'],
    [{ name: 'no spaces' }, 'invalid_name'],
    [{ kind: 'direct' }, 'invalid_request'],
    [{ kind: 'direct', name: undefined, members: ['bob', 'carol'] }, 'invalid_request'],
    [{ members: ['alice'] }, 'invalid_request'],
    [{ members: ['Alice'] }, 'invalid_request'],
    [{ members: ['bob', 'BOB'] }, 'invalid_request'],
    [{ members: ['bob', 'nobody'] }, 'receiver_unknown'],
    [{ members: Array.from({ length: 1000 }, (_, i) => `u${i}`) }, 'invalid_request'],
    [{ members: [] }, 'invalid_request'],
    [{ commit: undefined }, 'invalid_request'],
    [{ welcome: undefined }, 'invalid_request'],
    [{ welcome: '' }, 'invalid_request'],
    [{ group_info: undefined }, 'invalid_request'],
    [{ group_info: bytes(1024 * 1024 + 1) }, 'invalid_request'],
    [{ group: bytes(15) }, 'invalid_request'],
    [{ group: bytes(17) }, 'invalid_request'],
    [{ commit: 'not base64url!' }, 'invalid_request'],
    [{ commit: bytes(1_600_000) }, 'body_too_large'],
  ]
  for (const [change, code] of cases) {
    const { body } = await who('alice').ask('/groups/create', { ...good, ...change })
    assert.is(body.code, code, JSON.stringify(change).slice(0, 60))
  }
  const big = { ...good, group_info: bytes(1024 * 1024), commit: bytes(500_000) }
  assert.is((await who('alice').ask('/groups/create', big)).status, 200)
})

making('all groups of a principal are listed, some at a time', async () => {
  const { who } = await classKdc(ALL)
  const made = new Set<string>()
  for (let i = 0; i < 230; i++) made.add(await makeGroup(who('alice'), [], `g${i}`))
  const seen: string[] = []
  const pages: number[] = []
  for (let more = true; more; ) {
    const page = await list(who('alice'), seen.length ? { after: seen.at(-1) } : {})
    for (const { group } of page.groups) seen.push(group)
    pages.push(page.groups.length)
    more = page.more
  }
  assert.equal(pages, [100, 100, 30])
  assert.equal(new Set(seen), made)
})

making('are listed with ten thousand names at a time, but one group at least', async () => {
  const { who, store } = await classKdc(ALL)
  for (let i = 0; i < 3; i++) await makeGroup(who('alice'))
  const withNames = async (count: number) => {
    store.groups.roster = async () => ({ members: Array.from({ length: count }, () => 'x'), left: [] })
    const { groups, more } = await list(who('alice'))
    return [groups.length, more]
  }
  assert.equal(await withNames(3333), [3, false])
  assert.equal(await withNames(3334), [2, true])
  assert.equal(await withNames(20_000), [1, true])
})

making('group info, epoch and members are of one moment, whatever comes between', async () => {
  const { who, store } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const between = [
    () => who('alice').ask('/groups/commit', commit(group, 1, { added: ['carol'] })),
    () => who('bob').ask('/groups/leave', { group, epoch: 2, proposal: bytes(3) }),
    () => who('carol').ask('/groups/commit', commit(group, 2, { removed: ['bob'] })),
  ]
  const info = store.groups.info.bind(store.groups)
  store.groups.info = async (id) => {
    const before = await info(id)
    await between.shift()?.()
    return before
  }
  const { body } = await who('alice').ask('/groups/info', { group })
  assert.is(between.length, 0)
  assert.equal([body.epoch, body.members, body.left], [3, ['alice', 'carol'], []])
  assert.is(body.group_info, bytes(31, 7))
})

const changing = suite('commits')

changing('bring the group to its next epoch, with another group info', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const { body } = await who('alice').ask('/groups/commit', commit(group, 1, { added: ['Carol'] }))
  assert.equal(body, { position: 2, seq: 2, time: START })
  assert.equal(log.events.at(-1), {
    event: 'member_added',
    fields: { username: 'carol', group, by: 'alice' },
  })
  const info = (await who('carol').ask('/groups/info', { group })).body
  assert.equal([info.epoch, info.seq, info.group_info], [2, 2, bytes(31, 7)])
  assert.equal(info.members, ['alice', 'bob', 'carol'])
  await who('alice').ask('/groups/commit', commit(group, 2, { removed: ['bob'] }))
  assert.equal(log.events.at(-1), {
    event: 'member_removed',
    fields: { username: 'bob', group, by: 'alice' },
  })
  assert.equal((await list(who('bob'))).groups, [])
  assert.equal((await list(who('carol'))).groups[0].members, ['alice', 'carol'])
})

changing('of two for one epoch one is accepted, in one turn and on two handles', async () => {
  const path = `${directory.path}/commits.sqlite`
  const [one, other] = [await Store.open(openSqlite(path)), await Store.open(openSqlite(path))]
  const here = await classKdc(ALL, { store: one })
  const there = anotherNode(here, { store: other })
  const alice = here.who('alice')
  const group = await makeGroup(alice, ['bob', 'carol'])
  const [bobHere, bobThere] = [here.who('bob'), await elsewhere(there, here.who('bob'))]
  for (const [epoch, bob] of [bobHere, bobThere, bobHere, bobThere].entries()) {
    const both = await Promise.all([
      outcome(alice.ask('/groups/commit', commit(group, epoch + 1))),
      outcome(bob.ask('/groups/commit', commit(group, epoch + 1))),
    ])
    assert.equal(both.map(String).sort(), [String(epoch + 2), 'epoch_passed'])
  }
  assert.is((await list(alice)).groups[0].epoch, 5)
  // Below the routes, where nothing is judged first.
  const found = await one.groups.find(Buffer.from(group, 'base64url'), 'alice')
  assert.ok(found)
  const change = { group: found, payload: Uint8Array.of(1), added: [], removed: [], info: Uint8Array.of(1) }
  const key = (n: number, username: string) => ({ username, id: new Uint8Array(16).fill(n), forgetAt: START })
  const accepted = await Promise.all([
    one.groupChanges.commit(key(1, 'alice'), change, QUOTAS, START),
    one.groupChanges.commit(key(2, 'bob'), change, QUOTAS, START),
    other.groupChanges.commit(key(3, 'carol'), change, QUOTAS, START),
  ])
  assert.is(accepted.filter(Boolean).length, 1)
  await one.close()
  await other.close()
})

changing('for an epoch that has passed, or has not come, are refused', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  for (const epoch of [0, 2]) {
    const answer = await who('bob').ask('/groups/commit', commit(group, epoch))
    assert.equal([answer.status, answer.body.code], [409, 'epoch_passed'])
  }
})

changing('by anybody in the group, but only the admin adds and removes', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const by = (name: string, changes = {}) =>
    outcome(who(name).ask('/groups/commit', commit(group, 1, changes)))
  assert.is(await by('bob', { added: ['dora'] }), 'not_allowed')
  assert.is(await by('bob', { removed: ['carol'] }), 'not_allowed')
  assert.is(await by('bob', { removed: ['bob'] }), 'not_allowed', 'whoever goes leaves')
  assert.is(await by('bob', { removed: ['alice'] }), 'not_allowed')
  assert.is(await by('alice', { removed: ['alice'] }), 'not_allowed', 'the admin is never removed')
  assert.is(await by('alice', { added: ['bob'] }), 'invalid_request')
  assert.is(await by('alice', { removed: ['dora'] }), 'invalid_request')
  assert.is(await by('alice', { added: ['nobody'] }), 'receiver_unknown')
  assert.is(await by('dora'), 'group_unknown')
  assert.is(await by('dora', { added: ['dora'] }), 'group_unknown')
  assert.is(await by('bob'), 2)
})

changing('remove before they add: a member may take a new place in the same commit', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const by = (name: string, changes: object) =>
    outcome(who(name).ask('/groups/commit', commit(group, 1, changes)))
  const both = { added: ['bob'], removed: ['bob'] }
  assert.is(await by('bob', both), 'not_allowed', 'for the admin only')
  assert.is(await by('alice', { added: ['alice'], removed: ['alice'] }), 'not_allowed', 'but never the admin')
  assert.is(await by('alice', both), 2)
  assert.equal(
    log.events.slice(-2).map(({ event }) => event),
    ['member_removed', 'member_added'],
  )
  assert.equal((await list(who('bob'))).groups[0].members, ['alice', 'bob'])
  assert.is(await outcome(send(who('bob'), group, 2)), 3)
})

changing('have a welcome for those they add, and for nobody else', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const code = (change: object) =>
    outcome(who('alice').ask('/groups/commit', { ...commit(group, 1), ...change }))
  assert.is(await code({ added: ['carol'] }), 'invalid_request')
  assert.is(await code({ welcome: bytes(3) }), 'invalid_request')
  for (const field of ['group', 'epoch', 'commit', 'added', 'removed', 'group_info']) {
    assert.is(await code({ [field]: undefined }), 'invalid_request', field)
  }
  for (const epoch of [-1, 1.5, '1', 2 ** 53]) assert.is(await code({ epoch }), 'invalid_request')
})

changing('leave a group with a thousand members at most', () => {
  const group = {
    id: new Uint8Array(16),
    kind: 'named',
    admin: 'alice',
    epoch: 1,
    seq: 1,
    roster: 1,
  } as const
  const members = ['alice', ...Array.from({ length: 998 }, (_, i) => `u${i}`)]
  const judge = (added: string[], removed: string[] = []) =>
    judgeChanges(group, { members, left: [] }, 'alice', { added, removed })
  judge(['x'])
  throws(() => judge(['x', 'y']), 'not_allowed')
  judge(['x', 'y'], ['u1'])
})

changing('whose answer was lost are done once, also when the group has gone on', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const id = newId()
  const first = await who('alice').ask('/groups/commit', commit(group, 1), id)
  await who('bob').ask('/groups/commit', commit(group, 2))
  assert.equal((await who('alice').ask('/groups/commit', commit(group, 1), id)).body, first.body)
  assert.is((await list(who('bob'))).groups[0].epoch, 3)
})

changing('one that was judged before somebody left is judged again', async () => {
  const { who, store } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const roster = store.groups.roster.bind(store.groups)
  let left = false
  store.groups.roster = async (id) => {
    const before = await roster(id)
    if (left) return before
    left = true
    await who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(3) })
    return before
  }
  assert.is(await outcome(who('alice').ask('/groups/commit', commit(group, 1, { removed: ['carol'] }))), 3)
  assert.equal(await roster(Buffer.from(group, 'base64url')), { members: ['alice'], left: ['bob'] })
})

const sending = suite('messages')

sending('are for the group’s epoch, and come in one order', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  assert.equal((await send(who('bob'), group, 1)).body, { position: 2, seq: 2, time: START })
  assert.equal(log.events.at(-1), {
    event: 'message_stored',
    fields: { sender: 'bob', group, bytes: 8, position: 2 },
  })
  for (const epoch of [0, 2]) {
    const refused = await send(who('bob'), group, epoch)
    assert.equal([refused.status, refused.body.code], [409, 'epoch_passed'])
  }
  assert.is(await outcome(send(who('dora'), group, 1)), 'group_unknown')
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, i) => outcome(send(who(i % 2 ? 'alice' : 'bob'), group, 1))),
  )
  assert.equal(
    many.map(Number).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i + 3),
  )
})

sending('sent again, because the answer was lost, are stored once; at once too', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const id = newId()
  const answers = await Promise.all([1, 2, 3].map(() => send(who('bob'), group, 1, id)))
  answers.push(await send(who('bob'), group, 1, id))
  for (const { body } of answers)
    assert.equal(body, { position: answers[0]?.body.position, seq: 2, time: START })
  assert.is(log.events.filter(({ event }) => event === 'message_stored').length, 1)
  assert.is(await outcome(send(who('alice'), group, 1, id)), 3, 'each has ids of its own')
  await who('alice').ask('/groups/commit', commit(group, 1, { removed: ['bob'] }))
  assert.is(await outcome(send(who('bob'), group, 1, id)), 2, 'also when it could not be sent any more')
})

sending('cost the same for two members and for five hundred', async () => {
  const rows: number[] = []
  for (const size of [2, 500]) {
    const { store, database, writes } = await watchedStore()
    const names = Array.from({ length: size }, (_, i) => `member${i}`)
    const kdc = await classKdc(ALL, { store })
    for (const username of names) await store.accounts.add({ username, record: PASSWORD, createdAt: START })
    const group = await makeGroup(kdc.who('alice'), names)
    writes.length = 0
    const before = await database.read<{ n: number }>({ strings: TOTAL_CHANGES, values: [] })
    assert.is((await send(kdc.who('alice'), group, 1)).status, 200)
    const after = await database.read<{ n: number }>({ strings: TOTAL_CHANGES, values: [] })
    rows.push(Number(after[0]?.n) - Number(before[0]?.n))
    assert.equal(
      writes.map(({ length }) => length),
      // That it is counted, and then the message.
      [1, 4],
    )
  }
  assert.equal(rows, [5, 5])
})

const TOTAL_CHANGES = Object.assign(['select total_changes() as n'], {
  raw: [],
}) as unknown as TemplateStringsArray

sending('need a group, an epoch and something to say', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const code = (change: object) =>
    outcome(who('bob').ask('/groups/send', { group, epoch: 1, message: bytes(3), ...change }))
  for (const change of [
    { message: '' },
    { message: undefined },
    { group: '' },
    { group: 7 },
    { epoch: null },
  ]) {
    assert.is(await code(change), 'invalid_request', JSON.stringify(change))
  }
  assert.is(await code({ group: newId() }), 'group_unknown')
  assert.is(await code({ message: bytes(1_500_000) }), 2, 'what fits the body')
  assert.is(await code({ message: bytes(1_600_000) }), 'body_too_large')
})

const store = suite('the store of groups')

store('judges again what may have changed since it was judged', async () => {
  const { who, store } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const id = Buffer.from(group, 'base64url')
  const found = async () => {
    const now = await store.groups.find(id, 'alice')
    assert.ok(now)
    return now
  }
  let requests = 0
  const key = (username: string) => ({
    username,
    id: new Uint8Array(16).fill(++requests),
    forgetAt: START + 1,
  })
  const payload = Uint8Array.of(1)
  const sends = (username: string, epoch: number) =>
    store.groupChanges.send(key(username), { group: id, epoch, payload }, QUOTAS, START)
  const leaving = (epoch: number) => ({ group: id, epoch, payload })
  const commits = (group: Awaited<ReturnType<typeof found>>) =>
    store.groupChanges.commit(
      key('alice'),
      { group, payload, added: [], removed: [], info: payload },
      QUOTAS,
      START,
    )
  const before = await found()
  const fresh = (n: number, members: string[] = []) =>
    ({ id: new Uint8Array(16).fill(n), kind: 'named', name: `n${n}`, members, info: payload }) as const
  const nobody = [
    store.groupChanges.create(key('nobody'), fresh(1), QUOTAS, START),
    store.groupChanges.create(key('alice'), fresh(2, ['nobody']), QUOTAS, START),
    sends('alice', 0),
    sends('alice', 2),
    sends('dora', 1),
    store.groupChanges.leave(key('alice'), leaving(1), START),
    store.groupChanges.leave(key('dora'), leaving(1), START),
    store.groupChanges.leave(key('bob'), leaving(0), START),
    store.groupChanges.leave(key('bob'), leaving(2), START),
    store.groupChanges.destroy(key('bob'), before, START),
    store.groupChanges.destroy(key('dora'), before, START),
    commits({ ...before, epoch: 0 }),
    commits({ ...before, epoch: 2 }),
  ]
  for (const refused of await Promise.all(nobody)) assert.is(refused, undefined)
  assert.equal(await found(), before, 'and nothing has changed')
  assert.ok(await store.groupChanges.leave(key('bob'), leaving(1), START))
  assert.is(await commits(before), undefined, 'its members are others now')
  assert.ok(await commits(await found()))
  assert.is(await sends('bob', 2), undefined)
  const small = { ...QUOTAS, groupEntries: 3, shareEntries: 0 }
  assert.is(
    await store.groupChanges.send(key('carol'), { group: id, epoch: 2, payload }, small, START),
    undefined,
  )
  assert.ok(await store.groupChanges.destroy(key('alice'), await found(), START))
  assert.is(await sends('carol', 2), undefined)
})

const leaving = suite('leaving and destroying')

leaving('ends one’s part, and others remove the leaf', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const id = newId()
  const gone = await who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(9) }, id)
  assert.equal([gone.status, gone.body.seq], [200, 2])
  assert.equal(log.events.at(-1), { event: 'member_left', fields: { username: 'bob', group } })
  assert.equal(
    (await who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(9) }, id)).body,
    gone.body,
  )
  assert.is(
    await outcome(who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(9) })),
    'group_unknown',
  )
  for (const path of ['/groups/send', '/groups/commit', '/groups/info', '/groups/destroy']) {
    const body = { ...commit(group, 1), message: bytes(3) }
    assert.is(await outcome(who('bob').ask(path, body)), 'group_unknown', path)
  }
  const [described] = (await list(who('carol'))).groups
  assert.equal([described.members, described.left], [['alice', 'carol'], ['bob']])
  const by = (name: string, epoch: number, changes: object) =>
    outcome(who(name).ask('/groups/commit', commit(group, epoch, changes)))
  assert.is(await by('alice', 1, { added: ['bob'] }), 'invalid_request', 'its leaf is still there')
  assert.is(await by('carol', 1, { removed: ['bob', 'alice'] }), 'not_allowed')
  assert.is(await by('carol', 1, { removed: ['bob'] }), 3)
  assert.is(await by('carol', 2, { removed: ['bob'] }), 'invalid_request')
  assert.is(await by('alice', 2, { added: ['bob'] }), 4)
  assert.equal((await list(who('bob'))).groups[0].members, ['alice', 'bob', 'carol'])
})

leaving('is for the epoch in which the proposal was made, and for no other', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  await who('alice').ask('/groups/commit', commit(group, 1))
  const leave = (change: object) =>
    outcome(who('bob').ask('/groups/leave', { group, epoch: 2, proposal: bytes(9), ...change }))
  for (const epoch of [0, 1, 3]) assert.is(await leave({ epoch }), 'epoch_passed')
  for (const epoch of [undefined, -1, '2']) assert.is(await leave({ epoch }), 'invalid_request')
  assert.equal((await list(who('alice'))).groups[0].members, ['alice', 'bob'])
  assert.is(await leave({}), 3)
})

leaving('one who has left may be removed and added in one commit', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  await who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(9) })
  const both = { added: ['bob'], removed: ['bob'] }
  assert.is(await outcome(who('alice').ask('/groups/commit', commit(group, 1, both))), 3)
  const [described] = (await list(who('bob'))).groups
  assert.equal([described.members, described.left], [['alice', 'bob'], []])
})

leaving('is not for the admin, who destroys the group; nobody else does', async () => {
  const { who, log } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'], 'class')
  const leave = (name: string) =>
    outcome(who(name).ask('/groups/leave', { group, epoch: 1, proposal: bytes(9) }))
  const destroy = (name: string, id?: string) => outcome(who(name).ask('/groups/destroy', { group }, id))
  assert.is(await leave('alice'), 'not_allowed')
  assert.is(await destroy('bob'), 'not_allowed')
  assert.is(await destroy('dora'), 'group_unknown')
  const id = newId()
  assert.is(await destroy('alice', id), 2)
  assert.is(await destroy('alice', id), 2)
  assert.equal(log.events.at(-1), { event: 'group_destroyed', fields: { username: 'alice', group } })
  for (const path of ['/groups/send', '/groups/commit', '/groups/info', '/groups/destroy', '/groups/leave']) {
    const body = { ...commit(group, 1), message: bytes(3), proposal: bytes(3) }
    for (const name of ['alice', 'bob']) {
      assert.is(await outcome(who(name).ask(path, body)), 'group_unknown', path)
    }
  }
  assert.equal((await list(who('bob'))).groups, [])
  assert.is(
    await outcome(
      who('bob').ask('/groups/create', {
        group,
        kind: 'named',
        name: 'other',
        members: [],
        group_info: bytes(3),
      }),
    ),
    'group_exists',
    'its id is not free',
  )
  await makeGroup(who('bob'), [], 'class')
})

leaving('a direct group either of the two leaves or destroys, and they may begin another', async () => {
  const { who } = await classKdc(ALL)
  for (const [one, other, path] of [
    ['alice', 'bob', '/groups/destroy'],
    ['bob', 'alice', '/groups/destroy'],
    ['alice', 'bob', '/groups/leave'],
    ['bob', 'alice', '/groups/leave'],
  ] as const) {
    const group = newId()
    assert.is((await direct(who('alice'), 'bob', group)).status, 200)
    const changes = { added: ['carol'] }
    assert.is(await outcome(who(one).ask('/groups/commit', commit(group, 1, changes))), 'not_allowed')
    const remove = { removed: [other] }
    assert.is(await outcome(who(one).ask('/groups/commit', commit(group, 1, remove))), 'not_allowed')
    assert.is(await outcome(who(one).ask(path, { group, epoch: 1, proposal: bytes(4) })), 2)
  }
})

leaving('of a direct group: nothing more is taken that nobody would read', async () => {
  const kdc = await classKdc(ALL)
  const { who, store } = kdc
  const file = (group: string) => who('alice').ask('/files/begin', { file: newId(), group, bytes: 20 })
  for (const leave of [
    (group: string) => who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(4) }),
    () => store.accounts.delete('bob'),
  ]) {
    const group = newId()
    await direct(who('alice'), 'bob', group)
    assert.is(await outcome(send(who('alice'), group, 1)), 2)
    assert.is((await file(group)).status, 200)
    await leave(group)
    assert.is(await outcome(send(who('alice'), group, 1)), 'group_unknown')
    assert.is((await file(group)).body.code, 'group_unknown')
  }
})

leaving('of destroying and sending at once both come to something', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  const results = await Promise.all([
    outcome(who('alice').ask('/groups/destroy', { group })),
    outcome(send(who('bob'), group, 1)),
    outcome(who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(3) })),
  ])
  const seqs = results.filter((result) => typeof result === 'number')
  assert.equal(new Set(seqs).size, seqs.length)
  for (const result of results)
    assert.ok(typeof result === 'number' || result === 'group_unknown', String(result))
  assert.is(typeof results[0], 'number')
})

leaving('an account that is deleted leaves its groups, and its name sees nothing of them', async () => {
  const kdc = await classKdc(ALL)
  const { who, store } = kdc
  const [owned, joined] = [
    await makeGroup(who('alice'), ['bob', 'carol']),
    await makeGroup(who('bob'), ['alice']),
  ]
  await direct(who('alice'), 'bob')
  await store.accounts.delete('alice')
  await store.accounts.create({ username: 'alice', record: PASSWORD, createdAt: START })
  const next = await principal(kdc, 'alice')
  assert.equal(await mail(next), [])
  assert.equal((await list(next)).groups, [])
  assert.is(await outcome(send(next, joined, 1)), 'group_unknown')
  const described = (await list(who('bob'))).groups.find(({ group }: { group: string }) => group === owned)
  assert.equal([described.admin, described.members, described.left], [undefined, ['bob', 'carol'], ['alice']])
  assert.is((await direct(next, 'bob')).status, 200, 'the two begin anew')
  assert.is(
    await outcome(who('carol').ask('/groups/commit', commit(owned, 1, { added: ['dora'] }))),
    'not_allowed',
  )
  assert.is(await outcome(who('carol').ask('/groups/commit', commit(owned, 1, { removed: ['alice'] }))), 2)
  assert.is(await outcome(who('bob').ask('/groups/commit', commit(joined, 1, { removed: ['alice'] }))), 2)
  assert.is(await outcome(who('bob').ask('/groups/commit', commit(joined, 2, { added: ['alice'] }))), 3)
  assert.equal(
    (await mail(next)).filter((entry) => !entry.startsWith('1 ')),
    ['3 welcome bob'],
  )
  // Once more, with a membership that ended before.
  await store.accounts.delete('alice')
  assert.is(await outcome(who('bob').ask('/groups/commit', commit(joined, 3, { removed: ['alice'] }))), 4)
  assert.is(await outcome(who('carol').ask('/groups/destroy', { group: owned })), 3, 'there is no admin')
})

const quotas = suite('quotas')

/** Quotas of this size, and everything else as it is. */
const withQuotas = (changed: Partial<typeof QUOTAS>) =>
  classKdc(ALL, { quotas: { ...QUOTAS, shareEntries: 0, ...changed } })

/** A direct group with somebody: 6 bytes, and the name. */
const directly = (other: string) => ({
  group: newId(),
  kind: 'direct',
  members: [other],
  commit: bytes(3),
  welcome: bytes(3),
  group_info: bytes(3),
})
const toSend = (group: string) => ({ group, epoch: 1, message: bytes(8) })

quotas('a sender has so many entries waiting, and so many bytes', async () => {
  const few = await withQuotas({ senderEntries: 3 })
  const group = await makeGroup(few.who('alice'), ['bob'])
  assert.is(await outcome(send(few.who('alice'), group, 1)), 2)
  const three = await Promise.all([1, 2, 3].map(() => outcome(send(few.who('alice'), group, 1))))
  assert.equal(three.map(String).sort(), ['3', 'quota_exceeded', 'quota_exceeded'])
  const refused = await send(few.who('alice'), group, 1)
  assert.is(refused.status, 429)
  assert.is(await outcome(few.who('alice').ask('/groups/commit', commit(group, 1))), 'quota_exceeded')
  const create = { group: newId(), kind: 'named', name: 'n', members: [], group_info: bytes(3) }
  assert.is(await outcome(few.who('alice').ask('/groups/create', create)), 'quota_exceeded')
  assert.is(await outcome(send(few.who('bob'), group, 1)), 4, 'each for itself')
  assert.is(await outcome(few.who('alice').ask('/groups/destroy', { group })), 5, 'an end may always be made')

  const small = await withQuotas({ senderBytes: 33 + 16 })
  // The commit and welcome that made it, and bob's name: 33 bytes.
  const other = await makeGroup(small.who('alice'), ['bob'])
  assert.is(await outcome(send(small.who('alice'), other, 1)), 2)
  assert.is(await outcome(send(small.who('alice'), other, 1)), 3)
  assert.is(await outcome(send(small.who('alice'), other, 1)), 'quota_exceeded')
})

quotas('a copy of a request that was refused is refused, too, though there is room by then', async () => {
  const { who } = await withQuotas({ receiverEntries: 3 })
  const direct = directly('bob')
  assert.is(await outcome(who('alice').ask('/groups/create', direct)), 1)
  assert.is(await outcome(send(who('alice'), direct.group, 1)), 2)
  assert.is(await outcome(who('carol').ask('/groups/create', directly('bob'))), 1)
  const [message, created, another] = [newId(), newId(), directly('bob')]
  const copies = () => [
    outcome(send(who('alice'), direct.group, 1, message)),
    outcome(who('dora').ask('/groups/create', another, created)),
  ]
  assert.equal(await Promise.all(copies()), ['quota_exceeded', 'quota_exceeded'])
  const { entries } = (await who('bob').ask('/mailbox', { after: 0 })).body
  await who('bob').ask('/mailbox/ack', { position: entries.at(-1).position })
  assert.equal(await Promise.all(copies()), ['quota_exceeded', 'quota_exceeded'])
  assert.is(await outcome(send(who('alice'), direct.group, 1)), 3, 'asked anew')
  assert.is(await outcome(who('dora').ask('/groups/create', another)), 1)
})

quotas('a group has so many entries', async () => {
  const { who } = await withQuotas({ groupEntries: 3 })
  const group = await makeGroup(who('alice'), ['bob'])
  assert.is(await outcome(send(who('alice'), group, 1)), 2)
  const two = await Promise.all(['alice', 'bob'].map((name) => outcome(send(who(name), group, 1))))
  assert.equal(two.map(String).sort(), ['3', 'quota_exceeded'])
  assert.is(await outcome(who('bob').ask('/groups/commit', commit(group, 1))), 'quota_exceeded')
  assert.is(await outcome(who('bob').ask('/groups/leave', { group, epoch: 1, proposal: bytes(3) })), 4)
})

quotas(
  'so much waits for one who is away, of all that leave something directly, and no group for that',
  async () => {
    const limits: Partial<typeof QUOTAS>[] = [{ receiverEntries: 3 }, { receiverBytes: 28 }]
    for (const limit of limits) {
      const { who } = await withQuotas(limit)
      const direct = directly('bob')
      assert.is(await outcome(who('alice').ask('/groups/create', direct)), 1)
      assert.is(await outcome(send(who('alice'), direct.group, 1)), 2)
      assert.is(await outcome(send(who('alice'), direct.group, 1)), 'quota_exceeded')
      assert.is(await outcome(who('carol').ask('/groups/create', directly('bob'))), 1)
      assert.is(await outcome(who('dora').ask('/groups/create', directly('bob'))), 'quota_exceeded')
      assert.is(await outcome(send(who('bob'), direct.group, 1)), 3, 'his own are no burden to him')
      const group = await makeGroup(who('carol'), ['bob'])
      assert.is(await outcome(send(who('carol'), group, 1)), 2)
      const { entries } = (await who('bob').ask('/mailbox', { after: 0 })).body
      await who('bob').ask('/mailbox/ack', { position: entries.at(-1).position })
      assert.is(await outcome(send(who('alice'), direct.group, 1)), 4)
    }
  },
)

quotas(
  'however many fill the mailbox of one, others still get through, and each is told what is full',
  async () => {
    const crowd = Array.from({ length: 10 }, (_, n) => `mallory${n}`)
    for (const limit of [{ receiverEntries: 60 }, { receiverBytes: 60 * 9 }]) {
      const kdc = await classKdc([...ALL, ...crowd], { quotas: { ...QUOTAS, ...limit, shareEntries: 4 } })
      const { who } = kdc
      const flood = async (name: string) => {
        const direct = directly('bob')
        let detail = ''
        // All at once: none waits for what becomes of another.
        const asked = [who(name).ask('/groups/create', direct)]
        await asked[0]
        for (let n = 0; n < 60; n++)
          asked.push(who(name).ask('/groups/send', { ...toSend(direct.group), message: bytes(9) }))
        for (const { status, body } of await Promise.all(asked)) {
          if (status === 200) continue
          assert.equal([status, body.code], [429, 'quota_exceeded'])
          detail = body.detail
        }
        return detail
      }
      for (const detail of await Promise.all(crowd.map(flood)))
        assert.match(detail, /yours waits to be read by bob/)
      const direct = directly('bob')
      assert.is(await outcome(who('alice').ask('/groups/create', direct)), 1)
      for (let seq = 2; seq <= 4; seq++) assert.is(await outcome(send(who('alice'), direct.group, 1)), seq)
      assert.is(await outcome(who('carol').ask('/groups/create', directly('bob'))), 1)
    }
  },
)

quotas('however many fill a group, others are still heard in it, and each is told what is full', async () => {
  const crowd = Array.from({ length: 10 }, (_, n) => `mallory${n}`)
  const { who } = await classKdc([...ALL, ...crowd], {
    quotas: { ...QUOTAS, groupEntries: 60, shareEntries: 4 },
  })
  const group = await makeGroup(who('alice'), ['bob', ...crowd])
  const flood = (name: string) => Array.from({ length: 60 }, () => send(who(name), group, 1))
  const answers = await Promise.all(crowd.flatMap(flood))
  const refused = answers.filter(({ status }) => status !== 200)
  assert.ok(refused.length > 0)
  for (const { body } of refused) {
    assert.is(body.code, 'quota_exceeded')
    assert.match(body.detail, 'yours waits to be read in this group')
  }
  for (let n = 0; n < 4; n++) assert.is(typeof (await outcome(send(who('bob'), group, 1))), 'number')
})

quotas('who fills a group does not keep its admin from removing him', async () => {
  const { who } = await withQuotas({ groupEntries: 3 })
  const group = await makeGroup(who('alice'), ['bob', 'carol', 'dora'])
  for (const name of ['bob', 'carol']) assert.is(typeof (await outcome(send(who(name), group, 1))), 'number')
  assert.is(await outcome(send(who('alice'), group, 1)), 'quota_exceeded')
  assert.is(await outcome(who('bob').ask('/groups/commit', commit(group, 1))), 'quota_exceeded')
  const removal = commit(group, 1, { removed: ['bob', 'carol'] })
  assert.is(await outcome(who('alice').ask('/groups/commit', removal)), 4)
})

quotas('a principal makes so many groups, with so much of group infos', async () => {
  const few = await withQuotas({ groups: 2 })
  const first = await makeGroup(few.who('alice'))
  const create = (name: string, info = 3) => ({
    group: newId(),
    kind: 'named',
    name,
    members: [],
    group_info: bytes(info),
  })
  const two = await Promise.all(
    ['x', 'y'].map((name) => outcome(few.who('alice').ask('/groups/create', create(name)))),
  )
  assert.equal(two.map(String).sort(), ['0', 'quota_exceeded'])
  await few.who('alice').ask('/groups/destroy', { group: first })
  assert.is(await outcome(few.who('alice').ask('/groups/create', create('z'))), 0)

  const small = await withQuotas({ groupInfoBytes: 70 })
  const one = await makeGroup(small.who('alice'), ['bob'])
  assert.is(await outcome(small.who('alice').ask('/groups/create', create('p', 41))), 'quota_exceeded')
  assert.is(await outcome(small.who('alice').ask('/groups/create', create('p', 39))), 0)
  assert.is(await outcome(small.who('bob').ask('/groups/commit', commit(one, 1))), 2)
  const longest = { ...commit(one, 2), group_info: bytes(70) }
  assert.is(await outcome(small.who('bob').ask('/groups/commit', longest)), 3)
  const another = await makeGroup(small.who('alice'), ['bob'])
  assert.is(
    await outcome(small.who('bob').ask('/groups/commit', commit(another, 1))),
    'quota_exceeded',
    'it is his',
  )
  assert.is(await outcome(small.who('alice').ask('/groups/create', create('q', 1))), 0, 'and not hers')
})

quotas('the groups of one principal have so many members together', async () => {
  const { who } = await withQuotas({ memberships: 5 })
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const add = commit(group, 1, { added: ['dora'] })
  await makeGroup(who('alice'))
  assert.is(await outcome(who('alice').ask('/groups/commit', add)), 2)
  const create = { group: newId(), kind: 'named', name: 'n', members: [], group_info: bytes(3) }
  assert.is(await outcome(who('alice').ask('/groups/create', create)), 'quota_exceeded')
  assert.is(await outcome(who('bob').ask('/groups/create', create)), 0)
})

quotas(
  'a principal changes so much at once, then so much in a time; what came before is not counted',
  async () => {
    const { who, store, time } = await classKdc(ALL)
    const group = await makeGroup(who('alice'), ['bob'])
    const id = newId()
    assert.is(await outcome(send(who('alice'), group, 1, id)), 2)
    await store.attempts.take([{ name: 'change alice', ...CHANGES, cost: CHANGES.burst - 2 }], time.now)
    const refused = await send(who('alice'), group, 1)
    assert.is(refused.body.code, 'too_many_attempts')
    assert.is(await outcome(send(who('alice'), group, 1, id)), 2)
    assert.is(await outcome(send(who('bob'), group, 1)), 3)
    time.now += 1
    assert.is(await outcome(send(who('alice'), group, 1)), 4)
  },
)

making.run()
changing.run()
sending.run()
store.run()
leaving.run()
quotas.run()
