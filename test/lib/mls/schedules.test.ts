/** Random schedules of three members: all see the same messages in the same order. And many members, and many messages. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { addKeyPackages } from '../../../src/lib/mls/keys/key-packages.ts'
import { loadMls } from '../../../src/lib/mls/rfc9420/suite.ts'
import { makeIdentity } from '../../../src/lib/mls/state/identity.ts'
import { MlsStore, Transaction } from '../../../src/lib/mls/state/mls-store.ts'
import { copyOf, people, team } from '../../helpers/mail.ts'
import { MemoryState } from '../../helpers/memory-state.ts'

const test = suite('schedules')
const NAMES = ['alice', 'bob', 'carol'] as const
type Name = (typeof NAMES)[number]

/** What one of them does; a request or an answer of it may be lost. */
interface Step {
  who: Name
  does: 'say' | 'read' | 'restart' | 'rejoin' | 'change'
  loses: 'nothing' | 'request' | 'answer'
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(...NAMES),
  does: fc.oneof(
    { weight: 5, arbitrary: fc.constant('say' as const) },
    { weight: 4, arbitrary: fc.constant('read' as const) },
    { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'rejoin' as const, 'change' as const) },
  ),
  loses: fc.oneof(
    { weight: 6, arbitrary: fc.constant('nothing' as const) },
    { weight: 1, arbitrary: fc.constantFrom('request' as const, 'answer' as const) },
  ),
})

test('all see the same messages in the same order, each once, whatever is lost on the way', async () => {
  const before = await team('bob', 'carol', 'dave')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const all = await copyOf(before)
      const said: string[] = []
      const read = new Map<Name, string[]>(NAMES.map((name) => [name, []]))
      const rejoined = new Set<Name>()
      const take = async (who: Name) => void read.get(who)?.push(...(await all[who].read()))
      for (const [index, { who, does, loses }] of steps.entries()) {
        const person = all[who]
        all.kdc[loses === 'request' ? 'before' : 'after'] = (name, path) => {
          if (loses !== 'nothing' && name === who && path !== '/mailbox')
            throw new TransportError('kdc_unreachable', 'x')
        }
        const done = async () => {
          if (does === 'say') {
            said.push(`${who}: ${index}`)
            await person.say('team', `${index}`)
          } else if (does === 'read') await take(who)
          else if (does === 'restart') await person.open()
          else if (does === 'rejoin') {
            rejoined.add(who)
            await person.rejoin('team').catch(async (error: Error) => {
              all.kdc.before = () => {}
              all.kdc.after = () => {}
              if (all[who].statusOf('team') !== 'active') await all[who].mail.rejoin({ group: 'team' })
              throw error
            })
          } else if (all.alice.mail.members('team').includes('dave'))
            await all.alice.mail.remove('team', ['dave'])
          else await all.alice.mail.add('team', ['dave'])
        }
        await done().catch((error: Error) => {
          if (!(error instanceof TransportError)) throw error
        })
        all.kdc.before = () => {}
        all.kdc.after = () => {}
      }
      for (let round = 0; round < 2; round++) for (const who of NAMES) await take(who)
      const orders = await Promise.all(NAMES.map((who) => all[who].history({ group: 'team' }, 1000)))
      const [longest = []] = [...orders].sort((a, b) => b.length - a.length)
      for (const [index, who] of NAMES.entries()) {
        const order = orders[index] ?? []
        assert.is(all[who].statusOf('team'), 'active', who)
        if (!rejoined.has(who)) assert.equal([...order].sort(), [...said].sort(), who)
        // Whoever rejoined has missed some, and has the others in the same order.
        assert.equal(
          order,
          longest.filter((line) => order.includes(line)),
          who,
        )
        assert.is(new Set(order).size, order.length)
        assert.equal(
          read.get(who),
          order.filter((line) => !line.startsWith(who)),
        )
      }
    }),
    { numRuns: 8 },
  )
})

test('members come and go, lose their state and come back: those who are in it agree, and read each other', async () => {
  const others = ['bob', 'carol', 'dave', 'erin', 'frank'] as const
  const before = await people('alice', ...others)
  await before.alice.mail.createGroup('team')
  const membershipChange = fc.record({
    does: fc.constantFrom('add', 'add', 'remove', 'leave', 'rejoin', 'say', 'lose'),
    who: fc.subarray([...others], { minLength: 1, maxLength: 3 }),
  })
  const run = async (deeds: { does: string; who: (typeof others)[number][] }[]) => {
    const all = await copyOf(before)
    const present = () => [...(all.kdc.groups.values().next().value?.members ?? [])].sort()
    for (const { does, who } of deeds) {
      if (does === 'add') await all.alice.mail.add('team', who)
      else if (does === 'remove') await all.alice.mail.remove('team', who)
      for (const name of who.filter((one) => present().includes(one))) {
        const person = all[name]
        if (does === 'lose') await person.loseState()
        await person.mail.sync()
        if (does === 'leave') await person.mail.leave('team')
        else if (does === 'rejoin') await person.rejoin('team')
        else if (does === 'say') await person.say('team', name)
      }
    }
    await all.alice.mail.sync()
    await all.alice.say('team', 'end')
    assert.equal(all.alice.mail.members('team'), present())
    for (const name of others) {
      const lines = await all[name].read()
      const bad = all[name].notices.filter(({ code }) => code === 'group_broken' || code === 'entry_damaged')
      assert.equal(bad, [])
      if (!present().includes(name)) continue
      assert.is(lines.at(-1), 'alice: end', name)
      assert.equal(all[name].mail.members('team'), present())
    }
  }
  // Trees that ts-mls 1.6.4 refuses; and one who lost its state before anybody had read that it was added.
  await run([
    { does: 'add', who: [...others] },
    { does: 'remove', who: ['bob', 'dave'] },
    { does: 'leave', who: ['erin'] },
    { does: 'add', who: ['bob', 'dave', 'erin'] },
    { does: 'rejoin', who: ['carol'] },
  ])
  await run([
    { does: 'add', who: ['bob', 'carol'] },
    { does: 'lose', who: ['carol'] },
    { does: 'add', who: ['dave'] },
  ])
  const deeds = fc.array(membershipChange, { minLength: 6, maxLength: 15 })
  await fc.assert(fc.asyncProperty(deeds, run), { numRuns: 4 })
})

test('five hundred are added at once; each page of messages is one write of the state, and holds nobody up', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const mls = await loadMls()
  const names = Array.from({ length: 499 }, (_, index) => `member${index}`)
  for (const name of names) {
    const transaction = new Transaction(await MlsStore.open(mls, new MemoryState()))
    const identity = await makeIdentity(mls)
    transaction.identity = identity
    kdc.identities.set(name, toBase64url(identity.publicKey))
    kdc.packages.set(name, { once: await addKeyPackages(transaction, name, () => alice.now, 1, false) })
  }
  await alice.mail.createGroup('all')
  await alice.mail.add('all', ['bob', ...names])
  assert.is(alice.mail.members('all').length, 501)
  assert.is(kdc.entries.length, 1)
  await bob.mail.sync()
  assert.is(bob.mail.members('all').length, 501)
  const messages = 200
  for (let number = 0; number < messages; number++) await alice.say('all', `${number}`)
  kdc.pageSize = 50
  const { writes, bytesWritten } = bob.state
  await bob.mail.sync()
  assert.is((await bob.mail.unread()).length, messages)
  assert.is(bob.state.writes - writes, messages / 50)
  assert.ok(
    bob.state.bytesWritten - bytesWritten < 2_000_000,
    `${bob.state.bytesWritten - bytesWritten} bytes`,
  )
  // Her own messages need no cryptography that would let others have their turn.
  let [turns, isReading] = [0, true]
  const count = () => {
    turns++
    if (isReading) setImmediate(count)
  }
  setImmediate(count)
  await alice.mail.sync()
  isReading = false
  assert.ok(turns >= messages / 8, `others had ${turns} turns while ${messages} entries were read`)
})

test.run()
