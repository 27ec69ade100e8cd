/** Taking one's place again, as the group tool does it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rejoin } from '../../../src/cli/group/changes.ts'
import type { GroupContext } from '../../../src/cli/group/command.ts'
import type { Output } from '../../../src/cli/terminal/output.ts'
import type { Conversation, Mailbox } from '../../../src/lib/mls/mailbox.ts'
import { type Person, people, team } from '../../helpers/mail.ts'

const test = suite('rejoining')

/** What is said of it. */
async function rejoined(person: Person, of: Conversation): Promise<unknown[]> {
  const told: unknown[] = []
  const event: Output['event'] = (name, fields, line) => void told.push([name, fields, line])
  const use = (work: (mailbox: Mailbox) => unknown) => work(person.mail)
  await rejoin(of)({ handle: { username: person.name, use }, output: { event } } as unknown as GroupContext)
  return told
}

test('a broken group is rejoined', async () => {
  const { alice, bob } = await team('bob')
  await bob.breakGroups()
  assert.equal(await rejoined(bob, { group: 'team' }), [
    ['group_rejoined', { group: 'team' }, 'back in team'],
  ])
  await alice.say('team', 'welcome')
  assert.equal(await bob.read(), ['alice: welcome'])
})

test('a broken conversation with one other is rejoined', async () => {
  const { alice, bob } = await people('alice', 'bob')
  await alice.tell('bob', 'before')
  assert.equal(await bob.read(), ['alice: before'])
  await bob.breakGroups()
  const line = 'back in the conversation with alice'
  assert.equal(await rejoined(bob, { with: 'alice' }), [['group_rejoined', { with: 'alice' }, line]])
  await alice.tell('bob', 'after')
  assert.equal(await bob.read(), ['alice: after'])
})

test('what is rejoined by itself at that moment is rejoined once, and said to be', async () => {
  const { bob, kdc } = await team('bob')
  await bob.breakGroups('history_lost')
  assert.equal(await rejoined(bob, { group: 'team' }), [
    ['group_rejoined', { group: 'team' }, 'back in team'],
  ])
  assert.is(kdc.entries.length, 2)
})

test.run()
