/** A KDC that never comes to an end is left, with what it gave kept; the next contact goes on. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { listGroups } from '../../../src/lib/mls/kdc-answers.ts'
import { everybodyOnline } from '../../../src/lib/online.ts'
import type { FakeEntry } from '../../helpers/fake-delivery.ts'
import { team } from '../../helpers/mail.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('a KDC without an end')

/** A group's id that was not there before. */
const idOf = (number: number) => {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number)
  return toBase64url(id)
}

const described = (number: number) => ({
  group: idOf(number),
  kind: 'named',
  name: `g${number}`,
  members: ['alice'],
  epoch: 0,
  seq: 0,
})

test('that lists groups without an end is left, and what it has listed is there', async () => {
  let pages = 0
  const { groups, isComplete } = await listGroups(async () => ({ groups: [described(pages++)], more: true }))
  assert.is(isComplete, false)
  assert.is(groups.length, pages)
  assert.ok(pages <= 1000, `${pages} pages`)
  // Large pages end sooner.
  pages = 0
  const members = Array.from({ length: 10_000 }, (_, index) => `member${index}`)
  const large = async () => ({ groups: [{ ...described(pages++), members }], more: true })
  assert.is((await listGroups(large)).isComplete, false)
  assert.ok(pages <= 101, `${pages} pages`)
})

test('that lists groups without an end is told so; what is ours is looked after all the same', async () => {
  const { alice, bob, kdc } = await team('bob')
  await bob.breakGroups('history_lost')
  let number = 0
  kdc.lie = (username, path, answer) => {
    if (username !== 'bob' || path !== '/groups/list') return answer
    const { groups } = answer as { groups: object[] }
    return { groups: [...(number === 0 ? groups : []), described(number++)], more: true }
  }
  await rejects(bob.mail.sync(), 'kdc_failed')
  assert.is(bob.statusOf('team'), 'active')
  await rejects(bob.mail.rejoin({ group: 'nowhere' }), 'kdc_failed')
  kdc.lie = (_u, _p, answer) => answer
  await alice.mail.sync()
  await alice.say('team', 'hello')
  await bob.open()
  assert.equal(await bob.read(), ['alice: hello'])
})

test('that gives entries without an end is left; what it gave is kept, and the next contact goes on', async () => {
  const { alice, bob, kdc } = await team('bob')
  await alice.say('team', 'one')
  await alice.say('team', 'two')
  const last = kdc.entries.at(-1)?.position ?? 0
  // One at a time, of groups that nobody knows, after what there really is.
  kdc.pageSize = 1
  const invented = (position: number): FakeEntry => ({
    position,
    group: idOf(7),
    seq: position,
    epoch: 0,
    sender: 'alice',
    kind: 'message',
    at: 1,
    payload: 'AAAA',
    added: [],
    removed: [],
  })
  let asked = 0
  kdc.before = (username, path, body) => {
    if (username !== 'bob' || path !== '/mailbox') return
    asked++
    const next = Math.max(last, Number(body.after)) + 1
    kdc.lieInMailbox = (who, page) => (who === 'bob' ? [...page, invented(next), invented(next + 1)] : page)
  }
  await rejects(bob.mail.sync(), 'kdc_failed')
  assert.ok(asked <= 6000, `${asked} requests`)
  assert.is(bob.mail.countUnread({ group: 'team' }), 2)
  const before = asked
  let from = 0
  const meddle = kdc.before
  kdc.before = (username, path, body) => {
    if (username === 'bob' && path === '/mailbox' && from === 0) from = Number(body.after)
    return meddle(username, path, body)
  }
  await rejects(bob.mail.sync(), 'kdc_failed')
  assert.ok(from >= before, 'it goes on from where it was')
})

test('that names people without an end is left, which is said after those it has named', async () => {
  let asked = 0
  const session = {
    request: async () => {
      asked++
      return { users: [{ username: `u${String(asked).padStart(9, '0')}`, online: true }], more: true }
    },
  }
  let named = 0
  const list = async () => {
    for await (const _ of everybodyOnline(session)) named++
  }
  await rejects(list(), 'kdc_failed')
  assert.is(named, asked)
  assert.ok(asked <= 1000, `${asked} requests`)
})

test.run()
