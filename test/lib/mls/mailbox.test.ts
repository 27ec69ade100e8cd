import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../../src/lib/bytes.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { loadMls } from '../../../src/lib/mls/rfc9420/suite.ts'
import { MlsStore, Transaction } from '../../../src/lib/mls/state/mls-store.ts'
import type { FakeEntry } from '../../helpers/fake-delivery.ts'
import { people, team } from '../../helpers/mail.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('mailbox')

test('a message to somebody who is away, and the answer', async () => {
  const { alice, bob } = await people('alice', 'bob')
  assert.equal(await alice.tell('bob', 'hi'), { stored: true })
  assert.equal(await bob.read(), ['alice: hi'])
  await bob.tell('alice', 'hello')
  await bob.tell('alice', 'are you there?')
  assert.equal(await alice.read(), ['bob: hello', 'bob: are you there?'])
  assert.equal(await alice.read(), [])
  await bob.mail.sync()
  assert.equal(await bob.history({ with: 'alice' }), ['alice: hi', 'bob: hello', 'bob: are you there?'])
  assert.equal(await alice.history({ with: 'bob' }, 2), ['bob: hello', 'bob: are you there?'])
  assert.equal(alice.told(), [])
  assert.equal(bob.told(), [])
})

test('a message to oneself waits for oneself, once', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  assert.equal(await alice.tell('alice', 'note'), { stored: true })
  await alice.tell('alice', 'and another')
  assert.equal(await alice.read(), ['alice: note', 'alice: and another'])
  assert.equal(await alice.read(), [])
  assert.equal(await alice.history({ with: 'alice' }), ['alice: note', 'alice: and another'])
  assert.equal(
    alice.mail.groups().map(({ with: other, members, status }) => [other, members, status]),
    [['alice', ['alice'], 'active']],
  )
  assert.is(kdc.entries.length, 2)
  // What one says to others is not for oneself.
  await alice.tell('bob', 'hi')
  assert.equal(await alice.read(), [])
  assert.equal(await bob.read(), ['alice: hi'])
  assert.equal(alice.told(), [])
})

test('after the state was lost a conversation with oneself begins anew', async () => {
  const { alice } = await people('alice')
  await alice.tell('alice', 'before')
  alice.told()
  const anew = await alice.loseState()
  assert.equal(await anew.read(), [])
  assert.equal(await anew.tell('alice', 'after'), { stored: true })
  assert.equal(await anew.read(), ['alice: after'])
  assert.equal(anew.told(), [])
})

test('a group: made, filled, spoken in, left, destroyed', async () => {
  const { alice, bob, carol } = await people('alice', 'bob', 'carol')
  await alice.mail.createGroup('team')
  assert.equal(alice.mail.members('team'), ['alice'])
  await alice.mail.add('team', ['bob', 'carol'])
  await alice.say('team', 'welcome')
  assert.equal(await bob.read(), ['alice: welcome'])
  assert.equal(await carol.read(), ['alice: welcome'])
  assert.equal(bob.told(), ['member_added'])
  carol.told()
  await carol.say('team', 'thanks')
  assert.equal(await alice.read(), ['carol: thanks'])
  assert.equal(await bob.read(), ['carol: thanks'])
  await bob.mail.leave('team')
  assert.is(bob.statusOf('team'), 'left')
  assert.equal(await bob.history({ group: 'team' }), ['alice: welcome', 'carol: thanks'])
  await carol.mail.sync()
  assert.equal(carol.told(), ['member_left'])
  assert.equal(carol.mail.members('team'), ['alice', 'carol'])
  await carol.say('team', 'he is gone')
  assert.equal(await alice.read(), ['carol: he is gone'])
  assert.equal(alice.told(), ['member_left'])
  await alice.mail.destroy('team')
  assert.equal(alice.told(), [])
  await carol.mail.sync()
  assert.equal(carol.told(), ['group_destroyed'])
  assert.is(carol.statusOf('team'), 'destroyed')
  await rejects(carol.say('team', 'anybody?'), 'group_unknown')
})

test('only the admin adds, removes and destroys; the admin does not leave', async () => {
  const { alice, bob } = await team('bob', 'carol')
  await rejects(bob.mail.add('team', ['dave']), 'not_allowed')
  await rejects(bob.mail.remove('team', ['carol']), 'not_allowed')
  await rejects(bob.mail.destroy('team'), 'not_allowed')
  await rejects(alice.mail.leave('team'), 'not_allowed')
  await rejects(alice.mail.remove('team', ['alice']), 'not_allowed')
})

test('what cannot be: no such group, nobody of that name, a name that is taken, too large', async () => {
  const { alice, bob } = await people('alice', 'bob')
  await rejects(alice.say('nowhere', 'x'), 'group_unknown')
  await rejects(alice.mail.add('nowhere', ['bob']), 'group_unknown')
  await rejects(alice.tell('nobody', 'x'), 'receiver_unknown')
  await rejects(alice.mail.rejoin({ group: 'nowhere' }), 'group_unknown')
  await alice.mail.createGroup('team')
  await rejects(bob.mail.createGroup('team'), 'group_exists')
  assert.equal(bob.mail.groups(), [])
  await rejects(alice.mail.add('team', ['nobody']), 'receiver_unknown')
  await alice.mail.sendTo('bob', new Uint8Array(1024 * 1024))
  const [large] = (await bob.mail.sync().then(() => bob.mail.unread())) as [{ body: Uint8Array }]
  assert.is(large.body.length, 1024 * 1024)
  await rejects(alice.mail.sendTo('bob', new Uint8Array(1024 * 1024 + 1)), 'message_too_large')
  for (const name of ['../x', '', 'a b']) await rejects(alice.tell(name, 'x'), 'invalid_name')
})

test('a removed member reads nothing that is said afterwards, and cannot speak; a new one nothing from before', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  await alice.say('team', 'before')
  await alice.mail.remove('team', ['bob'])
  await alice.say('team', 'after')
  // Even if the KDC gives him all of it.
  kdc.lieInMailbox = (name, page) => (name === 'bob' ? kdc.entries.filter(({ seq }) => seq > 1) : page)
  assert.equal(await bob.read(), ['alice: before'])
  assert.equal(bob.told(), ['removed_from_group'])
  await rejects(bob.say('team', 'still here'), 'group_unknown')
  assert.equal(await carol.read(), ['alice: before', 'alice: after'])
  assert.equal(carol.told(), ['member_removed'])
})

test('one who is added later reads from then on', async () => {
  const { alice, bob, carol, kdc } = await people('alice', 'bob', 'carol')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await alice.say('team', 'secret')
  await alice.mail.add('team', ['carol'])
  await alice.say('team', 'public')
  // Even if the KDC gives her what was said before.
  const secret = kdc.entries.find(({ seq }) => seq === 2) as FakeEntry
  kdc.lieInMailbox = (name, page) => (name === 'carol' && page.length > 0 ? [secret, ...page] : page)
  assert.equal(await carol.read(), ['alice: public'])
  assert.equal(await bob.read(), ['alice: secret', 'alice: public'])
})

test('removed, and added again', async () => {
  const { alice, bob } = await team('bob')
  await alice.mail.remove('team', ['bob'])
  await alice.say('team', 'without bob')
  await alice.mail.add('team', ['bob'])
  await alice.say('team', 'with bob')
  assert.equal(await bob.read(), ['alice: with bob'])
  assert.equal(bob.told(), ['removed_from_group', 'member_added'])
  await bob.say('team', 'back')
  assert.equal(await alice.read(), ['bob: back'])
})

test('left, and added again', async () => {
  const { alice, bob, carol } = await team('bob', 'carol')
  await bob.mail.leave('team')
  await alice.mail.sync()
  await alice.mail.add('team', ['bob'])
  await alice.say('team', 'welcome back')
  assert.equal(await bob.read(), ['alice: welcome back'])
  assert.equal(await carol.read(), ['alice: welcome back'])
  assert.equal(carol.mail.members('team'), ['alice', 'bob', 'carol'])
})

test('both begin a conversation at the same time: there is one', async () => {
  const { alice, bob, kdc } = await people('alice', 'bob')
  let once = true
  kdc.before = async (name, path) => {
    if (name !== 'alice' || path !== '/groups/create' || !once) return
    once = false
    await bob.tell('alice', 'me first')
  }
  await alice.tell('bob', 'no, me')
  assert.equal(await bob.read(), ['alice: no, me'])
  assert.equal(await alice.read(), ['bob: me first'])
  assert.is(kdc.groups.size, 1)
})

test('two change the group at the same time: one waits for the other', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol', 'dave')
  let once = true
  kdc.before = async (name, path) => {
    if (name !== 'alice' || path !== '/groups/commit' || !once) return
    once = false
    // Carol rejoins while alice's commit is on its way.
    await carol.rejoin('team')
  }
  await alice.mail.remove('team', ['dave'])
  await alice.say('team', 'done')
  assert.equal(await bob.read(), ['alice: done'])
  assert.equal(await carol.read(), ['alice: done'])
  assert.equal(bob.told(), ['member_rejoined', 'member_removed'])
  assert.equal(alice.mail.members('team'), ['alice', 'bob', 'carol'])
})

test('the group changes while a message is on its way: it is encrypted anew, and comes once', async () => {
  const { alice, bob, carol, kdc } = await team('bob', 'carol')
  let once = true
  kdc.before = async (name, path) => {
    if (name !== 'bob' || path !== '/groups/send' || !once) return
    once = false
    await alice.mail.remove('team', ['carol'])
  }
  await bob.say('team', 'hello')
  assert.equal(await alice.read(), ['bob: hello'])
  assert.equal(await carol.read(), [])
})

test('a message that the KDC was not reached for is kept, and sent once by the next sync', async () => {
  const { TransportError } = await import('../../../src/lib/errors.ts')
  for (const when of ['before', 'after'] as const) {
    const { alice, bob, kdc } = await team('bob')
    kdc[when] = (name, path) => {
      if (name === 'bob' && path === '/groups/send') throw new TransportError('kdc_unreachable', 'no')
    }
    const sent = await bob.say('team', 'first')
    assert.is(sent.stored, false)
    assert.is((await bob.say('team', 'second')).stored, false)
    kdc[when] = () => {}
    await bob.mail.sync()
    assert.equal(await alice.read(), ['bob: first', 'bob: second'])
    await bob.mail.sync()
    assert.equal(await bob.history({ group: 'team' }), ['bob: first', 'bob: second'])
  }
})

test('a message that was taken, though nobody heard it, is not sent again when the epoch has passed', async () => {
  const { TransportError } = await import('../../../src/lib/errors.ts')
  const { alice, bob, kdc } = await team('bob', 'carol')
  kdc.forgetful = true
  kdc.after = (name, path) => {
    if (name === 'bob' && path === '/groups/send') throw new TransportError('kdc_unreachable', 'no')
  }
  await bob.say('team', 'first')
  kdc.after = () => {}
  await alice.mail.remove('team', ['carol'])
  assert.is((await bob.say('team', 'second')).stored, true)
  assert.equal(await alice.read(), ['bob: first', 'bob: second'])
  await bob.mail.sync()
  assert.equal(await bob.history({ group: 'team' }), ['bob: first', 'bob: second'])
})

test('a request that comes twice, to a KDC that has forgotten the first: it was heard', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  kdc.forgetful = true
  let doubled = 0
  kdc.before = async (name, path, body) => {
    if (name !== 'bob' || !/send|leave|commit/.test(path)) return
    const { before } = kdc
    kdc.before = () => {}
    await kdc.post('bob')(path, body)
    if (path === '/groups/send') await alice.mail.remove('team', ['carol'])
    doubled++
    kdc.before = before
  }
  assert.equal(await bob.say('team', 'once'), { stored: true })
  await bob.rejoin('team')
  await bob.mail.leave('team')
  assert.is(doubled, 3)
  assert.is(bob.statusOf('team'), 'left')
  assert.equal(await alice.read(), ['bob: once'])
  assert.equal(alice.told(), ['member_rejoined', 'member_left'])
})

test('a group without members that was made, though nobody heard it, is found behind others in the list', async () => {
  const { alice, kdc } = await people('alice')
  for (const name of ['one', 'two', 'three']) await alice.mail.createGroup(name)
  kdc.pageSize = 1
  kdc.forgetful = true
  let lost = 1
  kdc.after = (_name, path) => {
    if (path === '/groups/create' && lost-- > 0)
      throw new TransportError('kdc_unreachable', 'the line is cut')
  }
  await rejects(alice.mail.createGroup('team'), 'kdc_unreachable')
  await alice.mail.sync()
  assert.equal(alice.told(), [])
  assert.equal(alice.mail.members('team'), ['alice'])
})

test('one leaves while the group changes', async () => {
  const { alice, bob, kdc } = await team('bob', 'carol')
  kdc.before = async (name, path) => {
    if (name !== 'bob' || path !== '/groups/leave') return
    kdc.before = () => {}
    await alice.mail.remove('team', ['carol'])
  }
  await bob.mail.leave('team')
  assert.is(bob.statusOf('team'), 'left')
  assert.is(kdc.asked.get('/groups/leave'), 2)
  await alice.mail.sync()
  assert.equal(alice.told(), ['member_left'])
  assert.equal(alice.mail.members('team'), ['alice'])
})

test('a change that is refused for good is forgotten, and its key is not used again', async () => {
  const { ProtocolError } = await import('../../../src/lib/errors.ts')
  const { alice, bob, kdc } = await team('bob', 'carol')
  const generation = async () => {
    const transaction = new Transaction(await MlsStore.open(await loadMls(), alice.state))
    const [group] = transaction.groups.values()
    const state = group && (await transaction.state(group))
    return state?.secretTree[0]?.handshake.generation
  }
  assert.is(await generation(), 0)
  kdc.before = (_name, path) => {
    if (path === '/groups/commit') throw new ProtocolError('not_allowed', 'no')
  }
  await rejects(alice.mail.remove('team', ['carol']), 'not_allowed')
  assert.is(await generation(), 1)
  kdc.before = () => {}
  await alice.say('team', 'as it was')
  await alice.mail.remove('team', ['carol'])
  await alice.say('team', 'without carol')
  assert.equal(await bob.read(), ['alice: as it was', 'alice: without carol'])
})

test('a message that is refused is not kept', async () => {
  const { alice, bob, kdc } = await team('bob')
  kdc.quota = 0
  await rejects(bob.say('team', 'too much'), 'quota_exceeded')
  kdc.quota = Number.POSITIVE_INFINITY
  await bob.say('team', 'now')
  assert.equal(await alice.read(), ['bob: now'])
})

test('unread is by conversation; kinds that we do not know are kept', async () => {
  const { alice, bob } = await team('bob')
  await alice.tell('bob', 'to you')
  await alice.say('team', 'to all')
  await alice.mail.send('team', utf8('{}'), 'poll')
  await bob.mail.sync()
  const of = async (only: Parameters<typeof bob.mail.unread>[0]) =>
    (await bob.mail.unread(only)).map((m) => m.kind)
  assert.equal(await of({ with: 'alice' }), ['text'])
  assert.equal(await of({ group: 'team' }), ['text', 'poll'])
  assert.equal(await of(undefined), ['text', 'text', 'poll'])
  const [first] = await bob.mail.unread({ group: 'team' })
  assert.is(first?.group, 'team')
  assert.is(first?.from, 'alice')
  assert.ok(Math.abs((first?.sentAt ?? 0) - alice.now) < 5)
})

test('another group of a name that we know: nothing is sent there before somebody has looked', async () => {
  const { alice, bob, mallory } = await people('alice', 'bob', 'mallory')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await bob.say('team', 'to alice')
  await alice.mail.destroy('team')
  await mallory.mail.createGroup('team')
  await mallory.mail.add('team', ['bob'])
  await bob.read()
  assert.match(bob.notices.at(-1)?.text ?? '', /mallory has added you .* not alice's/)
  await rejects(bob.say('team', 'to alice, too'), 'group_replaced')
  await rejects(bob.mail.conversationId({ group: 'team' }), 'group_replaced')
  await bob.open()
  await rejects(bob.say('team', 'to alice, too'), 'group_replaced')
  assert.equal(await mallory.read(), [])
  assert.equal(await bob.mail.lookAt('team'), ['bob', 'mallory'])
  await bob.open()
  await bob.say('team', 'to mallory')
  assert.equal(await mallory.read(), ['bob: to mallory'])
  // Her own, made anew, is hers still.
  await mallory.mail.destroy('team')
  await mallory.mail.createGroup('team')
  await mallory.mail.add('team', ['bob'])
  await bob.read()
  await bob.say('team', 'once more')
})

test.run()
