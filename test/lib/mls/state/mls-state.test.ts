/** The parts in which a group is kept: what a message writes, what is left when one is over, and states that were kept otherwise at first. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../../src/lib/bytes.ts'
import { addKeyPackages } from '../../../../src/lib/mls/keys/key-packages.ts'
import { loadMls } from '../../../../src/lib/mls/rfc9420/suite.ts'
import { makeIdentity } from '../../../../src/lib/mls/state/identity.ts'
import { MlsStore, Transaction } from '../../../../src/lib/mls/state/mls-store.ts'
import { FakeDelivery } from '../../../helpers/fake-delivery.ts'
import { Person, people, team } from '../../../helpers/mail.ts'
import { MemoryState } from '../../../helpers/memory-state.ts'

const test = suite('mls-state')

/** Has so many at the KDC who can be added, and do nothing else. @returns their names. */
async function addOthers(kdc: FakeDelivery, count: number, now: number): Promise<string[]> {
  const mls = await loadMls()
  const names = Array.from({ length: count }, (_, index) => `member${100 + index}`)
  for (const name of names) {
    const transaction = new Transaction(await MlsStore.open(mls, new MemoryState()))
    const identity = await makeIdentity(mls)
    transaction.identity = identity
    kdc.identities.set(name, toBase64url(identity.publicKey))
    kdc.packages.set(name, { once: await addKeyPackages(transaction, name, () => now, 2, false) })
  }
  return names
}

const namesOf = ({ state }: Person, prefix: string) =>
  [...state.entries.keys()].filter((key) => key.startsWith(prefix)).sort()

test('a message to many writes no more than one to a few, until it has come back too', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const names = await addOthers(kdc, 150, alice.now)
  await alice.mail.createGroup('large', ['bob', ...names])
  await alice.mail.createGroup('small', ['bob', ...names.slice(0, 30)])
  await bob.mail.sync()
  const written = async (person: Person, group: string) => {
    await person.say(group, 'first')
    await person.mail.sync()
    const { bytesWritten } = person.state
    await person.say(group, 'second')
    await person.mail.sync()
    return person.state.bytesWritten - bytesWritten
  }
  for (const person of [alice, bob]) {
    const [large, small] = [await written(person, 'large'), await written(person, 'small')]
    assert.ok(Math.abs(large - small) < 100, `${large} and ${small} bytes`)
    assert.ok(large < 10_000, `${large} bytes`)
  }
  // It is all there: both go on from what is kept.
  for (const person of [alice, bob]) await person.open()
  await alice.say('large', 'third')
  assert.equal((await bob.read()).slice(-1), ['alice: third'])
  await bob.say('large', 'fourth')
  assert.equal((await alice.read()).slice(-1), ['bob: fourth'])
})

test('of a group that is over, or smaller now, no secrets are left', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const names = await addOthers(kdc, 40, alice.now)
  await alice.mail.createGroup('team', ['bob', ...names])
  await bob.mail.sync()
  const count = () => namesOf(bob, 'secrets/').length
  assert.is(count(), 4)
  await alice.mail.remove('team', names)
  await bob.open()
  await bob.mail.sync()
  assert.is(count(), 1)
  await alice.mail.remove('team', ['bob'])
  // Not looked at since the start.
  await bob.open()
  await bob.mail.sync()
  assert.equal(namesOf(bob, 'secrets/'), [])
  assert.equal(namesOf(bob, 'state/'), [])
})

test('where it is not known what there was of a group, nothing of that is left once it is rejoined', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const names = await addOthers(kdc, 40, alice.now)
  await alice.mail.createGroup('team', ['bob', ...names])
  await bob.mail.sync()
  await alice.mail.remove('team', names)
  bob.state.entries.delete(namesOf(bob, 'group/')[0] ?? '')
  await bob.open()
  await bob.mail.sync()
  assert.is(bob.statusOf('team'), 'active')
  assert.is(namesOf(bob, 'secrets/').length, 1)
})

test('a part that is gone, cut short, or does not decode, is damage of that group', async () => {
  const damages: ((part: Uint8Array) => Uint8Array | undefined)[] = [
    () => undefined,
    () => new Uint8Array(9),
    () => Uint8Array.of(0),
    (part) => part.slice(0, -1),
  ]
  for (const damaged of damages) {
    for (const prefix of ['secrets/', 'chain/']) {
      const { alice, bob } = await team('bob')
      await alice.say('team', 'read')
      assert.equal(await bob.read(), ['alice: read'])
      const [key = ''] = namesOf(bob, prefix)
      const part = bob.state.entries.get(key)
      assert.ok(part)
      const damage = damaged(part)
      if (damage) bob.state.entries.set(key, damage)
      else bob.state.entries.delete(key)
      await bob.open()
      bob.told()
      await alice.say('team', 'lost')
      await bob.read()
      assert.match(bob.told().join(), /group_broken|history_lost/)
      await alice.say('team', 'again')
      assert.equal((await bob.read()).slice(-1), ['alice: again'])
    }
  }
})

interface Kept {
  readonly identities: Record<string, string>
  readonly groups: unknown[]
  readonly entries: FakeDelivery['entries']
  readonly acknowledged: Record<string, number>
  readonly states: Record<'alice' | 'bob', Record<string, string>>
}

/** What was kept at first: see test/lib/mls/fixtures/README.md. */
async function firstGroups(): Promise<Record<'alice' | 'bob', Person>> {
  const path = new URL('../fixtures/first-groups.json', import.meta.url)
  const revive = (_key: string, value: { map?: [string, unknown][]; set?: string[] }) => {
    if (Array.isArray(value?.map)) return new Map(value.map)
    return Array.isArray(value?.set) ? new Set(value.set) : value
  }
  const kept = JSON.parse(readFileSync(path, 'utf8'), revive) as Kept
  const kdc = new FakeDelivery()
  for (const [name, key] of Object.entries(kept.identities)) kdc.identities.set(name, key)
  for (const group of kept.groups as { id: string }[]) kdc.groups.set(group.id, group as never)
  for (const [name, position] of Object.entries(kept.acknowledged)) kdc.acknowledged.set(name, position)
  kdc.entries.push(...kept.entries)
  const open = async (name: 'alice' | 'bob') => {
    const person = new Person(name, kdc)
    for (const [key, value] of Object.entries(kept.states[name]))
      person.state.entries.set(key, new Uint8Array(Buffer.from(value, 'base64')))
    kdc.packages.set(name, { once: [] })
    return person.open()
  }
  return { alice: await open('alice'), bob: await open('bob') }
}

test('a state as it was first kept opens, goes on, and is in parts from then on', async () => {
  const { alice, bob } = await firstGroups()
  const first = new Map(bob.state.entries)
  assert.equal(await bob.history({ group: 'team' }), ['alice: one', 'carol: two', 'bob: three'])
  await alice.say('team', 'four')
  await alice.tell('bob', 'and you')
  assert.equal(
    (await bob.read()).sort(),
    ['alice: and you', 'alice: four', 'alice: hello', 'alice: one', 'carol: two'].sort(),
  )
  assert.equal(alice.told(), [])
  assert.equal(bob.told(), [])
  // The keys by which those messages opened are nowhere any more.
  for (const key of namesOf(bob, 'state/')) {
    const id = key.slice('state/'.length)
    assert.equal(namesOf(bob, `secrets/${id}`), [`secrets/${id}/0`])
    assert.ok((bob.state.entries.get(key)?.length ?? 0) < (first.get(key)?.length ?? 0))
  }
  await bob.open()
  await bob.say('team', 'five')
  await alice.open()
  assert.equal((await alice.read()).slice(-1), ['bob: five'])
  await alice.say('team', 'six')
  assert.equal(await bob.read(), ['alice: six'])
})

test('a crash while one that was first kept goes on: no message is lost, none comes twice, no key serves again', async () => {
  for (let writes = 0, survived = false; !survived; writes++) {
    const { alice, bob } = await firstGroups()
    await alice.say('team', 'four')
    bob.state.powerFor = writes
    survived = await bob.mail
      .sync()
      .then(() => bob.say('team', 'five'))
      .then(
        () => true,
        () => false,
      )
    bob.state.powerFor = Number.POSITIVE_INFINITY
    await bob.open()
    const lines = await bob.read()
    assert.equal(lines.sort(), ['alice: four', 'alice: hello', 'alice: one', 'carol: two'].sort())
    await bob.say('team', 'six')
    const sealed = bob.kdc.entries.filter(({ sender, kind }) => sender === 'bob' && kind === 'message')
    assert.is(new Set(sealed.map(({ payload }) => payload)).size, sealed.length)
    const read = await alice.read()
    assert.is(read.at(-1), 'bob: six')
    assert.is(read.filter((line) => line === 'bob: six').length, 1)
  }
})

test.run()
