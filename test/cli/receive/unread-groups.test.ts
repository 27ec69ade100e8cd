/** What a receiver says of groups. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { unreadGroups } from '../../../src/cli/receive/stored-messages.ts'
import type { GroupInfo } from '../../../src/lib/mls/mailbox.ts'

const groups = suite('unread groups')

groups('are told of once, and again when they were read and more has come', () => {
  const told: unknown[] = []
  const tellUnread = unreadGroups('bob', { event: (...event) => void told.push(event) })
  const now = (counts: Record<string, number>) => {
    const infos = Object.entries(counts).map(([name, unread]) => ({ name, unread }) as GroupInfo)
    tellUnread([...infos, { with: 'alice', unread: 3 } as GroupInfo])
    return told.splice(0)
  }
  const line = (group: string, count: number) => [
    'unread',
    { group, count },
    `${group}: ${count} unread; read with: npx tsx src/group.ts bob read ${group}`,
  ]
  assert.equal(now({ friends: 0 }), [])
  assert.equal(now({ friends: 1 }), [line('friends', 1)])
  assert.equal(now({ friends: 2, team: 5 }), [line('team', 5)])
  assert.equal(now({ friends: 0, team: 6 }), [])
  assert.equal(now({ friends: 1, team: 6 }), [line('friends', 1)])
})

groups.run()
