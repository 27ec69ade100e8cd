/** What a crash leaves, at every step; what is lost with the state, and what is not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TransportError } from '../../../src/lib/errors.ts'
import { FakeDelivery } from '../../helpers/fake-delivery.ts'
import { copyOf, Person, people, team } from '../../helpers/mail.ts'
import { MemoryState } from '../../helpers/memory-state.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('state')

/** Runs `work`, with the power going after 0, 1, 2 ... writes, each time from the beginning; `after` says what must hold then. */
async function atEveryWrite(
  begin: () => Promise<{ person: Person; work: () => Promise<unknown>; after: () => Promise<void> }>,
): Promise<number> {
  for (let writes = 0; ; writes++) {
    const { person, work, after } = await begin()
    person.state.powerFor = writes
    const survived = await work().then(
      () => true,
      (error: Error) => {
        if (error.message !== 'the power is gone') throw error
        return false
      },
    )
    person.state.powerFor = Number.POSITIVE_INFINITY
    if (!survived) await person.open()
    await after()
    if (survived) return writes
  }
}

/** The same with the answer of the n-th request lost, and the program killed by it. */
async function atEveryAnswer(
  begin: () => Promise<{ person: Person; work: () => Promise<unknown>; after: () => Promise<void> }>,
): Promise<number> {
  for (let answers = 0; ; answers++) {
    const { person, work, after } = await begin()
    const { kdc } = person
    let left = answers
    let lost = false
    kdc.after = (name) => {
      if (name !== person.name || left-- > 0 || lost) return
      lost = true
      throw new TransportError('kdc_unreachable', 'the answer is lost')
    }
    await work().catch((error: Error) => {
      if (!(error instanceof TransportError)) throw error
    })
    kdc.after = () => {}
    await person.open()
    await after()
    if (!lost) return answers
  }
}

/** And by a KDC that does not remember what it has answered. */
const atEveryAnswerForgotten: typeof atEveryAnswer = (begin) =>
  atEveryAnswer(async () => {
    const begun = await begin()
    begun.person.kdc.forgetful = true
    return begun
  })

const CRASHES = [atEveryWrite, atEveryAnswer, atEveryAnswerForgotten]

test('a crash at any step of reading: nothing is lost, nothing is shown twice', async () => {
  const before = await team('bob')
  for (const text of ['one', 'two', 'three', 'four', 'five']) await before.alice.say('team', text)
  for (const crash of [atEveryWrite, atEveryAnswer]) {
    const steps = await crash(async () => {
      const { bob, kdc } = await copyOf(before)
      kdc.pageSize = 2
      const shown: string[] = []
      const show = async () => {
        shown.push(...(await bob.read()))
      }
      return {
        person: bob,
        work: show,
        after: async () => {
          await show()
          const all = await bob.history({ group: 'team' })
          assert.equal(
            all,
            ['one', 'two', 'three', 'four', 'five'].map((text) => `alice: ${text}`),
          )
          // What was marked as shown before the crash was not printed any more: it is in the history.
          assert.equal([...new Set(shown)], shown)
          assert.equal(await bob.mail.unread(), [])
          assert.is(kdc.acknowledged.get('bob'), kdc.entries.length)
        },
      }
    })
    assert.ok(steps > 3)
  }
})

test('nothing is acknowledged that is not written', async () => {
  const { alice, bob, kdc } = await team('bob')
  const before = kdc.acknowledged.get('bob')
  await alice.say('team', 'hi')
  bob.state.powerFor = 0
  await bob.mail.sync().catch(() => {})
  assert.is(kdc.acknowledged.get('bob'), before)
  // After a failed write nothing more is written, nor sent: nobody knows what is kept.
  bob.state.powerFor = Number.POSITIVE_INFINITY
  const sent = kdc.entries.length
  let failed = false
  await bob.say('team', 'x').catch(() => {
    failed = true
  })
  assert.ok(failed)
  assert.is(kdc.entries.length, sent)
})

test('what was acknowledged is not acknowledged again, but for the first time after a start', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'hi')
  await bob.mail.sync()
  const asked = () => kdc.asked.get('/mailbox/ack')
  const before = asked() ?? 0
  await bob.mail.sync()
  assert.is(asked(), before)
  await bob.open()
  await bob.mail.sync()
  await bob.mail.sync()
  assert.is(asked(), before + 1)
})

test('a crash at any step of sending: a message comes once, or not at all when it was never kept', async () => {
  const before = await team('bob', 'carol')
  await before.bob.say('team', 'zero')
  for (const crash of CRASHES) {
    const steps = await crash(async () => {
      const { alice, bob } = await copyOf(before)
      let resolved = false
      return {
        person: bob,
        work: async () => {
          const { stored } = await bob.say('team', 'one')
          resolved = stored
        },
        after: async () => {
          await bob.mail.sync()
          await bob.say('team', 'two')
          const read = await alice.read()
          const once = read.filter((line) => line === 'bob: one').length
          assert.ok(once === 1 || (once === 0 && !resolved), read.join())
          assert.is(read.at(-1), 'bob: two')
          await bob.mail.sync()
          assert.equal(await bob.history({ group: 'team' }), read)
        },
      }
    })
    assert.ok(steps >= 1)
  }
})

test('a crash at any step of adding, removing and beginning: it happens once, and the group goes on', async () => {
  for (const crash of [atEveryWrite, atEveryAnswerForgotten]) {
    const steps = await crash(async () => {
      const all = await people('alice', 'bob', 'carol')
      const { alice, bob, carol } = all
      return {
        person: alice,
        work: async () => {
          await alice.mail.createGroup('team')
          await alice.mail.add('team', ['bob', 'carol'])
          await alice.mail.remove('team', ['carol'])
          await alice.tell('carol', 'sorry')
        },
        after: async () => {
          await alice.mail.sync()
          const names = alice.mail.groups().map(({ name }) => name)
          if (!names.includes('team')) await alice.mail.createGroup('team')
          await alice.mail.add('team', ['bob'])
          await alice.mail.remove('team', ['carol'])
          assert.equal(alice.mail.members('team'), ['alice', 'bob'])
          await alice.say('team', 'hi')
          await alice.tell('carol', 'bye')
          assert.equal(await bob.read(), ['alice: hi'])
          const [last, ...earlier] = (await carol.read()).reverse()
          assert.is(last, 'alice: bye')
          assert.ok(earlier.length <= 1)
          assert.is([...alice.kdc.groups.values()].length, 2)
          await bob.say('team', 'fine')
          assert.equal(await alice.read(), ['bob: fine'])
        },
      }
    })
    assert.ok(steps > 5)
  }
})

test('a crash at any step of leaving and of rejoining', async () => {
  const before = await team('bob', 'carol')
  for (const crash of [atEveryWrite, atEveryAnswer]) {
    await crash(async () => {
      const { alice, bob } = await copyOf(before)
      await bob.breakGroups()
      return {
        person: bob,
        work: async () => {
          await bob.mail.rejoin({ group: 'team' })
          await bob.say('team', 'here')
          await bob.mail.leave('team')
        },
        after: async () => {
          await bob.mail.sync()
          if (bob.statusOf('team') === 'history_forked') await bob.mail.rejoin({ group: 'team' })
          if (bob.statusOf('team') !== 'left') await bob.mail.leave('team')
          assert.is(bob.statusOf('team'), 'left')
          await alice.mail.sync()
          await alice.say('team', 'gone?')
          assert.equal(alice.mail.members('team'), ['alice', 'carol'])
          await rejects(bob.say('team', 'x'), 'group_unknown')
        },
      }
    })
  }
})

test('a crash at any step of the first login', async () => {
  for (const crash of CRASHES.slice(0, 2)) {
    await crash(async () => {
      const { kdc, alice } = await people('alice')
      const bob = new Person('bob', kdc)
      return {
        person: bob,
        work: () => bob.open(),
        after: async () => {
          await bob.mail.sync()
          for (let message = 0; message < 2; message++) await alice.tell('bob', `${message}`)
          assert.equal(await bob.read(), ['alice: 0', 'alice: 1'])
        },
      }
    })
  }
})

test('the state is lost: a new identity, the old groups, and words about it', async () => {
  const { alice, bob, carol } = await team('bob', 'carol')
  await alice.tell('bob', 'before')
  await alice.say('team', 'before too')
  await bob.loseState()
  assert.match(bob.notices.find(({ code }) => code === 'member_rejoined')?.text ?? '', /you, alice, carol$/)
  assert.equal(bob.told().sort(), ['history_lost', 'history_lost', 'member_rejoined'])
  assert.equal(await bob.read(), [])
  assert.equal(bob.mail.members('team'), ['alice', 'bob', 'carol'])
  await alice.tell('bob', 'after')
  await alice.say('team', 'after too')
  assert.equal(await bob.read(), ['alice: after', 'alice: after too'])
  await bob.say('team', 'back')
  await bob.tell('alice', 'sorry')
  assert.equal(await alice.read(), ['bob: back', 'bob: sorry'])
  assert.equal(alice.told(), ['key_changed', 'member_rejoined', 'member_rejoined'])
  assert.equal(await carol.read(), ['alice: before too', 'alice: after too', 'bob: back'])
  assert.equal(carol.told(), ['key_changed', 'member_rejoined'])
  // He is the same to those whom he has not met, too.
  await bob.tell('carol', 'me')
  assert.equal(await carol.read(), ['bob: me'])
  assert.equal(carol.told(), [])
})

test('the admin has lost its state, and goes on as admin', async () => {
  const { alice, bob, carol } = await team('bob', 'carol')
  await alice.loseState()
  await alice.mail.remove('team', ['carol'])
  await alice.say('team', 'hi')
  assert.equal(await bob.read(), ['alice: hi'])
  assert.equal(bob.mail.members('team'), ['alice', 'bob'])
  assert.equal(await carol.read(), [])
})

test('one who has come back does not do so twice, when the answer was lost', async () => {
  const { bob, kdc } = await team('bob')
  kdc.after = (_name, path) => {
    if (path === '/groups/commit') throw new TransportError('kdc_unreachable', 'no')
  }
  await bob.breakGroups()
  await rejects(bob.mail.rejoin({ group: 'team' }), 'kdc_unreachable')
  kdc.after = () => {}
  await bob.mail.rejoin({ group: 'team' })
  assert.is(kdc.entries.length, 2)
})

test('one who can read a group does not take its place in it again: nobody is told what is not so', async () => {
  const { alice, bob, kdc } = await team('bob')
  await rejects(bob.mail.rejoin({ group: 'team' }), 'not_allowed')
  assert.is(kdc.entries.length, 1)
  await alice.mail.sync()
  assert.equal(alice.told(), [])
  await bob.say('team', 'still here')
  assert.equal(await alice.read(), ['bob: still here'])
})

test('one who is added at the moment when it asks which groups it is in joins as invited', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  await alice.mail.createGroup('team')
  kdc.before = async (name, path) => {
    if (name !== 'bob' || path !== '/groups/list') return
    kdc.before = () => {}
    await alice.mail.add('team', ['bob'])
  }
  await bob.mail.sync()
  assert.equal(bob.told(), ['member_added'])
  assert.is(kdc.entries.length, 1)
})

test('one who comes back without a memory checks whom it finds there', async () => {
  const { bob, kdc } = await team('bob')
  kdc.identities.set('alice', String(kdc.identities.get('bob')))
  await bob.loseState()
  assert.equal(
    bob.mail.groups().map(({ reason }) => reason),
    ['member_unverified'],
  )
})

test('one who comes back finds its groups on whichever page of the list they are', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const names = ['one', 'two', 'three', 'four']
  for (const name of names) {
    await alice.mail.createGroup(name)
    await alice.mail.add(name, ['bob'])
  }
  kdc.pageSize = 1
  await bob.loseState()
  for (const name of names) {
    assert.is(bob.statusOf(name), 'active')
    await alice.say(name, name)
  }
  assert.equal(await bob.read(), ['alice: one', 'alice: two', 'alice: three', 'alice: four'])
})

test('a list of groups without an end is read to where nothing new comes', async () => {
  const { bob, kdc } = await team('bob')
  kdc.lie = (_name, path, answer) =>
    path === '/groups/list' ? { ...(answer as object), more: true } : answer
  await bob.loseState()
  assert.is(bob.statusOf('team'), 'active')
})

test('a conversation that was hidden from one who came back is found when it is begun again', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  await alice.tell('bob', 'hi')
  kdc.lie = (_name, path, answer) => (path === '/groups/list' ? { groups: [], more: false } : answer)
  await alice.loseState()
  assert.equal(alice.mail.groups(), [])
  kdc.lie = (_name, _path, answer) => answer
  await alice.tell('bob', 'again')
  assert.equal(await bob.read(), ['alice: hi', 'alice: again'])
})

test('one who was invited with keys that are lost takes its place all the same', async () => {
  const { alice, bob } = await people('alice', 'bob')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await bob.loseState()
  await alice.say('team', 'hi')
  assert.equal(await bob.read(), ['alice: hi'])
})

test('a state that does not decode: that group is rejoined, the others are not touched', async () => {
  for (const prefix of ['state/', 'group/']) {
    for (const damage of [
      () => new Uint8Array(9),
      (bytes: Uint8Array) => bytes.subarray(0, 40),
      () => undefined,
    ]) {
      const { alice, bob, kdc } = await team('bob')
      await alice.tell('bob', 'hi')
      assert.equal(await bob.read(), ['alice: hi'])
      bob.told()
      const team1 = [...kdc.groups.values()].find(({ name }) => name === 'team')?.id
      const key = `${prefix}${team1}`
      const damaged = damage(bob.state.entries.get(key) as Uint8Array)
      if (damaged) bob.state.entries.set(key, damaged)
      else bob.state.entries.delete(key)
      await bob.open()
      await alice.say('team', 'lost')
      await alice.tell('bob', 'not lost')
      assert.equal(await bob.read(), ['alice: not lost'])
      assert.ok(bob.told().includes('history_lost'))
      assert.is(bob.statusOf('team'), 'active')
      await alice.say('team', 'again')
      assert.equal(await bob.read(), ['alice: again'])
    }
  }
})

test('the state of another epoch than the group has is damage, too', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  const key = `state/${kdc.entries[0]?.group}`
  const old = bob.state.entries.get(key) as Uint8Array
  await alice.mail.remove('team', ['carol'])
  await bob.mail.sync()
  bob.told()
  bob.state.entries.set(key, old)
  await bob.open()
  await alice.say('team', 'lost')
  assert.equal(await bob.read(), [])
  assert.equal(bob.told(), ['group_broken', 'history_lost'])
  await alice.say('team', 'again')
  assert.equal(await bob.read(), ['alice: again'])
})

test('an identity that does not decode stops the mailbox, and says so', async () => {
  const { bob } = await people('bob')
  bob.state.entries.set('identity', new Uint8Array(20))
  await rejects(bob.open(), 'state_damaged')
})

test('away for longer than entries are kept: what is lost is said, and the rest is read', async () => {
  const { alice, bob, kdc } = await team('bob')
  for (const text of ['one', 'two', 'three']) await alice.say('team', text)
  kdc.lieInMailbox = (_name, page) => page.filter(({ seq }) => seq === 1 || seq > 3)
  assert.equal(await bob.read(), ['alice: three'])
  assert.equal(
    bob.notices.map(({ code, from, to }) => [code, from, to]),
    [['history_lost', 2, 3]],
  )
  // Alice has never fetched what she said: it is hers all the same, once.
  const fresh = await new Person('alice', kdc, alice.state).open()
  await fresh.mail.sync()
  assert.equal(
    fresh.notices.map(({ code, from, to }) => [code, from, to]),
    [['history_lost', 2, 3]],
  )
  assert.equal(await fresh.history({ group: 'team' }), ['alice: one', 'alice: two', 'alice: three'])
  const count = kdc.entries.filter(({ kind }) => kind === 'message').length
  await fresh.say('team', 'four')
  assert.is(kdc.entries.filter(({ kind }) => kind === 'message').length, count + 1, 'nothing is sent again')
  assert.equal(await bob.read(), ['alice: four'])
})

test('a message whose answer was lost is not sent again when the group is broken, and rejoined', async () => {
  const { alice, bob, kdc } = await team('bob')
  kdc.after = (name, path) => {
    if (name === 'bob' && path === '/groups/send')
      throw new TransportError('kdc_unreachable', 'the answer is lost')
  }
  await bob.say('team', 'once')
  kdc.after = () => {}
  await bob.rejoin('team')
  await bob.mail.sync()
  assert.equal(await alice.read(), ['bob: once'])
  assert.equal(await bob.history({ group: 'team' }), ['bob: once'])
})

test('the KDC is not reached at the first login: the next goes on', async () => {
  const kdc = new FakeDelivery()
  const alice = new Person('alice', kdc, new MemoryState())
  kdc.before = () => {
    throw new TransportError('kdc_unreachable', 'no')
  }
  await rejects(alice.open(), 'kdc_unreachable')
  kdc.before = () => {}
  await alice.open()
  assert.ok((kdc.packages.get('alice')?.once.length ?? 0) >= 50)
})

test('what is kept is there without the KDC', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'hi')
  await bob.mail.sync()
  kdc.before = () => {
    throw new TransportError('kdc_unreachable', 'no')
  }
  await bob.open()
  assert.equal(await bob.history({ group: 'team' }), ['alice: hi'])
  assert.equal((await bob.mail.unread()).length, 1)
})

test('key packages run out: the last resort, once, and then there are new ones', async () => {
  const { alice, bob, carol, kdc } = await people('alice', 'bob', 'carol')
  const own = kdc.packages.get('bob')
  own?.once.splice(0)
  const last = own?.last
  await alice.tell('bob', 'one')
  await carol.tell('bob', 'two')
  assert.equal(await bob.read(), ['alice: one', 'carol: two'])
  const now = kdc.packages.get('bob')
  assert.ok((now?.once.length ?? 0) >= 50)
  assert.is.not(now?.last, last)
  const second = now?.last
  // Also when there are others again by the time we hear of it.
  const then = now?.once.splice(0) ?? []
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  now?.once.push(...then)
  await bob.mail.sync()
  assert.is.not(kdc.packages.get('bob')?.last, second)
})

test('used key packages are forgotten, and replaced when few are left; old ones too', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const packages = () => [...bob.state.entries.keys()].filter((key) => key.startsWith('package/')).length
  assert.is(packages(), 51)
  await alice.tell('bob', 'hi')
  await bob.mail.sync()
  assert.is(packages(), 50)
  kdc.packages.get('bob')?.once.splice(0, 30)
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await bob.mail.sync()
  assert.is(kdc.packages.get('bob')?.once.length, 18 + 50)
  bob.now += 31 * 24 * 3600
  await bob.mail.sync()
  assert.is(kdc.packages.get('bob')?.once.length, 18 + 100)
  // The first have expired, but a welcome made in time may still come.
  const before = packages()
  bob.now += 69 * 24 * 3600
  await bob.mail.sync()
  assert.is(packages(), before + 51)
  // Those that nobody can use any more are forgotten here.
  bob.now += 200 * 24 * 3600
  await bob.mail.sync()
  assert.is(kdc.packages.get('bob')?.once.length, 200)
  assert.is(packages(), 32 + 1)
})

test('one whom nobody adds for years has no more key packages than the KDC keeps, and a last resort that is new', async () => {
  const { bob, kdc } = await people('bob')
  let last = kdc.packages.get('bob')?.last
  for (let month = 0; month < 8; month++) {
    bob.now += 31 * 24 * 3600
    await bob.mail.sync()
    assert.is.not(kdc.packages.get('bob')?.last, last)
    last = kdc.packages.get('bob')?.last
  }
  assert.is(kdc.packages.get('bob')?.once.length, 200)
})

test('one who has logged in elsewhere is told, once, and what is found of him is what he has there', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const elsewhere = await new Person('bob', kdc).open()
  kdc.packages.get('bob')?.once.splice(0)
  bob.now += 3600
  await bob.mail.sync()
  await bob.mail.sync()
  assert.equal(bob.told(), ['identity_replaced'])
  assert.equal(kdc.packages.get('bob')?.once, [])
  assert.is([...bob.state.entries.keys()].filter((key) => key.startsWith('package/')).length, 51)
  await alice.tell('bob', 'hi')
  assert.equal(await elsewhere.read(), ['alice: hi'])
})

test('one whose account was made anew is found again, with the same key', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const key = kdc.identities.get('bob')
  kdc.identities.delete('bob')
  kdc.packages.delete('bob')
  await bob.mail.sync()
  assert.is(kdc.identities.get('bob'), key)
  await alice.tell('bob', 'hi')
  assert.equal(await bob.read(), ['alice: hi'])
  assert.equal(bob.told(), [])
})

test('old key packages are passed over for the next; when all are old, it is said', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  const old = kdc.packages.get('bob')?.once.splice(0) as string[]
  bob.now += 100 * 24 * 3600
  alice.now += 100 * 24 * 3600
  kdc.packages.delete('bob')
  kdc.packages.set('bob', { once: [...old.slice(0, 5)] })
  await rejects(alice.tell('bob', 'hi'), 'receiver_unknown')
  assert.ok(bob)
})

test.run()
