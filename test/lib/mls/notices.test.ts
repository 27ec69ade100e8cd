/** What one member does a thousand times is told once. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addNotices, type Notice } from '../../../src/lib/mls/notices.ts'

const notices = suite('notices')

const garbage = (seq: number, by = 'mallory'): Notice => ({
  code: 'entry_damaged',
  text: `an entry that is said to be of ${by} does not open, and is passed over`,
  group: 'team',
  by,
  from: seq,
  to: seq,
})
const invitation = (by = 'mallory'): Notice => ({
  code: 'group_broken',
  text: `the KDC says that ${by} has added you to a group, which cannot be read: we were added to a group that is not what it says it is`,
  by,
  reason: 'member_unverified',
})

function numbers() {
  let n = 0
  return () => ++n
}

notices('3000 entries that do not open are one, by whom, with a count; also over many pages', () => {
  const next = numbers()
  const kept = new Map<number, Notice>()
  for (let page = 0; page < 15; page++) {
    const added = Array.from({ length: 200 }, (_, i) => garbage(page * 200 + i + 1))
    const changed = addNotices(kept, [...added, garbage(1, 'malvin')], next)
    assert.is(changed.size, 2, 'and so it is on disk')
    for (const [number, notice] of changed) kept.set(number, notice)
  }
  assert.equal(
    [...kept.values()].map(({ text, count, from, to }) => [text, count, from, to]),
    [
      ['3000 entries that are said to be of mallory do not open, and are passed over', 3000, 1, 3000],
      ['15 entries that are said to be of malvin do not open, and are passed over', 15, 1, 1],
    ],
  )
})

notices('500 invitations that cannot be read are one, by whom', () => {
  const added = [invitation('alice'), ...Array.from({ length: 500 }, () => invitation())]
  const told = [...addNotices(new Map(), added, numbers()).values()]
  assert.equal(
    told.map(({ text, count }) => [text, count]),
    [
      [invitation('alice').text, undefined],
      ['the KDC says that mallory has added you to 500 groups, which cannot be read', 500],
    ],
  )
})

notices('new keys and rejoining are counted, whose they are', () => {
  const rejoined: Notice = { code: 'member_rejoined', text: 'bob is back', group: 'team', username: 'bob' }
  const told = [...addNotices(new Map(), [rejoined, rejoined, rejoined], numbers()).values()]
  assert.equal(
    told.map(({ text }) => text),
    ['bob is back (3 times)'],
  )
})

notices('what differs, and who comes and goes, stays apart, in order', () => {
  const added: Notice[] = [
    { code: 'member_added', text: 'a', group: 'team', username: 'bob', by: 'alice' },
    { code: 'member_removed', text: 'b', group: 'team', username: 'bob', by: 'alice' },
    { code: 'member_added', text: 'c', group: 'team', username: 'bob', by: 'alice' },
    { code: 'group_broken', text: 'd', group: 'team', reason: 'history_forked' },
    { code: 'group_broken', text: 'e', group: 'team', reason: 'history_forked' },
    garbage(1),
    { ...garbage(2), group: 'other' },
  ]
  const told = [...addNotices(new Map(), added, numbers())]
  assert.equal(
    told.map(([number]) => number),
    [1, 2, 3, 4, 5, 6, 7],
  )
  assert.equal(
    told.map(([, notice]) => notice),
    added,
  )
})

notices.run()
