import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listen } from '../../src/lib/channel/listen.ts'
import { ProtocolError, TransportError } from '../../src/lib/errors.ts'
import type { ListenAnswer } from '../../src/lib/kdc-link/answers.ts'
import { UnsealedAnswer } from '../../src/lib/kdc-link/exchange.ts'
import {
  type Announcement,
  Presence,
  type PresenceChange,
  type PresenceOptions,
  type PresentSession,
} from '../../src/lib/presence.ts'
import { Arrivals, type Bob, dialBob } from '../helpers/channels.ts'
import { rejects } from '../helpers/throws.ts'
import { NOW, newToken } from '../helpers/tickets.ts'

const test = suite('presence')

/** Bob's session, at a KDC that does what the test says. */
class FakeSession implements PresentSession {
  readonly username = 'bob'
  readonly clock = () => NOW
  token = newToken()
  /** Every request, by name, as it comes. */
  readonly asked = new Arrivals<string>()
  readonly ports: number[] = []
  onAnnounce = () => {}
  seenAs = '127.0.0.1'

  /** What was said besides the port, each time. */
  readonly said: Announcement[] = []
  /** What the KDC says of this receiver and the others. */
  told: Partial<ListenAnswer> = { chosen: true, others: [] }
  kdcTime = NOW

  async announce(port: number, announcement: Announcement) {
    this.asked.push('announce')
    this.ports.push(port)
    this.said.push(announcement)
    this.onAnnounce()
    return { address: this.seenAs, time: this.kdcTime, ...this.told }
  }

  async renew(): Promise<void> {
    this.asked.push('renew')
    this.token = newToken()
    this.onAnnounce = () => {}
  }

  async logout(): Promise<void> {
    this.asked.push('logout')
  }
}

/** Longer than a test takes. */
const HOUR_MS = 3_600_000

const forgotten = () => {
  throw new ProtocolError('token_unknown', 'there is no such session')
}

/** Bob, present. */
const present = (session: PresentSession, options: Partial<PresenceOptions> = {}) =>
  Presence.start(session, { onChannel: () => {}, ...options })

/** Resolves after a refresh that is due every millisecond would have happened: another, less frequent, has. */
async function longerThanARefresh(): Promise<void> {
  const session = new FakeSession()
  const presence = await present(session, { refreshIntervalMs: 10 })
  await session.asked.next()
  await session.asked.next()
  await presence.close()
}

test('listens before it tells the KDC where, and is free again when the KDC refuses', async () => {
  const session = new FakeSession()
  session.onAnnounce = () => {
    throw new TransportError('kdc_unreachable', 'nobody answers')
  }
  await rejects(present(session), 'kdc_unreachable')
  const [port = 0] = session.ports
  assert.ok(port > 0)
  const listener = await listen({ username: 'bob', token: session.token, onChannel: () => {}, port })
  await listener.close()
})

test('nobody is sent to where it does not listen: it says so, and ends the session', async () => {
  for (const [host, seenAs] of [
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '203.0.113.1'],
    ['0.0.0.0', '2001:db8::7'],
  ]) {
    const session = new FakeSession()
    session.seenAs = seenAs as string
    await rejects(present(session, { host: host as string }), 'listener_unreachable')
    assert.is(await session.asked.next(), 'announce')
    assert.is(await session.asked.next(), 'logout')
  }
})

test('who is seen elsewhere than at first hears of it, and of the way back', async () => {
  const session = new FakeSession()
  const changes = new Arrivals<PresenceChange>()
  const presence = await present(session, { onChange: changes.push })
  assert.equal(presence.published, { address: '127.0.0.1', port: presence.address.port })
  session.seenAs = '203.0.113.1'
  await presence.refresh()
  const lost = await changes.next()
  assert.is(lost.state === 'lost' && (lost.error as ProtocolError).code, 'listener_unreachable')
  session.seenAs = '127.0.0.1'
  await presence.refresh()
  assert.equal(await changes.next(), { state: 'back' })
  await presence.close()
})

test('after a new login tickets under the new token are accepted, and those under the old are not', async () => {
  const session = new FakeSession()
  const changes = new Arrivals<PresenceChange>()
  const refusals = new Arrivals<{ error: { code: string } }>()
  const presence = await present(session, { onChange: changes.push, onRefused: refusals.push })
  const before = { token: session.token, port: presence.address.port } as Bob
  const first = await dialBob(before)
  await presence.refresh()
  assert.is(changes.count, 0, 'nothing new is not told')

  session.onAnnounce = forgotten
  await presence.refresh()
  assert.equal(await changes.next(), { state: 'renewed' })
  const after = { token: session.token, port: presence.address.port } as Bob
  assert.not.equal(after.token.reveal(), before.token.reveal())
  const second = await dialBob(after)
  await rejects(dialBob(before), 'handshake_failed')
  assert.is((await refusals.next()).error.code, 'ticket_not_for_us')
  assert.is(presence.channels.size, 2, 'the channel from before goes on')
  assert.equal(session.ports, Array(4).fill(after.port))

  for (const channel of [first, second]) channel.destroy()
  await presence.close()
})

test('that the session is over as soon as it begins is worth another login', async () => {
  const session = new FakeSession()
  session.onAnnounce = () => {
    throw new UnsealedAnswer('kdc_failed', 'anybody could have said so', 'token_unknown')
  }
  const presence = await present(session)
  assert.equal(
    [await session.asked.next(), await session.asked.next(), await session.asked.next()],
    ['announce', 'renew', 'announce'],
  )
  const channel = await dialBob({ token: session.token, port: presence.address.port } as Bob)
  channel.destroy()
  await presence.close()
})

test('a login that another request of the session has had counts here, too', async () => {
  const session = new FakeSession()
  const changes: string[] = []
  const presence = await present(session, { onChange: ({ state }) => changes.push(state) })
  await session.renew()
  await presence.refresh()
  assert.equal(changes, ['renewed'])
  const channel = await dialBob({ token: session.token, port: presence.address.port } as Bob)
  channel.destroy()
  await presence.close()
})

test('a login that was refused is tried again soon at first: whoever refused it may be gone', async () => {
  const session = new FakeSession()
  const presence = await present(session, { refreshIntervalMs: 1 })
  const changes = new Arrivals<string>()
  session.onAnnounce = forgotten
  let refused = 3
  const renew = session.renew.bind(session)
  session.renew = async () => {
    if (refused-- > 0) throw new ProtocolError('login_refused', 'so says somebody on the way')
    await renew()
    changes.push('renewed')
  }
  assert.is(await changes.next(), 'renewed')
  await presence.close()
})

test('tells the KDC again and again, until it is closed: then it logs out', async () => {
  const session = new FakeSession()
  const presence = await present(session, { refreshIntervalMs: 1 })
  for (let n = 0; n < 4; n++) assert.is(await session.asked.next(), 'announce')
  await presence.close()
  assert.ok(session.asked.count > 0, 'it logs out')
  while (session.asked.count > 1) assert.is(await session.asked.next(), 'announce')
  assert.is(await session.asked.next(), 'logout')
  await longerThanARefresh()
  assert.is(session.asked.count, 0, 'nothing is asked after the end')
})

test('keeps no process alive once it is closed', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timers()
  const presence = await present(new FakeSession())
  assert.is(timers(), before + 1)
  await presence.close()
  assert.is(timers(), before)
})

test('goes on telling a KDC that was away', async () => {
  const session = new FakeSession()
  const states: string[] = []
  const presence = await present(session, {
    refreshIntervalMs: 1,
    onChange: ({ state }) => states.push(state),
  })
  let away = 3
  const back = new Promise<void>((resolve) => {
    session.onAnnounce = () => {
      if (away-- > 0) throw new Error('nobody answers')
      resolve()
    }
  })
  await back
  await presence.refresh()
  await presence.close()
  // Once each, however often it was found so.
  assert.equal(states, ['lost', 'back'])
})

test('gives up when another KDC has taken the place of its own, and asks no further', async () => {
  const session = new FakeSession()
  const changes = new Arrivals<PresenceChange>()
  const presence = await present(session, { refreshIntervalMs: 1, onChange: changes.push })
  session.onAnnounce = () => {
    throw new ProtocolError('kdc_key_changed', 'it is another')
  }
  assert.is((await changes.next()).state, 'refused')
  const asked = session.ports.length
  await longerThanARefresh()
  assert.is(session.ports.length, asked)
  assert.is(changes.count, 0)
  await presence.close()
})

test('that may not log in again says so, and goes on trying: it cannot know who said it', async () => {
  const session = new FakeSession()
  const changes: PresenceChange[] = []
  const presence = await present(session, { onChange: (change) => changes.push(change) })
  session.onAnnounce = forgotten
  session.renew = async () => {
    throw new ProtocolError('login_refused', 'the password is another now')
  }
  await presence.refresh()
  assert.equal(
    changes.map((change) => [change.state, 'error' in change && (change.error as ProtocolError).code]),
    [['lost', 'login_refused']],
  )
  await presence.close()
})

test('closes although the KDC is away', async () => {
  const session = new FakeSession()
  session.logout = async () => {
    throw new Error('nobody answers')
  }
  const presence = await present(session)
  const { port } = presence.address
  await presence.close()
  await rejects(dialBob({ token: session.token, port } as Bob), 'peer_unreachable')
})

test('a refresh under way when it closes does not log in again', async () => {
  const session = new FakeSession()
  const presence = await present(session)
  assert.is(await session.asked.next(), 'announce')
  let answer = (_error: Error) => {}
  session.announce = () =>
    new Promise((_resolve, reject) => {
      session.asked.push('announce')
      answer = reject
    })
  const refreshing = presence.refresh()
  assert.is(await session.asked.next(), 'announce')
  await presence.close()
  answer(new ProtocolError('token_unknown', 'there is no such session'))
  await refreshing
  assert.is(await session.asked.next(), 'logout')
  assert.is(session.asked.count, 0)
})

test('a hint has it refreshed at once; not after a login was refused, nor after the end', async () => {
  const session = new FakeSession()
  const changes = new Arrivals<PresenceChange>()
  const presence = await present(session, {
    refreshIntervalMs: HOUR_MS,
    onChange: (change) => changes.push(change),
  })
  assert.is(await session.asked.next(), 'announce')
  session.onAnnounce = forgotten
  presence.hint()
  presence.hint()
  assert.equal((await changes.next()).state, 'renewed')
  await new Promise(setImmediate)
  session.renew = async () => {
    session.asked.push('renew')
    throw new ProtocolError('login_refused', 'the username or the password is wrong')
  }
  session.onAnnounce = forgotten
  presence.hint()
  assert.equal((await changes.next()).state, 'lost')
  presence.hint()
  await presence.close()
  presence.hint()
  const asked: string[] = []
  while (asked.at(-1) !== 'logout') asked.push(await session.asked.next())
  assert.equal(asked, ['announce', 'renew', 'announce', 'announce', 'renew', 'logout'])
})

const OTHER = { address: '192.0.2.8', port: 5555, since: NOW + 3 }

test('says when it began, the same after a new login, and asks for a lease of four refreshes, or of a minute', async () => {
  for (const [refreshIntervalMs, leaseSec] of [
    [undefined, 60],
    [1, 60],
    [20_000, 80],
    [900_000, 3600],
    [HOUR_MS, 3600],
  ] as const) {
    const session = new FakeSession()
    const presence = await present(session, refreshIntervalMs ? { refreshIntervalMs } : {})
    session.kdcTime += 100
    session.onAnnounce = forgotten
    await presence.refresh()
    await presence.close()
    assert.equal(
      session.said.slice(0, 3),
      Array(3).fill({ leaseSec, since: NOW }),
      `refreshed every ${refreshIntervalMs} ms`,
    )
  }
})

test('it began last of all, whatever its clock says: by the KDC’s time, and after those that are there', async () => {
  for (const [kdcTime, since, expected] of [
    [NOW + 50, NOW + 3, NOW + 50],
    [NOW, NOW + 3, NOW + 4],
  ] as const) {
    const session = new FakeSession()
    session.kdcTime = kdcTime
    session.told = { chosen: false, others: [{ ...OTHER, since }] }
    const changes: PresenceChange[] = []
    const presence = await present(session, { onChange: (change) => changes.push(change) })
    assert.equal(
      session.said.map(({ since }) => since),
      [NOW, expected],
      'and says so at once',
    )
    assert.equal(changes, [])
    await presence.close()
  }
})

test('another that takes its place is told once, by where it is and since when; so is its end', async () => {
  const session = new FakeSession()
  const changes: PresenceChange[] = []
  const presence = await present(session, { onChange: (change) => changes.push(change) })
  const third = { address: '192.0.2.9', port: 6666, since: NOW - 100 }
  session.told = { chosen: false, others: [OTHER, third] }
  for (let n = 0; n < 3; n++) await presence.refresh()
  assert.equal(changes, [{ state: 'superseded', by: OTHER, others: 2 }])
  // All sessions have ended: that the other has not logged in again yet says nothing.
  session.onAnnounce = forgotten
  session.told = { chosen: true, others: [] }
  await presence.refresh()
  session.told = { chosen: false, others: [OTHER] }
  await presence.refresh()
  assert.equal(changes.splice(0).slice(1), [{ state: 'renewed' }])
  session.told = { chosen: true, others: [third] }
  for (let n = 0; n < 2; n++) await presence.refresh()
  assert.equal(changes, [{ state: 'reached' }])
  await presence.close()
})

test('of a KDC that says nothing about others, or names none in its place, nothing is told', async () => {
  const session = new FakeSession()
  const changes: PresenceChange[] = []
  session.told = {}
  const presence = await present(session, { onChange: (change) => changes.push(change) })
  await presence.refresh()
  session.told = { chosen: false, others: [] }
  await presence.refresh()
  assert.equal(changes, [])
  await presence.close()
})

test('a refresh that was lost is made up for by the next; what changed meanwhile is told then', async () => {
  const session = new FakeSession()
  const states: string[] = []
  const presence = await present(session, { onChange: ({ state }) => states.push(state) })
  session.onAnnounce = () => {
    throw new TransportError('kdc_unreachable', 'the answer was lost')
  }
  for (let n = 0; n < 2; n++) await presence.refresh()
  session.onAnnounce = () => {}
  session.told = { chosen: false, others: [OTHER] }
  await presence.refresh()
  assert.equal(states, ['lost', 'back', 'superseded'])
  assert.equal(new Set(session.said.map(({ since }) => since)), new Set([NOW]))
  await presence.close()
})

test.run()
