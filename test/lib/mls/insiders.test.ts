/** Members with clients of their own making, and a KDC that lets them: what the others make of it. */
import type { Extension, KeyPackage, Proposal, Welcome } from 'ts-mls'
import { signKeyPackage } from 'ts-mls/keyPackage.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, fromBase64url, toBase64url, utf8 } from '../../../src/lib/bytes.ts'
import { makeKeyPackage, takeKeyPackages } from '../../../src/lib/mls/keys/key-packages.ts'
import { type Committer, makeCommit, makeGroup, makeRejoin } from '../../../src/lib/mls/make-commit.ts'
import { CLIENT_CONFIG, decodeMessage, loadMls } from '../../../src/lib/mls/rfc9420/suite.ts'
import { leavesOf } from '../../../src/lib/mls/rfc9420/tree.ts'
import {
  descriptorExtension,
  encodeGroupInfo,
  encodeWelcome,
  type GroupDescriptor,
  readGroupInfo,
} from '../../../src/lib/mls/rfc9420/welcome.ts'
import { encodePosition, positionOf, positionOfNewcomer } from '../../../src/lib/mls/state/chain.ts'
import type { Group } from '../../../src/lib/mls/state/group.ts'
import { MlsStore, Transaction } from '../../../src/lib/mls/state/mls-store.ts'
import { copyOf, Person, people, team } from '../../helpers/mail.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('insiders')
const mls = await loadMls()
let ids = 0

/** The same principal with the same keys, and no rules. */
class Rogue {
  readonly person: Person
  readonly committer: Committer

  constructor(person: Person) {
    this.person = person
    person.kdc.lax = true
    this.committer = { mls, username: person.name, clock: () => person.now, newId: () => `rogue${ids++}` }
  }

  post(path: string, body: Record<string, unknown>) {
    return this.person.kdc.post(this.person.name)(path, body)
  }

  async transaction(): Promise<Transaction> {
    return new Transaction(await MlsStore.open(mls, this.person.state))
  }

  async state(name = 'team') {
    const transaction = await this.transaction()
    const group = transaction.groups
      .values()
      .find(({ descriptor }) => descriptor?.kind !== 'named' || descriptor.name === name) as Group
    return { transaction, group, state: await transaction.state(group) }
  }

  async packages(...names: string[]) {
    return takeKeyPackages(
      await this.transaction(),
      (path, body) => this.post(path, body),
      () => this.person.now,
      names,
    )
  }

  async commit(added: string[], removed: string[]) {
    const { group, state } = await this.state()
    const change = await makeCommit(this.committer, group, state, await this.packages(...added), removed)
    await this.post(change.path, change.body)
  }

  async begin(
    descriptor: GroupDescriptor,
    members: string[],
    id = toBase64url(utf8(`group${ids++}`.padEnd(16, '.'))),
  ) {
    const { identity } = await this.transaction()
    const change = await makeGroup(this.committer, identity, id, descriptor, await this.packages(...members))
    await this.post(change.path, change.body)
  }

  async propose(proposal: Proposal, place?: Uint8Array) {
    const { group, state } = await this.state()
    const data = place ?? encodePosition(positionOf(group.chain))
    const { message } = await mls.createProposal(state, false, proposal, mls.suite, data)
    const text = toBase64url(mls.encodeMlsMessage(message))
    const { id, epoch } = group
    await this.post('/groups/leave', { group: id, epoch, proposal: text, id: this.committer.newId() })
  }

  /** @param as - under whose keys, which every member has; the signature stays its own. */
  async say(text: string, place?: Uint8Array, as?: string) {
    const { group, state: own } = await this.state()
    const leafIndex = as === undefined ? own.privatePath.leafIndex : leavesOf(own.ratchetTree).get(as)?.index
    const state = { ...own, privatePath: { ...own.privatePath, leafIndex: leafIndex ?? -1 } }
    const data = place ?? encodePosition(positionOf(group.chain))
    const { privateMessage } = await mls.createApplicationMessage(state, utf8(text), mls.suite, data)
    const message = toBase64url(
      mls.encodeMlsMessage({ wireformat: 'mls_private_message', version: 'mls10', privateMessage }),
    )
    await this.post('/groups/send', {
      group: group.id,
      epoch: group.epoch,
      message,
      id: this.committer.newId(),
    })
  }
}

test("a member writes under another's keys, without its signature: skipped, and what others say around it is read", async () => {
  const before = await team('bob', 'carol', 'dave')
  for (const pageSize of [500, 2]) {
    const { alice, bob, carol, dave, kdc } = await copyOf(before)
    kdc.pageSize = pageSize
    await carol.say('team', 'one')
    await bob.mail.sync()
    await new Rogue(bob).say('forged', undefined, 'carol')
    await carol.say('team', 'two')
    await dave.say('team', 'three')
    for (const reader of [alice, dave]) {
      // Nothing of it is written at any time, either.
      const { state } = reader
      const kept = new Set<string>()
      const write = state.write.bind(state)
      state.write = async (changes) => {
        for (const [key, value] of changes)
          if (key.startsWith('message/')) kept.add(`${value && Buffer.from(value)}`)
        await write(changes)
      }
      const lines = await reader.read()
      assert.equal(lines.slice(0, 2), ['carol: one', 'carol: two'])
      assert.not.ok([...lines, ...kept].some((line) => line.includes('forged')))
      assert.equal(reader.told(), ['entry_damaged'])
      // And again by the keys that follow.
      await carol.say('team', 'four')
      assert.equal((await reader.read()).at(-1), 'carol: four')
    }
  }
})

test('one signature of a page is wrong, wherever it is, also among commits; and a crash before the page is written', async () => {
  const before = await people('alice', 'bob', 'carol', 'dave', 'eve')
  await before.alice.mail.createGroup('team')
  await before.alice.mail.add('team', ['bob', 'carol', 'dave'])
  for (const name of ['bob', 'carol', 'dave'] as const) await before[name].mail.sync()
  const honest = ['one', 'commit', 'two', 'three']
  for (let place = 0; place <= honest.length; place++) {
    const { alice, bob, carol, dave } = await copyOf(before)
    for (const [at, what] of [...honest.slice(0, place), 'forged', ...honest.slice(place)].entries()) {
      if (at === place) {
        await bob.mail.sync()
        await new Rogue(bob).say(what, undefined, 'carol')
      } else if (what === 'commit') await alice.mail.add('team', ['eve'])
      else await carol.say('team', what)
    }
    const { entries } = dave.state
    const stood = new Map(entries)
    dave.state.powerFor = 0
    await dave.mail.sync().then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, 'the power is gone'),
    )
    assert.equal(entries, stood)
    dave.state.powerFor = Number.POSITIVE_INFINITY
    await dave.open()
    dave.told()
    assert.equal(await dave.read(), ['carol: one', 'carol: two', 'carol: three'], `place ${place}`)
    assert.equal(dave.told().sort(), ['entry_damaged', 'member_added'])
    await dave.say('team', 'four')
    assert.is((await carol.read()).at(-1), 'dave: four')
  }
})

const remove = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } })

test('a member that is not the admin adds and removes: the others, and whom it adds, refuse', async () => {
  const before = await team('bob', 'carol')
  for (const [added, removed] of [
    [['mallory'], []],
    [[], ['carol']],
    [[], ['alice']],
  ] as const) {
    const { alice, bob, kdc } = await copyOf(before)
    const { mallory } = await people('mallory')
    kdc.identities.set('mallory', String(mallory.kdc.identities.get('mallory')))
    kdc.packages.set('mallory', mallory.kdc.packages.get('mallory') as never)
    await new Rogue(bob).commit([...added], [...removed])
    await alice.mail.sync()
    assert.is(alice.statusOf('team'), 'member_unverified')
    if (added.length === 0) continue
    const invited = new Person('mallory', kdc, mallory.state)
    await invited.open()
    await invited.mail.sync()
    assert.equal(
      invited.mail.groups().map(({ reason }) => reason),
      ['member_unverified'],
    )
  }
})

test('nobody is taken into a conversation that is said to be with oneself', async () => {
  const { bob, carol } = await people('bob', 'carol')
  await new Rogue(carol).begin({ kind: 'direct', own: true }, ['bob'])
  await bob.mail.sync()
  assert.equal(
    bob.mail.groups().map(({ reason }) => reason),
    ['member_unverified'],
  )
  await bob.tell('bob', 'my own')
  assert.equal(await bob.read(), ['bob: my own'])
  await carol.mail.sync()
  assert.equal(await carol.read(), [])
})

test('a conversation of three, a second group of the same name; a second one of the same two takes the place', async () => {
  const { bob, carol } = await people('alice', 'bob', 'carol', 'dave')
  await new Rogue(carol).begin({ kind: 'direct' }, ['bob', 'dave'])
  await bob.mail.sync()
  assert.equal(
    bob.mail.groups().map(({ reason }) => reason),
    ['member_unverified'],
  )
  for (const descriptor of [
    { kind: 'direct' },
    { kind: 'named', name: 'team', admin: 'carol' },
  ] as GroupDescriptor[]) {
    const all = await people('alice', 'bob', 'carol')
    const rogue = new Rogue(all.carol)
    await rogue.begin(descriptor, ['bob'])
    await all.bob.mail.sync()
    await rogue.begin(descriptor, ['bob'])
    await all.bob.mail.sync()
    assert.equal(
      all.bob.mail.groups().map(({ status, reason }) => reason ?? status),
      descriptor.kind === 'direct' ? ['left', 'active'] : ['active', 'member_unverified'],
    )
  }
})

test('a group whose admin is said to be another', async () => {
  const { bob, carol } = await people('alice', 'bob', 'carol')
  await new Rogue(carol).begin({ kind: 'named', name: 'team', admin: 'alice' }, ['bob'])
  await bob.mail.sync()
  assert.is(bob.statusOf('team') ?? bob.mail.groups()[0]?.reason, 'member_unverified')
})

test('one who is in the group is added once more', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  await alice.say('team', 'hi')
  const [first] = kdc.entries
  kdc.lieInMailbox = (name, page) =>
    name === 'bob' ? page.map((entry) => ({ ...entry, welcome: String(first?.welcome) })) : page
  await bob.mail.sync()
  assert.is(bob.statusOf('team'), 'history_damaged')
})

/** Everything that is overwritten meanwhile. */
async function wipedBy(run: () => Promise<void>): Promise<Set<string>> {
  const wiped = new Set<string>()
  const { fill } = Uint8Array.prototype
  Uint8Array.prototype.fill = function (...how) {
    wiped.add(`${this}`)
    return fill.apply(this, how)
  }
  try {
    await run()
  } finally {
    Uint8Array.prototype.fill = fill
  }
  return wiped
}

test('one who is removed and added by the same commit goes on in the group, by the new invitation alone', async () => {
  const all = await team('bob', 'carol')
  const { alice, bob, carol, kdc } = all
  await bob.say('team', 'before')
  await bob.mail.sync()
  const [id] = [...kdc.groups.keys()]
  const old = new Map(bob.state.entries)
  const admin = new Rogue(alice)
  await alice.mail.sync()
  const { transaction, group, state } = await admin.state()
  const change = await makeCommit(admin.committer, group, state, await admin.packages('bob'), ['bob'])
  transaction.changes.set(group.id, change)
  await transaction.write()
  await alice.open()
  await alice.mail.sync()
  await alice.say('team', 'welcome back')
  const lied = await copyOf(all)
  lied.kdc.lieInMailbox = (_name, page) => page.map((entry) => ({ ...entry, removed: [] }))
  await lied.bob.mail.sync()
  assert.is(lied.bob.statusOf('team'), 'history_damaged')
  const stale = await new Rogue(bob).state()
  const wiped = await wipedBy(async () => assert.equal(await bob.read(), ['alice: welcome back']))
  for (const [name, secret] of Object.entries(stale.state.keySchedule))
    assert.ok(wiped.has(`${secret}`), name)
  assert.is(bob.statusOf('team'), 'active')
  assert.equal(bob.told(), ['member_added'])
  assert.not.equal(bob.state.entries.get(`secrets/${id}/0`), old.get(`secrets/${id}/0`))
  await bob.open()
  await bob.say('team', 'thanks')
  assert.equal((await carol.read()).slice(-2), ['alice: welcome back', 'bob: thanks'])
  assert.equal((await alice.read()).at(-1), 'bob: thanks')
  // An invitation of before, said to be such a commit: what it leads to, others have.
  const again = kdc.visible('bob').find(({ welcome }) => welcome)
  await alice.say('team', 'more')
  kdc.lieInMailbox = (name, page) =>
    name === 'bob'
      ? page.map((entry) => ({
          ...entry,
          kind: 'commit',
          added: ['bob'],
          removed: ['bob'],
          welcome: String(again?.welcome),
        }))
      : page
  await bob.mail.sync()
  assert.match(bob.statusOf('team') ?? '', /^(member_unverified|history_damaged)$/)
})

test('our own change, of which the KDC says something else', async () => {
  for (const [added, removed] of [
    [['eve'], ['carol']],
    [[], []],
  ] as const) {
    const { alice, kdc } = await team('bob', 'carol')
    kdc.lieInMailbox = (_name, page) =>
      page.map((entry) => ({ ...entry, added: [...added], removed: [...removed] }))
    await alice.mail.remove('team', ['carol'])
    assert.is(alice.statusOf('team'), 'member_unverified')
  }
})

test('a fork is noticed by a change of the group, and by a leaving, too', async () => {
  const before = await team('bob', 'carol', 'dave')
  await before.carol.say('team', 'dropped')
  for (const name of ['alice', 'dave'] as const) await before[name].mail.sync()
  for (const act of ['commit', 'leave']) {
    const { alice, bob, dave, kdc } = await copyOf(before)
    if (act === 'commit') await alice.mail.remove('team', ['dave'])
    else await dave.mail.leave('team')
    kdc.lieInMailbox = (name, page) =>
      name !== 'bob'
        ? page
        : page.filter(({ seq }) => seq !== 2).map((entry) => ({ ...entry, seq: Math.max(entry.seq - 1, 1) }))
    await bob.mail.sync()
    assert.is(bob.statusOf('team'), 'history_forked')
  }
})

test('a leaving in the name of another, of the admin, or in a conversation of two is none', async () => {
  const { alice, bob, carol } = await team('bob', 'carol')
  const rogue = new Rogue(bob)
  const { state } = await rogue.state()
  await rogue.propose(remove(leavesOf(state.ratchetTree).get('carol')?.index ?? 0))
  await carol.mail.sync()
  assert.equal(carol.told(), ['entry_damaged'])
  assert.equal(carol.mail.members('team'), ['alice', 'bob', 'carol'])
  const admin = new Rogue(alice)
  await alice.mail.sync()
  await admin.propose(remove(0))
  await carol.mail.sync()
  assert.equal(carol.told(), ['entry_damaged'])
  const two = await people('alice', 'bob')
  await two.alice.tell('bob', 'hi')
  await two.bob.mail.sync()
  await new Rogue(two.alice).propose(remove(0))
  await two.bob.mail.sync()
  assert.equal(two.bob.told(), ['entry_damaged'])
})

test('one who has left speaks on, and takes its place again: neither', async () => {
  const before = await team('bob', 'carol')
  const { bob: rogue } = await copyOf(before)
  await before.bob.mail.leave('team')
  const { alice, bob, carol, kdc } = before
  kdc.lax = true

  bob.state.entries = rogue.state.entries
  await new Rogue(bob).say('still here')
  await carol.mail.sync()
  assert.equal(carol.told(), ['member_left', 'entry_damaged'])
  const info = (await kdc.post('carol')('/groups/info', { group: kdc.entries[0]?.group })) as Record<
    string,
    unknown
  >
  const { committer } = new Rogue(bob)
  const { identity } = await new Rogue(bob).transaction()
  const text = fromBase64url(String(info.group_info))
  const answer = {
    ...info,
    seq: 3,
    epoch: 1,
    members: ['alice', 'bob', 'carol'],
    group_info: text,
    kind: 'named',
  }
  const { change } = await makeRejoin(committer, identity, String(kdc.entries[0]?.group), answer as never)
  await kdc.post('bob')('/groups/commit', change.body)
  await carol.mail.sync()
  assert.is(carol.statusOf('team'), 'member_unverified')
  await alice.mail.sync()
  assert.is(alice.statusOf('team'), 'member_unverified')
})

test('who left in an earlier epoch is left to the admin', async () => {
  const { alice, bob, carol, dave } = await team('bob', 'carol', 'dave')
  await bob.mail.leave('team')
  await carol.rejoin('team')
  // Carol has not heard bob, and says it all the same.
  assert.equal(carol.mail.members('team'), ['alice', 'carol', 'dave'])
  await carol.say('team', 'one')
  assert.equal(await dave.read(), ['carol: one'])
  await dave.say('team', 'two')
  assert.equal(await alice.read(), ['carol: one', 'dave: two'])
  await alice.say('team', 'three')
  assert.equal(await carol.read(), ['dave: two', 'alice: three'])
  assert.equal(carol.told().includes('group_broken'), false)
  const again = await team('bob', 'carol', 'dave')
  await again.bob.mail.leave('team')
  await again.carol.rejoin('team')
  await again.dave.mail.sync()
  await new Rogue(again.dave).commit([], ['bob'])
  await again.carol.mail.sync()
  assert.is(again.carol.statusOf('team'), 'member_unverified')
  await again.alice.mail.sync()
  assert.is(again.alice.statusOf('team'), 'member_unverified')
})

test('one takes the place of another from outside, in its own name', async () => {
  const { alice, carol, kdc } = await team('bob', 'carol')
  const id = String(kdc.entries[0]?.group)
  const { identity } = await new Rogue(carol).transaction()
  const info = readGroupInfo(mls, fromBase64url(String(kdc.groups.get(id)?.info)), fromBase64url(id))
  const own = await makeKeyPackage(mls, 'carol', { ...identity }, () => carol.now)
  // Carol's leaf, in the place of bob's; hers stays.
  const config = {
    ...CLIENT_CONFIG,
    keyPackageEqualityConfig: {
      ...CLIENT_CONFIG.keyPackageEqualityConfig,
      compareKeyPackageToLeafNode: (_a: unknown, leaf: { credential: object }) =>
        'identity' in leaf.credential &&
        toBase64url(leaf.credential.identity as Uint8Array) === toBase64url(utf8('bob')),
    },
  }
  const data = encodePosition(positionOfNewcomer(1))
  const { publicPackage, privatePackage } = own
  const { publicMessage } = await mls.joinGroupExternal(
    info.groupInfo,
    publicPackage,
    privatePackage,
    true,
    mls.suite,
    info.tree,
    config,
    data,
  )
  const commit = toBase64url(
    mls.encodeMlsMessage({ wireformat: 'mls_public_message', version: 'mls10', publicMessage }),
  )
  const body = { group: id, epoch: 1, commit, added: [], removed: [], group_info: '' }
  await kdc.post('carol')('/groups/commit', body)
  await alice.mail.sync()
  assert.is(alice.statusOf('team'), 'member_unverified')
})

test('a member that lies about where it is breaks the group, which is rejoined', async () => {
  const { alice, bob, carol } = await team('bob', 'carol')
  await new Rogue(bob).say('a lie', encodePosition({ seq: 1, hash: new Uint8Array(32) }))
  assert.equal(await carol.read(), [])
  assert.is(carol.statusOf('team'), 'history_forked')
  await carol.mail.rejoin({ group: 'team' })
  await carol.say('team', 'back')
  await alice.mail.sync()
  assert.is(alice.statusOf('team'), 'history_forked')
})

test('one who rejoins is told by a member, and by the KDC, that the admin is another', async () => {
  const { bob, carol, kdc } = await team('bob', 'carol')
  const { state, group } = await new Rogue(bob).state()
  const of = kdc.groups.get(group.id)
  if (!of) throw new Error('no group')
  of.admin = 'bob'
  of.info = toBase64url(await encodeGroupInfo(mls, state, { kind: 'named', name: 'team', admin: 'bob' }))
  await carol.breakGroups()
  await rejects(carol.mail.rejoin({ group: 'team' }), 'member_unverified')
  of.admin = 'alice'
  await rejects(carol.mail.rejoin({ group: 'team' }), 'member_unverified')
})

test('a group info is of one group, and nothing follows it', async () => {
  const { bob } = await team('bob')
  const { state, group } = await new Rogue(bob).state()
  const bytes = await encodeGroupInfo(mls, state, { kind: 'direct' })
  assert.is(readGroupInfo(mls, bytes, fromBase64url(group.id)).signer, 'bob')
  throws(() => readGroupInfo(mls, bytes, new Uint8Array(16)), 'member_unverified')
  throws(() => readGroupInfo(mls, concat(bytes, new Uint8Array(1)), fromBase64url(group.id)), 'malformed')
  const message = bytes.subarray(4, 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
  decodeMessage(mls, message)
  throws(() => decodeMessage(mls, concat(message, new Uint8Array(1))), 'malformed')
})

test('a key package with the key of its owner, in the name of another', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob', 'carol')
  const { identity } = await new Rogue(bob).transaction()
  const { publicPackage } = await makeKeyPackage(mls, 'carol', identity, () => bob.now)
  const message = { wireformat: 'mls_key_package', version: 'mls10', keyPackage: publicPackage } as const
  kdc.packages.set('bob', { once: [toBase64url(mls.encodeMlsMessage(message))] })
  await rejects(alice.tell('bob', 'hi'), 'member_unverified')
})

test('a key package that its owner has made wrong: without a signature in its leaf, of another suite, with one key for two uses', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const { identity } = await new Rogue(bob).transaction()
  const { signature, ...good } = (await makeKeyPackage(mls, 'bob', identity, () => bob.now)).publicPackage
  assert.is(signature.length, 64)
  const { leafNode } = good
  const suite1 = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
  for (const wrong of [
    { ...good, leafNode: { ...leafNode, signature: new Uint8Array(64) } },
    { ...good, cipherSuite: suite1 } as const,
    { ...good, initKey: leafNode.hpkePublicKey },
  ]) {
    const keyPackage = await signKeyPackage(wrong, identity.signKey, mls.suite.signature)
    const message = { wireformat: 'mls_key_package', version: 'mls10', keyPackage } as const
    kdc.packages.set('bob', { once: [toBase64url(mls.encodeMlsMessage(message))] })
    await rejects(alice.tell('bob', 'hi'), 'member_unverified')
  }
})

test('a group with rules that this protocol does not have is joined by nobody', async () => {
  for (const extensions of [
    [],
    [{ extensionType: 'required_capabilities', extensionData: new Uint8Array(3) }],
  ]) {
    const { bob, carol, kdc } = await people('bob', 'carol')
    const rogue = new Rogue(carol)
    const { identity } = await rogue.transaction()
    const [id, descriptor] = [new Uint8Array(16), { kind: 'named', name: 'team', admin: 'carol' } as const]
    const { publicPackage, privatePackage } = await makeKeyPackage(mls, 'carol', identity, () => carol.now)
    const alone = await mls.createGroup(
      id,
      publicPackage,
      privatePackage,
      extensions as Extension[],
      mls.suite,
      CLIENT_CONFIG,
    )
    const keyPackage = (await rogue.packages('bob')).get('bob') as KeyPackage
    const { welcome, newState } = await mls.createCommit(
      { state: alone, cipherSuite: mls.suite },
      {
        extraProposals: [{ proposalType: 'add', add: { keyPackage } }],
        groupInfoExtensions: [descriptorExtension(descriptor)],
      },
    )
    await kdc.post('carol')('/groups/create', {
      group: toBase64url(id),
      kind: 'named',
      name: 'team',
      members: ['bob'],
      commit: 'AA',
      welcome: toBase64url(encodeWelcome(mls, welcome as Welcome, newState)),
      group_info: 'AA',
    })
    await bob.mail.sync()
    const [found] = bob.mail.groups()
    assert.is(found?.reason ?? found?.status, extensions.length > 0 ? 'member_unverified' : 'active')
  }
})

test('a member that says nothing of where it is, is not heard', async () => {
  const { bob, carol } = await team('bob', 'carol')
  await new Rogue(bob).say('hi', new Uint8Array(3))
  assert.equal(await carol.read(), [])
  assert.equal(carol.told(), ['entry_damaged'])
})

test.run()
