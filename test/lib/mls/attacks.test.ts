/** A KDC that lies: what each lie comes to. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import type { FakeDelivery, FakeEntry } from '../../helpers/fake-delivery.ts'
import { Person, people, team } from '../../helpers/mail.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('a KDC that lies')

/** What `name` is shown of every entry is changed; `undefined` withholds it. */
function show(
  kdc: FakeDelivery,
  name: string,
  change: (entry: FakeEntry) => FakeEntry | FakeEntry[] | undefined,
) {
  kdc.lieInMailbox = (who, page) =>
    who === name ? page.flatMap((entry) => change({ ...entry }) ?? []) : page
}

const flip = (text: string, at = text.length - 10) =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

test('a message withheld in the middle: told, and the rest is read', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  for (const text of ['one', 'two', 'three']) await alice.say('team', text)
  show(kdc, 'bob', (entry) => (entry.seq === 3 ? undefined : entry))
  assert.equal(await bob.read(), ['alice: one', 'alice: three'])
  assert.is(bob.statusOf('team'), 'active')
  const [lost, ...more] = bob.notices
  assert.equal(more, [])
  const { code, from, to, group } = lost ?? {}
  assert.equal([code, from, to, group], ['history_lost', 3, 3, 'team'])
  // Told once. Before bob says something he begins an epoch, with a chain that has no gap.
  bob.told()
  const commits = () => kdc.entries.filter(({ kind }) => kind === 'commit').length
  const before = commits()
  await bob.say('team', 'four')
  assert.is(commits(), before + 1)
  await bob.say('team', 'five')
  assert.is(commits(), before + 1)
  assert.equal(bob.told(), [])
  assert.equal(await carol.read(), ['alice: one', 'alice: two', 'alice: three', 'bob: four', 'bob: five'])
  assert.equal(await alice.read(), ['bob: four', 'bob: five'])
  await alice.say('team', 'six')
  show(kdc, 'bob', (entry) =>
    entry.sender === 'alice' && entry.kind === 'message' ? { ...entry, at: 1 } : entry,
  )
  assert.equal(await bob.read(), ['alice: six'])
})

test('after a gap, and before the next epoch, members are still compared up to it; after that, to the end', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  // Bob is shown neither carol's words nor that anything was said: alice's next message tells.
  show(kdc, 'bob', (entry) => (entry.seq === 2 ? undefined : entry))
  assert.equal(await bob.read(), ['alice: two'])
  await bob.say('team', 'a new epoch')
  await Promise.all([alice.read(), carol.read()])
  await carol.say('team', 'unheard')
  await alice.read()
  await alice.say('team', 'heard')
  const unheard = kdc.entries.at(-2)
  show(kdc, 'bob', (entry) => {
    if (entry.seq === unheard?.seq) return undefined
    return entry.seq > (unheard?.seq ?? 0) ? { ...entry, seq: entry.seq - 1 } : entry
  })
  assert.equal(await bob.read(), [])
  assert.is(bob.statusOf('team'), 'history_forked')
})

test('a commit withheld: told, and our place is taken again', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await alice.say('team', 'one')
  await alice.mail.remove('team', ['carol'])
  await alice.say('team', 'two')
  show(kdc, 'bob', (entry) => (entry.seq === 3 ? undefined : entry))
  assert.equal(await bob.read(), ['alice: one'])
  assert.is(bob.statusOf('team'), 'active')
  assert.equal(
    bob.notices.map(({ code, from, to }) => [code, from, to]),
    [
      ['history_lost', 3, 3],
      ['history_lost', 3, 4],
      ['member_removed', undefined, undefined],
    ],
  )
  assert.equal(bob.mail.members('team'), ['alice', 'bob'])
  await alice.say('team', 'three')
  assert.equal(await bob.read(), ['alice: three'])
  await bob.say('team', 'here')
  assert.equal(await alice.read(), ['bob: here'])
  assert.equal(await carol.read(), ['alice: one'])
})

test('the end is heard of also after what is lost: removed, or destroyed', async () => {
  for (const end of ['removed', 'destroyed']) {
    const { alice, bob, kdc } = await team('bob', 'carol')
    await alice.mail.remove('team', ['carol'])
    if (end === 'removed') await alice.mail.remove('team', ['bob'])
    else await alice.mail.destroy('team')
    show(kdc, 'bob', (entry) => (entry.seq === 2 ? undefined : entry))
    assert.equal(await bob.read(), [])
    assert.is(bob.statusOf('team'), end)
    assert.is(bob.told()[0], 'history_lost')
  }
})

test('a leaving withheld: the removal after it cannot be judged, and our place is taken again', async () => {
  const { alice, bob, carol, dave, kdc } = await team('bob', 'carol', 'dave')
  await carol.mail.leave('team')
  const leaving = kdc.entries.at(-1)
  await dave.mail.sync()
  await dave.say('team', 'without carol')
  show(kdc, 'bob', (entry) => (entry.position === leaving?.position ? undefined : entry))
  await bob.read()
  assert.is(bob.statusOf('team'), 'active')
  assert.equal(bob.mail.members('team'), ['alice', 'bob', 'dave'])
  await alice.say('team', 'again')
  assert.equal(await bob.read(), ['alice: again'])
})

test('a commit withheld: who rejoins is told who came and went', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol', 'mallory')
  await alice.mail.remove('team', ['mallory'])
  await bob.mail.sync()
  bob.told()
  await alice.mail.add('team', ['mallory'])
  await alice.mail.remove('team', ['carol'])
  await alice.say('team', 'hi')
  show(kdc, 'bob', (entry) => (entry.kind === 'commit' && entry.sender === 'alice' ? undefined : entry))
  await bob.mail.sync()
  const told = bob.notices.map(({ code, username }) => ({ code, username }))
  assert.equal(told, [
    { code: 'history_lost', username: undefined },
    { code: 'history_lost', username: undefined },
    { code: 'member_added', username: 'mallory' },
    { code: 'member_removed', username: 'carol' },
  ])
})

test('an entry dropped, and the rest renumbered: the next message says so', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await carol.say('team', 'dropped')
  await alice.mail.sync()
  await alice.say('team', 'next')
  show(kdc, 'bob', (entry) =>
    entry.seq === 2 ? undefined : { ...entry, seq: entry.seq > 2 ? entry.seq - 1 : entry.seq },
  )
  assert.equal(await bob.read(), [])
  assert.is(bob.statusOf('team'), 'history_forked')
  assert.equal(await carol.read(), ['alice: next'])
})

test('an entry dropped, and another in its place: the next message says so', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await carol.say('team', 'one')
  await carol.say('team', 'two')
  await alice.mail.sync()
  await alice.say('team', 'three')
  const [one, two] = kdc.entries.slice(-3) as [FakeEntry, FakeEntry]
  show(kdc, 'bob', (entry) => {
    if (entry.seq === one.seq) return { ...entry, payload: String(two.payload) }
    return entry.seq === two.seq ? { ...entry, payload: String(one.payload) } : entry
  })
  assert.equal((await bob.read()).at(-1) === 'alice: three', false)
  assert.is(bob.statusOf('team'), 'history_forked')
})

test('an entry repeated, with its number or the next', async () => {
  for (const seq of [0, 1]) {
    const { alice, bob, kdc } = await team('bob')
    await alice.say('team', 'once')
    show(kdc, 'bob', (entry) =>
      entry.kind === 'message'
        ? [entry, { ...entry, position: entry.position + 1, seq: entry.seq + seq }]
        : entry,
    )
    assert.equal(await bob.read(), ['alice: once'])
    // With the next number it is an entry that does not open: whoever put it there does not stop the group.
    assert.equal(bob.told(), [seq === 0 ? 'group_broken' : 'entry_damaged'])
    assert.is(bob.statusOf('team'), seq === 0 ? 'history_damaged' : 'active')
  }
})

test('entries out of order', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  kdc.lieInMailbox = (name, page) => (name === 'bob' ? [...page].reverse() : page)
  assert.equal(await bob.read(), ['alice: two'])
  assert.is(bob.statusOf('team'), 'history_damaged')
})

test('a position twice', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  const last = kdc.entries.length
  show(kdc, 'bob', (entry) => ({ ...entry, position: Math.min(entry.position, last - 1) }))
  assert.equal(await bob.read(), ['alice: one'])
  assert.is(bob.statusOf('team'), 'history_damaged')
})

test('flipped bits in a message: passed over, told, and noticed by the next', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  show(kdc, 'bob', (entry) => (entry.seq === 2 ? { ...entry, payload: flip(String(entry.payload)) } : entry))
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), ['entry_damaged'])
  assert.is(bob.statusOf('team'), 'active')
  // Alice has seen her own entry as it was.
  await alice.mail.sync()
  await alice.say('team', 'two')
  assert.equal(await bob.read(), [])
  assert.is(bob.statusOf('team'), 'history_forked')
})

test('a member that sends garbage stops nobody', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await kdc.post('carol')('/groups/send', {
    group: kdc.entries[0]?.group,
    epoch: 1,
    message: 'AAAA',
    id: 'garbage',
  })
  await alice.mail.sync()
  await alice.say('team', 'still here')
  assert.equal(await bob.read(), ['alice: still here'])
  assert.equal(
    bob.notices.map(({ by, from }) => [by, from]),
    [['carol', 2]],
  )
  assert.equal(await carol.read(), ['alice: still here'])
})

test('flipped bits, or nothing, in a commit', async () => {
  for (const change of [(payload: string) => flip(payload), () => 'AAAA', () => '']) {
    const { alice, bob, carol, kdc } = await team('bob', 'carol', 'dave')
    await alice.mail.remove('team', ['dave'])
    show(kdc, 'bob', (entry) =>
      entry.seq === 2 ? { ...entry, payload: change(String(entry.payload)) } : entry,
    )
    await alice.say('team', 'hi')
    assert.equal(await bob.read(), [])
    assert.is(bob.statusOf('team'), 'history_damaged')
    assert.equal(await carol.read(), ['alice: hi'])
  }
})

test('a commit of an old epoch once more', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol', 'dave')
  await alice.mail.remove('team', ['dave'])
  await bob.mail.sync()
  const commit = kdc.entries.at(-1) as FakeEntry
  kdc.lieInMailbox = (name, page) =>
    name === 'bob' ? [{ ...commit, position: commit.position + 1, seq: commit.seq + 1 }, ...page] : page
  await bob.mail.sync()
  assert.is(bob.statusOf('team'), 'history_damaged')
})

test('an old invitation, given once more', async () => {
  const { alice, bob, mallory, kdc } = await people('alice', 'bob', 'mallory')
  const own = kdc.packages.get('bob')
  if (own) own.once = []
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob', 'mallory'])
  await bob.mail.sync()
  await mallory.mail.sync()
  await alice.mail.remove('team', ['mallory'])
  await bob.mail.sync()
  bob.told()
  const [welcome] = kdc.visible('bob')
  for (let more = 1; more <= 2; more++) {
    kdc.lieInMailbox = (name, page) =>
      name === 'bob' ? [{ ...(welcome as FakeEntry), position: kdc.entries.length + more }] : page
    await bob.mail.sync()
    // Never back among those who could read then.
    await rejects(bob.say('team', 'x'), more === 1 ? 'history_damaged' : 'member_unverified')
  }
  assert.is(kdc.asked.get('/groups/send'), undefined)
  assert.equal(bob.told(), ['group_broken', 'group_broken'])
  assert.equal(bob.mail.members('team'), ['alice', 'bob'])
})

test('a commit of ours, withheld until another one has taken its place', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol', 'dave')
  let withheld: Record<string, unknown> | undefined
  kdc.before = (name, path, body) => {
    if (name !== 'alice' || path !== '/groups/commit' || withheld) return
    withheld = body
    throw new TransportError('kdc_unreachable', 'nothing comes back')
  }
  await rejects(alice.mail.remove('team', ['dave']), 'kdc_unreachable')
  // Whoever has stolen what bob had reads nothing from here on.
  await bob.loseState()
  kdc.lieInMailbox = (name, page) => {
    const last = kdc.entries.at(-1)
    if (name !== 'alice' || !last || page.at(-1)?.position !== last.position) return page
    const { commit, removed, epoch } = withheld as { commit: string; removed: string[]; epoch: number }
    const { position, seq } = last
    return [
      ...page,
      { ...last, sender: 'alice', position: position + 1, seq: seq + 1, epoch, payload: commit, removed },
    ]
  }
  await alice.mail.sync()
  // Neither has she gone back to the keys of before, nor has anything been done of what the KDC says.
  assert.is(alice.statusOf('team'), 'history_damaged')
  assert.equal(alice.mail.members('team'), ['alice', 'bob', 'carol', 'dave'])
  await rejects(alice.say('team', 'x'), 'history_damaged')
})

test('an invitation that is none: it is told by whom', async () => {
  const { bob, kdc } = await people('bob', 'mallory')
  const group = toBase64url(new Uint8Array(16).fill(7))
  const nothing = { commit: 'AAAA', welcome: 'AAAA', group_info: 'AAAA' }
  const body = { group, kind: 'named', name: 'nice', members: ['bob'], ...nothing }
  await kdc.post('mallory')('/groups/create', body)
  await bob.mail.sync()
  const told = bob.notices.map(({ code, by, reason }) => ({ code, by, reason }))
  assert.equal(told, [{ code: 'group_broken', by: 'mallory', reason: 'history_damaged' }])
})

test('many invitations that are none, and much that does not open: each is told once, by whom, however many pages', async () => {
  const { alice, bob, kdc } = await team('bob')
  kdc.pageSize = 50
  const nothing = { commit: 'AAAA', welcome: 'AAAA', group_info: 'AAAA' }
  for (let n = 0; n < 200; n++) {
    const group = toBase64url(new Uint8Array(16).fill(n))
    const body = { group, kind: 'named', name: `nice${n}`, members: ['bob'], ...nothing }
    await kdc.post('mallory')('/groups/create', body)
    const garbage = toBase64url(new Uint8Array(32).fill(n))
    await kdc.post('alice')('/groups/send', { group: kdc.entries[0]?.group, epoch: 1, message: garbage })
  }
  bob.told()
  await bob.mail.sync()
  const told = bob.notices.map(({ code, by, count }) => ({ code, by, count }))
  assert.equal(told, [
    { code: 'group_broken', by: 'mallory', count: 200 },
    { code: 'entry_damaged', by: alice.name, count: 200 },
  ])
  const kept = await bob.state.list('notice/')
  assert.equal(kept, [], 'what was told is forgotten')
})

test('a key package that is not of the one whom the KDC says', async () => {
  const { alice, kdc } = await people('alice', 'bob', 'mallory')
  await alice.mail.createGroup('team')
  const forged = kdc.packages.get('mallory')?.once[0]
  kdc.lie = (_name, path, answer) =>
    path === '/key-packages/take' ? { packages: [{ username: 'bob', package: forged }], missing: [] } : answer
  await rejects(alice.mail.add('team', ['bob']), 'member_unverified')
  await rejects(alice.tell('bob', 'hi'), 'member_unverified')
  for (const text of ['AAAA', flip(String(forged)), flip(String(forged), 60)]) {
    kdc.lie = (_name, path, answer) =>
      path === '/key-packages/take'
        ? { packages: [{ username: 'mallory', package: text }], missing: [] }
        : answer
    await rejects(alice.mail.add('team', ['mallory']), 'member_unverified')
  }
  assert.equal(alice.mail.members('team'), ['alice'])
})

test('a key package of a ghost in a name that it has not', async () => {
  const { alice, kdc } = await people('alice', 'bob')
  const ghost = await new Person('bob', (await people()).kdc).open()
  const forged = ghost.kdc.packages.get('bob')?.once[0]
  kdc.lie = (_name, path, answer) =>
    path === '/key-packages/take' ? { packages: [{ username: 'bob', package: forged }], missing: [] } : answer
  // The KDC has given one key to some and another to others.
  await rejects(alice.tell('bob', 'hi'), 'member_unverified')
})

test('a key package of one whom nobody asked for', async () => {
  const { alice, kdc } = await people('alice', 'bob', 'mallory')
  await alice.mail.createGroup('team')
  kdc.lie = (_who, path, answer) => {
    if (path !== '/key-packages/take') return answer
    const { packages } = answer as { packages: object[] }
    const ghost = { username: 'mallory', package: kdc.packages.get('mallory')?.once[0] }
    return { packages: [...packages, ghost], missing: [] }
  }
  await rejects(alice.mail.add('team', ['bob']), 'member_unverified')
  await rejects(alice.tell('bob', 'hi'), 'member_unverified')
  assert.equal(alice.mail.members('team'), ['alice'])
  assert.is(kdc.entries.length, 0)
})

test('an identity that the KDC has replaced is told, once', async () => {
  const { alice, kdc } = await people('alice', 'bob')
  await alice.tell('bob', 'hi')
  await alice.mail.createGroup('team')
  const ghost = await new Person('bob', (await people()).kdc).open()
  kdc.identities.set('bob', String(ghost.kdc.identities.get('bob')))
  kdc.packages.set('bob', ghost.kdc.packages.get('bob') as never)
  assert.equal(alice.told(), [])
  await alice.mail.add('team', ['bob'])
  const told = alice.notices.map(({ code, username }) => [code, username])
  assert.equal(told, [['key_changed', 'bob']])
  alice.told()
  await alice.mail.createGroup('second')
  await alice.mail.add('second', ['bob'])
  assert.equal(alice.told(), [])
})

test("a key that was somebody's once is good in an old entry, and in no key package", async () => {
  const { alice, carol, kdc } = await people('alice', 'bob', 'carol')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['carol'])
  await carol.mail.sync()
  await alice.mail.add('team', ['bob'])
  const old = kdc.packages.get('bob')
  // Bob loses his state; carol reads of his coming only then.
  const bob = await new Person('bob', kdc).open()
  await alice.mail.sync()
  carol.told()
  await carol.mail.sync()
  assert.equal(carol.told(), ['member_added', 'key_changed', 'member_rejoined'])
  await bob.say('team', 'me')
  assert.equal(await carol.read(), ['bob: me'])
  kdc.packages.set('bob', old as never)
  const dave = await new Person('dave', kdc).open()
  await rejects(dave.tell('bob', 'hi'), 'member_unverified')
})

test('commits by others than the admin: added, removed, or what nobody may', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  // A client of bob's own making, and a KDC that helps it.
  const { loadMls } = await import('../../../src/lib/mls/rfc9420/suite.ts')
  const { makeCommit } = await import('../../../src/lib/mls/make-commit.ts')
  const { MlsStore, Transaction } = await import('../../../src/lib/mls/state/mls-store.ts')
  const { takeKeyPackages } = await import('../../../src/lib/mls/keys/key-packages.ts')
  const mls = await loadMls()
  await new Person('mallory', kdc).open()
  const mlsStore = await MlsStore.open(mls, bob.state)
  const [group] = [...mlsStore.groups.values()]
  if (!group) throw new Error('no group')
  const transaction = new Transaction(mlsStore)
  const committer = { mls, username: 'bob', clock: () => bob.now, newId: () => 'id' }
  const packages = await takeKeyPackages(transaction, kdc.post('bob'), () => bob.now, ['mallory'])
  const state = await transaction.state(group)
  const commits = [
    { change: await makeCommit(committer, group, state, packages, []), added: ['mallory'], removed: [] },
    {
      change: await makeCommit(committer, group, state, new Map(), ['carol']),
      added: [],
      removed: ['carol'],
    },
    { change: await makeCommit(committer, group, state, packages, []), added: [], removed: [] },
  ]
  for (const { change, added, removed } of commits) {
    const alone = await new Person('alice', kdc, alice.state).open()
    const entry: FakeEntry = {
      position: kdc.entries.length + 1,
      group: group.id,
      seq: 2,
      epoch: 1,
      sender: 'bob',
      kind: 'commit',
      at: kdc.now,
      payload: String(change.payload),
      added,
      removed,
    }
    const saved = new Map(alice.state.entries)
    kdc.lieInMailbox = (name) => (name === 'alice' ? [entry] : [])
    await alone.mail.sync()
    assert.is(alone.statusOf('team'), 'member_unverified')
    alice.state.entries = saved
  }
  assert.ok(carol)
})

test('a commit of the admin, of which the KDC says something else', async () => {
  for (const [added, removed] of [
    [[], []],
    [['eve'], ['dave']],
    [[], ['carol']],
  ] as const) {
    const { alice, bob, kdc } = await team('bob', 'carol', 'dave')
    await alice.mail.remove('team', ['dave'])
    show(kdc, 'bob', (entry) =>
      entry.seq === 2 ? { ...entry, added: [...added], removed: [...removed] } : entry,
    )
    await bob.mail.sync()
    assert.is(bob.statusOf('team'), 'member_unverified')
    assert.ok(alice)
  }
})

test('the KDC takes the place of a member by an external commit: the key has changed, and it is told', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  await alice.say('team', 'before')
  // The KDC can do what bob can: it holds the group info, and says who bob is.
  const ghost = await new Person('bob', kdc).open()
  await alice.mail.sync()
  assert.equal(
    alice.notices.map(({ code, username }) => [code, username]),
    [
      ['key_changed', 'bob'],
      ['member_rejoined', 'bob'],
    ],
  )
  assert.equal(await ghost.read(), [])
  assert.equal(await bob.read(), ['alice: before'])
})

test('the KDC takes the place of a member with a key that it says was his once: that is told, too', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  const [real, packages] = [String(kdc.identities.get('bob')), structuredClone(kdc.packages.get('bob'))]
  await new Person('bob', kdc).open()
  const ghost = String(kdc.identities.get('bob'))
  kdc.identities.set('bob', real)
  kdc.packages.set('bob', packages as never)
  kdc.earlier.set('bob', [ghost])
  await alice.mail.sync()
  assert.equal(alice.told(), ['key_changed', 'member_rejoined'])
  // The key that alice knows is still bob's.
  await alice.tell('bob', 'is that you?')
  assert.equal(await bob.read(), ['alice: is that you?'])
  assert.equal(alice.told(), [])
})

test('somebody who is no member joins from outside', async () => {
  const { alice, kdc } = await team('bob')
  const id = String(kdc.entries[0]?.group)
  const { loadMls, CLIENT_CONFIG } = await import('../../../src/lib/mls/rfc9420/suite.ts')
  const { readGroupInfo } = await import('../../../src/lib/mls/rfc9420/welcome.ts')
  const { makeKeyPackage } = await import('../../../src/lib/mls/keys/key-packages.ts')
  const { makeIdentity } = await import('../../../src/lib/mls/state/identity.ts')
  const { encodePosition, positionOfNewcomer } = await import('../../../src/lib/mls/state/chain.ts')
  const { fromBase64url } = await import('../../../src/lib/bytes.ts')
  const mls = await loadMls()
  const identity = await makeIdentity(mls)
  const info = readGroupInfo(mls, fromBase64url(String(kdc.groups.get(id)?.info)), fromBase64url(id))
  const own = await makeKeyPackage(mls, 'mallory', identity, () => alice.now)
  const { publicMessage } = await mls.joinGroupExternal(
    info.groupInfo,
    own.publicPackage,
    own.privatePackage,
    false,
    mls.suite,
    info.tree,
    CLIENT_CONFIG,
    encodePosition(positionOfNewcomer(1)),
  )
  const payload = toBase64url(
    mls.encodeMlsMessage({ wireformat: 'mls_public_message', version: 'mls10', publicMessage }),
  )
  const common = {
    group: id,
    seq: 2,
    epoch: 1,
    sender: 'mallory',
    kind: 'commit' as const,
    at: 1,
    removed: [],
  }
  const saved = new Map(alice.state.entries)
  for (const added of [[], ['mallory']]) {
    alice.state.entries = new Map(saved)
    const fresh = await new Person('alice', kdc, alice.state).open()
    kdc.identities.set('mallory', toBase64url(identity.publicKey))
    kdc.lieInMailbox = () => [{ ...common, position: 2, payload, added }]
    await fresh.mail.sync()
    assert.is(fresh.statusOf('team'), 'member_unverified')
  }
})

test('an invitation for somebody else, for another group, or changed', async () => {
  const { alice, bob, carol, kdc } = await people('alice', 'bob', 'carol')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await alice.mail.createGroup('other')
  await alice.mail.add('other', ['carol'])
  const [toBob, toCarol] = kdc.entries as [FakeEntry, FakeEntry]
  const elsewhere = new Map(bob.state.entries)
  const cases: [(entry: FakeEntry) => FakeEntry, string][] = [
    [(entry) => ({ ...entry, group: toCarol.group }), 'member_unverified'],
    [(entry) => ({ ...entry, added: ['carol'] }), 'member_unverified'],
    // By these it is not for him at all, though all of them are members.
    [(entry) => ({ ...entry, added: [] }), 'member_unverified'],
    [(entry) => ({ ...entry, added: ['alice'] }), 'member_unverified'],
    [(entry) => ({ ...entry, added: ['bob', 'mallory'] }), 'member_unverified'],
    [(entry) => ({ ...entry, welcome: flip(String(entry.welcome), 400) }), 'history_damaged'],
    [(entry) => ({ ...entry, welcome: flip(String(entry.welcome)) }), 'history_damaged'],
    [(entry) => ({ ...entry, welcome: 'AAAA' }), 'history_damaged'],
  ]
  for (const [change, code] of cases) {
    bob.state.entries = new Map(elsewhere)
    const fresh = await new Person('bob', kdc, bob.state).open()
    show(kdc, 'bob', (entry) => (entry.position === toBob.position ? change(entry) : entry))
    await fresh.mail.sync()
    const found = fresh.mail.groups().map(({ reason, status }) => reason ?? status)
    assert.ok(found.includes(code as never), `${code}: ${found}`)
  }
  // Carol's invitation does not open for bob. He is told, and takes his place when he says so.
  bob.state.entries = new Map(elsewhere)
  const fresh = await new Person('bob', kdc, bob.state).open()
  const { welcome } = toCarol
  show(kdc, 'bob', (entry) =>
    entry.position === toBob.position ? { ...entry, welcome: String(welcome) } : entry,
  )
  const before = kdc.asked.get('/groups/info') ?? 0
  await fresh.mail.sync()
  assert.is(fresh.notices[0]?.by, 'alice')
  assert.equal(fresh.told(), ['group_broken'])
  await fresh.mail.sync()
  assert.equal(fresh.told(), [])
  assert.is(kdc.asked.get('/groups/info') ?? 0, before)
  await fresh.mail.rejoin({ group: 'team' })
  assert.equal(fresh.told(), ['history_lost', 'member_rejoined'])
  assert.is(fresh.statusOf('team'), 'active')
  assert.ok(carol)
})

test('a group into which we came without a word: told once, and rejoined when we say so', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await alice.say('team', 'hi')
  show(kdc, 'bob', (entry) => (entry.kind === 'commit' ? undefined : entry))
  await bob.open()
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), ['group_broken'])
  await bob.open()
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), [])
  kdc.lieInMailbox = (_who, page) => page
  await bob.mail.rejoin({ group: 'team' })
  await alice.read()
  await alice.say('team', 'again')
  assert.equal(await bob.read(), ['alice: again'])
  await rejects(bob.mail.rejoin({ group: 'nothing' }), 'group_unknown')
})

test('an id of a group that is none fails that group alone', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await alice.tell('bob', 'hi')
  const [first] = kdc.groups.keys()
  // 22 characters have 4 bits more than 16 bytes.
  const wrong = `${first?.slice(0, -1)}B`
  show(kdc, 'bob', (entry) => (entry.group === first ? { ...entry, group: wrong } : entry))
  kdc.lie = (_name, path, answer) =>
    path === '/groups/list' ? JSON.parse(JSON.stringify(answer).replaceAll(String(first), wrong)) : answer
  assert.equal(await bob.read(), ['alice: hi'])
  assert.equal(bob.told(), ['group_broken'])
  await bob.loseState()
  assert.ok(bob.told().includes('group_broken'))
  await alice.tell('bob', 'again')
  assert.equal(await bob.read(), ['alice: again'])
})

test('a second group of one name is not rejoined either', async () => {
  const { bob, kdc } = await team('bob')
  const mallory = await new Person('mallory', kdc).open()
  // The KDC makes two groups of one name.
  kdc.lax = true
  await mallory.mail.createGroup('team')
  await mallory.mail.add('team', ['bob'])
  await bob.loseState()
  const active = bob.mail.groups().filter(({ status }) => status === 'active')
  assert.equal(
    active.map(({ admin }) => admin),
    ['alice'],
  )
  assert.ok(bob.told().includes('group_broken'))
})

test('a group info of another group, an old one, or a changed one, to one who rejoins', async () => {
  const { alice, bob, kdc } = await team('bob')
  const old = [...kdc.groups.values()][0]?.info
  await alice.mail.createGroup('other')
  const other = [...kdc.groups.values()][1]?.info
  const infoLie = (change: (answer: Record<string, unknown>) => Record<string, unknown>) => {
    kdc.lie = (_name, path, answer) =>
      path === '/groups/info' ? change(answer as Record<string, unknown>) : answer
  }
  const cases: [(answer: Record<string, unknown>) => Record<string, unknown>, string][] = [
    [(answer) => ({ ...answer, group_info: other }), 'member_unverified'],
    [(answer) => ({ ...answer, epoch: 7 }), 'member_unverified'],
    [(answer) => ({ ...answer, admin: 'bob' }), 'member_unverified'],
    [(answer) => ({ ...answer, name: 'another' }), 'member_unverified'],
    [(answer) => ({ ...answer, members: ['alice', 'bob', 'mallory'] }), 'member_unverified'],
    [(answer) => ({ ...answer, group_info: flip(String(old)) }), 'history_damaged'],
    [(answer) => ({ ...answer, group_info: 'AAAA' }), 'history_damaged'],
  ]
  for (const [change, code] of cases) {
    infoLie(change)
    await bob.breakGroups()
    await rejects(bob.mail.rejoin({ group: 'team' }), code)
  }
})

test('a mailbox that always has more, and gives nothing', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  let asked = 0
  kdc.lie = (_name, path, answer) => {
    if (path !== '/mailbox') return answer
    asked++
    return { ...(answer as object), more: asked < 100 }
  }
  assert.equal(await bob.read(), ['alice: one'])
  assert.is(asked, 2)
})

test('one broken group stops no other', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.mail.createGroup('second')
  await alice.mail.add('second', ['bob'])
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  await alice.say('second', 'three')
  const [first] = [...kdc.groups.keys()]
  show(kdc, 'bob', (entry) => (entry.group === first && entry.seq === 3 ? { ...entry, seq: 2 } : entry))
  assert.equal(await bob.read(), ['alice: one', 'alice: three'])
  assert.is(bob.statusOf('team'), 'history_damaged')
  assert.is(bob.statusOf('second'), 'active')
})

test('answers that are none', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  await bob.mail.createGroup('other')
  await alice.mail.createGroup('team')
  const asks: [string, (person: Person) => Promise<unknown>][] = [
    ['/mailbox', (person) => person.mail.sync()],
    ['/groups/list', (person) => person.mail.sync()],
    ['/key-packages/count', (person) => person.mail.sync()],
    ['/key-packages/take', (person) => person.mail.add('team', ['bob'])],
    ['/identity/find', (person) => person.mail.add('team', ['bob'])],
    ['/groups/info', (person) => person.rejoin('team')],
  ]
  for (const [path, ask] of asks) {
    const fresh = await new Person('alice', kdc, alice.state).open()
    const none = { entries: [{}], groups: 1, packages: [{ username: '../x' }] }
    kdc.lie = (_name, asked, answer) => (asked === path ? none : answer)
    await rejects(ask(fresh), 'malformed')
    kdc.lie = (_name, _path, answer) => answer
  }
})

/** Once, `name` is given an entry at a position beyond all others. */
function leapOnce(kdc: FakeDelivery, name: string) {
  kdc.lieInMailbox = (who, page) => {
    if (who !== name || page.length === 0) return page
    kdc.lieInMailbox = (_who, later) => later
    return page.map((entry, at) =>
      at === page.length - 1 ? { ...entry, position: Number.MAX_SAFE_INTEGER } : entry,
    )
  }
}

test('a position beyond all others, once: the next start tells it, and fetches what came since', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  leapOnce(kdc, 'bob')
  assert.equal(await bob.read(), ['alice: one'])
  await alice.say('team', 'two')
  await alice.say('team', 'three')
  kdc.pageSize = 1
  await bob.open()
  assert.equal(await bob.read(), ['alice: two', 'alice: three'])
  assert.equal(bob.told(), ['entries_withheld'])
  await alice.say('team', 'four')
  assert.equal(await bob.read(), ['alice: four'])
  await bob.open()
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), [])
  assert.is(bob.statusOf('team'), 'active')
})

test('a position beyond all others, once: who says something finds it out', async () => {
  const { alice, bob, kdc } = await team('bob')
  await bob.read()
  await alice.say('team', 'one')
  leapOnce(kdc, 'bob')
  assert.equal(await bob.read(), ['alice: one'])
  await alice.say('team', 'two')
  assert.ok((await bob.say('team', 'three')).stored)
  assert.equal(await bob.read(), ['alice: two'])
  assert.equal(bob.told(), ['entries_withheld'])
  // What came with a false position keeps it.
  assert.equal(await bob.history({ group: 'team' }), ['alice: two', 'bob: three', 'alice: one'])
})

test('a KDC that goes on saying that there is more: told, and asked no more than once', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  show(kdc, 'bob', (entry) => (entry.kind === 'message' ? undefined : entry))
  await bob.open()
  const before = kdc.asked.get('/mailbox') ?? 0
  assert.equal(await bob.read(), [])
  assert.ok((kdc.asked.get('/mailbox') ?? 0) - before <= 4)
  assert.equal(bob.told(), ['entries_withheld', 'history_lost'])
  await bob.open()
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), [])
  await alice.say('team', 'three')
  show(kdc, 'bob', (entry) => (entry.seq === 4 ? entry : undefined))
  assert.equal(await bob.read(), ['alice: three'])
})

test('positions beyond all others, again and again: everything is fetched once more, and not with each message', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  kdc.lieInMailbox = (who, page) =>
    page.map((entry, at) =>
      who === 'bob' && at === page.length - 1 ? { ...entry, position: Number.MAX_SAFE_INTEGER } : entry,
    )
  await bob.read()
  bob.told()
  for (const text of ['two', 'three', 'four']) await bob.say('team', text)
  assert.is(bob.told().filter((code) => code === 'entries_withheld').length, 1)
})

test.run()
