/** Sessions as people read them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findSession, sessionTable, shortId } from '../../../src/cli/terminal/session-table.ts'
import type { SessionInfo } from '../../../src/lib/kdc-link/answers.ts'

const sessions = suite('sessions, for people')

/** 2026-01-31 12:00, where the reader is. */
const NOON = new Date(2026, 0, 31, 12, 0).getTime() / 1000

const session = (id: string, fields: Partial<SessionInfo> = {}): SessionInfo => ({
  id,
  address: '192.0.2.7',
  begunAt: NOON,
  usedAt: NOON,
  expiresAt: NOON + 3600,
  isThis: false,
  ...fields,
})

const ALL = [session('aabb0000'), session('aabbcc00'), session('dd000000')]

/** What is said when none is found. */
function refusal(prefix: string): string {
  try {
    return `found ${findSession(ALL, prefix).id}`
  } catch (error) {
    return (error as Error).message
  }
}

sessions('show where they listen as URLs have it', () => {
  const listening = (address: string) =>
    sessionTable([session('aa', { listensAt: { address, port: 42125 } })], NOON)[1] ?? ''
  assert.match(listening('::1'), /\[::1\]:42125/)
  assert.match(listening('192.0.2.7'), / 192\.0\.2\.7:42125/)
})

sessions('are found by the beginning of their ID, be it in capitals', () => {
  assert.is(findSession(ALL, 'd'), ALL[2])
  assert.is(findSession(ALL, 'aabbc'), ALL[1])
  assert.is(findSession(ALL, 'AABBC'), ALL[1])
  assert.is(findSession(ALL, 'aabb0000'), ALL[0])
})

sessions('are not found where it may be another, or none', () => {
  assert.is(refusal('aabb'), 'aabb may be one of 2 sessions')
  assert.is(refusal('bb'), 'there is no session bb')
  assert.is(refusal('aabb00001'), 'there is no session aabb00001')
  assert.is(refusal(''), 'there is no session ')
})

sessions('have a line each, in columns', () => {
  const rows = [
    session('0123456789abcdef', { usedAt: NOON + 60, listensAt: { address: '192.0.2.7', port: 4444 } }),
    session('fedcba9876543210', { begunAt: NOON - 86_400, usedAt: NOON - 600, address: '2001:db8::1' }),
    session('00000000ffffffff', { usedAt: NOON - 7200 }),
    session('ffffffff00000000', { usedAt: NOON + 7200 }),
  ]
  assert.equal(sessionTable(rows, NOON + 120), [
    'ID        BEGUN             USED        FROM         LISTENS AT',
    '01234567  2026-01-31 12:00  60 s ago    192.0.2.7    192.0.2.7:4444',
    'fedcba98  2026-01-30 12:00  12 min ago  2001:db8::1  -',
    '00000000  2026-01-31 12:00  2 h ago     192.0.2.7    -',
    'ffffffff  2026-01-31 12:00  0 s ago     192.0.2.7    -',
  ])
  assert.equal(sessionTable([], NOON), ['ID  BEGUN  USED  FROM  LISTENS AT'])
})

sessions('fit 80 columns, of whatever IPv4 address and age', () => {
  const address = '192.168.100.100'
  for (const used of [119, 7199, 9999 * 3600]) {
    const row = session('0123456789abcdef', { address, listensAt: { address, port: 65535 } })
    const [heading = '', line = ''] = sessionTable([row], NOON + used)
    assert.ok(Math.max(heading.length, line.length) < 80, line)
  }
})

sessions('show nothing that a terminal would obey', () => {
  assert.is(shortId('\x1b[2J\x07456789'), '\\x1b[2J\\x07456')
  const [, row = ''] = sessionTable([session('aa', { address: '\x1b[2J' })], NOON)
  assert.match(row, '\\x1b[2J')
})

sessions.run()
