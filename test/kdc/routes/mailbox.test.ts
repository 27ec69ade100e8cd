/** What waits for whom, for how long, and waiting for it. docs/protocol.md §7.3. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { purge } from '../../../src/kdc/create-kdc.ts'
import {
  BEAT_MS,
  EventStream,
  LOOK_MS,
  MAX_STREAMS,
  MailboxSubscribers,
} from '../../../src/kdc/events/mailbox-subscribers.ts'
import { serve } from '../../../src/kdc/http/server.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { at, START, temporaryDirectory } from '../../helpers/kdc.ts'
import {
  anotherNode,
  bytes,
  classKdc,
  commit,
  elsewhere,
  handTimers,
  mail,
  makeGroup,
  newId,
  type Principal,
  principal,
  settle,
  type TestKdc,
  watchedStore,
} from '../../helpers/kdc-principals.ts'

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())

const ALL = ['alice', 'bob', 'carol', 'dora']
const WEEK = 7 * 86_400

const send = async (who: Principal, group: string, epoch: number, size = 8, fill = 1) => {
  const { status, body } = await who.ask('/groups/send', { group, epoch, message: bytes(size, fill) })
  assert.is(status, 200, JSON.stringify(body))
  return body.position as number
}

const change = async (who: Principal, path: string, body: object) => {
  const answer = await who.ask(path, body)
  assert.is(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.position as number
}

const acknowledge = (who: Principal, position: number) => who.ask('/mailbox/ack', { position })
const page = async (who: Principal, body: object) => (await who.ask('/mailbox', body)).body
const positions = ({ entries }: { entries: { position: number }[] }) =>
  entries.map(({ position }) => position)

const reading = suite('mailbox')

reading('gives each what it may see: from being added to being removed, both included', async () => {
  const { who } = await classKdc(ALL)
  const alice = who('alice')
  const group = await makeGroup(alice, ['bob'])
  await send(who('bob'), group, 1)
  await change(alice, '/groups/commit', commit(group, 1, { added: ['carol', 'dora'] }))
  await send(who('carol'), group, 2)
  await change(alice, '/groups/commit', commit(group, 2, { removed: ['bob'] }))
  await change(who('dora'), '/groups/leave', { group, epoch: 3, proposal: bytes(5) })
  await send(alice, group, 3)
  await change(alice, '/groups/commit', commit(group, 3, { added: ['bob'] }))
  await change(alice, '/groups/commit', commit(group, 4, { removed: ['dora'] }))
  await change(alice, '/groups/destroy', { group })
  const all = '1 commit alice,2 message bob,3 commit alice,4 message carol,5 commit alice,6 proposal dora'
  const rest = '7 message alice,8 commit alice,9 commit alice,10 destroyed alice'
  assert.is((await mail(alice)).join(), `${all},${rest}`)
  assert.is(
    (await mail(who('bob'))).join(),
    `${all.replace('1 commit', '1 welcome').replace(/,6.*/, '')},8 welcome alice,9 commit alice,10 destroyed alice`,
  )
  assert.is(
    (await mail(who('carol'))).join(),
    `3 welcome alice,4 message carol,5 commit alice,6 proposal dora,${rest}`,
  )
  assert.is(
    (await mail(who('dora'))).join(),
    '3 welcome alice,4 message carol,5 commit alice,6 proposal dora',
    'to her leave, not to the commit that removed her leaf',
  )
  assert.is((await page(who('dora'), { after: 0, limit: 4 })).more, false)
})

reading('who is removed and added again by one commit reads its welcome, once, and goes on', async () => {
  const { who } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  await send(who('bob'), group, 1)
  const both = { added: ['bob', 'dora'], removed: ['bob', 'carol'] }
  const position = await change(who('alice'), '/groups/commit', commit(group, 1, both))
  await send(who('bob'), group, 2)
  assert.equal(await mail(who('bob')), [
    '1 welcome alice',
    '2 message bob',
    '3 welcome alice',
    '4 message bob',
  ])
  assert.equal(await mail(who('carol')), ['1 welcome alice', '2 message bob', '3 commit alice'])
  assert.equal(await mail(who('dora')), ['3 welcome alice', '4 message bob'])
  const [entry] = (await page(who('bob'), { after: position - 1, limit: 1 })).entries
  assert.equal([entry.added, entry.removed, entry.payload], [both.added, both.removed, undefined])
  const described = (await who('bob').ask('/groups/info', { group })).body
  assert.equal([described.members, described.left], [['alice', 'bob', 'dora'], []])
})

reading('an entry says who, when, in which epoch, and whom it adds and removes', async () => {
  const { who, time } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  time.now += 5
  await change(who('alice'), '/groups/commit', commit(group, 1, { added: ['carol'], removed: ['bob'] }))
  const { entries, more, time: now } = await page(who('bob'), { after: 0 })
  assert.equal([more, now], [false, START + 5])
  const facts = { group, sender: 'alice', kind: 'commit' }
  assert.equal(entries, [
    {
      ...facts,
      position: 1,
      seq: 1,
      epoch: 0,
      at: START,
      added: ['bob'],
      removed: [],
      welcome: bytes(20, 3),
    },
    {
      ...facts,
      position: 2,
      seq: 2,
      epoch: 1,
      at: START + 5,
      added: ['carol'],
      removed: ['bob'],
      payload: bytes(12, 5),
    },
  ])
  const [own] = (await page(who('alice'), { after: 0 })).entries
  assert.equal([own.payload, own.welcome], [bytes(10, 2), undefined], 'who made it needs no welcome')
  const [welcomed] = (await page(who('carol'), { after: 0 })).entries
  assert.equal([welcomed.welcome, welcomed.payload], [bytes(14, 6), undefined])
})

reading('in order of position over all groups, some at a time', async () => {
  const { who } = await classKdc(ALL)
  const groups = [await makeGroup(who('alice'), ['bob']), await makeGroup(who('carol'), ['bob'])]
  for (let i = 0; i < 10; i++) await send(who('bob'), groups[i % 2] ?? '', 1)
  const whole = positions(await page(who('bob'), { after: 0 }))
  assert.is(whole.length, 12)
  assert.equal(
    whole,
    [...whole].sort((a, b) => a - b),
  )
  const first = await page(who('bob'), { after: 0, limit: 5 })
  assert.equal([positions(first), first.more], [whole.slice(0, 5), true])
  const next = await page(who('bob'), { after: whole[4], limit: 7 })
  assert.equal([positions(next), next.more], [whole.slice(5), false])
  assert.equal(positions(await page(who('bob'), { after: whole.at(-1) })), [])
  assert.equal(positions(await page(who('dora'), { after: 0 })), [])
})

reading(
  'at most a quarter of a mebibyte an answer, but one entry at least; and reads no more than it gives',
  async () => {
    const { store, reads } = await watchedStore()
    const { who } = await classKdc(ALL, { store })
    const group = await makeGroup(who('alice'), ['bob'])
    const sizes = [100_000, 150_000, 100_000, 1_400_000, 8]
    const sent: number[] = []
    for (const size of sizes) sent.push(await send(who('alice'), group, 1, size))
    const seen: number[][] = []
    let after = sent[0] ?? 0
    for (let more = true; more; ) {
      reads.length = 0
      const answer = await page(who('bob'), { after, limit: 500 })
      seen.push(positions(answer))
      more = answer.more
      after = seen.at(-1)?.at(-1) ?? 0
      const withPayload = reads.filter(({ strings }) => strings.join('').includes('e.payload'))
      assert.is(withPayload.length, 1)
    }
    assert.equal(seen, [sent.slice(1, 3), sent.slice(3, 4), sent.slice(4)])
  },
)

reading('what is malformed is refused', async () => {
  const { who } = await classKdc(ALL)
  const cases: [string, object][] = [
    ['/mailbox', {}],
    ['/mailbox', { after: -1 }],
    ['/mailbox', { after: '0' }],
    ['/mailbox', { after: 0, limit: 0 }],
    ['/mailbox', { after: 0, limit: 501 }],
    ['/mailbox', { after: 0, limit: 1.5 }],
    ['/mailbox/ack', {}],
    ['/mailbox/ack', { position: 2 ** 53 }],
    ['/mailbox/wait', {}],
    ['/mailbox/wait', { after: null }],
  ]
  for (const [path, body] of cases) {
    const answer = await who('alice').ask(path, body)
    assert.equal(
      [answer.status, answer.body.code],
      [422, 'invalid_request'],
      `${path} ${JSON.stringify(body)}`,
    )
  }
})

const keeping = suite('keeping')

const free = (kdc: Pick<TestKdc, 'store' | 'time' | 'log'>) =>
  purge(kdc.store, () => at(kdc.time.now), kdc.log)

keeping('until everybody who may see it has acknowledged it, and no longer', async () => {
  const kdc = await classKdc(ALL)
  const { who, log } = kdc
  const group = await makeGroup(who('alice'), ['bob', 'carol'])
  const [second, third] = [await send(who('bob'), group, 1), await send(who('bob'), group, 1)]
  await acknowledge(who('alice'), third)
  await acknowledge(who('bob'), third)
  await free(kdc)
  assert.is((await mail(who('carol'))).length, 3)
  await acknowledge(who('carol'), second)
  await free(kdc)
  assert.equal(await mail(who('carol')), ['3 message bob'])
  assert.equal(log.events.at(-1), { event: 'purged', fields: { entries: 2 } })
  await acknowledge(who('carol'), second - 1)
  await acknowledge(who('carol'), third)
  await free(kdc)
  assert.equal(await mail(who('carol')), [])
  assert.is(
    (await who('bob').ask('/groups/send', { group, epoch: 1, message: bytes(3) })).body.seq,
    4,
    'seq goes on',
  )
})

keeping('what was acknowledged stays acknowledged; what is not there yet cannot be', async () => {
  const kdc = await classKdc(ALL)
  const group = await makeGroup(kdc.who('alice'), ['bob'])
  await acknowledge(kdc.who('alice'), Number.MAX_SAFE_INTEGER)
  await acknowledge(kdc.who('bob'), 1)
  await acknowledge(kdc.who('bob'), 0)
  await free(kdc)
  assert.equal(await mail(kdc.who('bob')), [])
  const position = await send(kdc.who('bob'), group, 1)
  await acknowledge(kdc.who('bob'), position)
  await free(kdc)
  assert.equal(await mail(kdc.who('alice')), ['2 message bob'])
})

keeping('who was added later, and who is out, does not keep the others’', async () => {
  const kdc = await classKdc(ALL)
  const { who } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  await change(who('alice'), '/groups/commit', commit(group, 1, { removed: ['bob'] }))
  const last = await change(who('alice'), '/groups/commit', commit(group, 2, { added: ['carol'] }))
  await send(who('carol'), group, 3)
  await acknowledge(who('alice'), last + 1)
  await free(kdc)
  assert.equal(await mail(who('bob')), ['1 welcome alice', '2 commit alice'], 'who is out reads to his end')
  assert.equal(await mail(who('carol')), ['3 welcome alice', '4 message carol'])
  await acknowledge(who('carol'), last + 1)
  await free(kdc)
  assert.equal(await mail(who('carol')), [], 'bob does not see these')
  assert.is((await mail(who('bob'))).length, 2)
  await acknowledge(who('bob'), last)
  await free(kdc)
  assert.equal(await mail(who('bob')), [])
})

keeping('who has left is known as long as its leaf is there, though nothing is left to read', async () => {
  const kdc = await classKdc(ALL)
  const { who } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  const last = await change(who('bob'), '/groups/leave', { group, epoch: 1, proposal: bytes(3) })
  for (const name of ['alice', 'bob']) await acknowledge(who(name), last)
  await free(kdc)
  assert.equal(await mail(who('alice')), [])
  assert.equal((await who('alice').ask('/groups/info', { group })).body.left, ['bob'])
  await change(who('alice'), '/groups/commit', commit(group, 1, { removed: ['bob'] }))
})

keeping('for a week at most, or as long as the operator says', async () => {
  const kdc = await classKdc(ALL, { sessionLifetimeSec: 10 * WEEK, sessionIdleSec: 10 * WEEK })
  const { who, time } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  const purgeAll = () =>
    purge(kdc.store, () => ({ now: time.now, idleSince: 0, keepSince: time.now - WEEK }), kdc.log)
  time.now += 1
  await send(who('alice'), group, 1)
  time.now += WEEK - 2
  await purgeAll()
  assert.is((await mail(who('bob'))).length, 2)
  time.now += 1
  await purgeAll()
  assert.equal(await mail(who('bob')), ['2 message alice'])
  time.now += 1
  await purgeAll()
  assert.equal(await mail(who('bob')), [])
  assert.is((await who('bob').ask('/groups/list')).body.groups.length, 1, 'the group itself stays')
})

keeping('a little at a time', async () => {
  const { who, store } = await classKdc(ALL)
  const group = await makeGroup(who('alice'), ['bob'])
  for (let i = 0; i < 4; i++) await send(who('bob'), group, 1)
  for (const name of ['alice', 'bob']) await acknowledge(who(name), 5)
  const cutoff = { now: START, idleSince: START - 1, keepSince: START - 1 }
  assert.equal(await store.purge(cutoff, 2), { sessions: 0, entries: 2, files: 0, more: true })
  assert.equal(await store.purge(cutoff, 4), { sessions: 0, entries: 3, files: 0, more: false })
  await send(who('bob'), group, 1)
  await send(who('bob'), group, 1)
  const late = { ...cutoff, keepSince: START }
  assert.equal(await store.purge(late, 1), { sessions: 0, entries: 1, files: 0, more: true })
  assert.equal(await store.purge(late, 2), { sessions: 0, entries: 1, files: 0, more: false })
})

keeping('a destroyed group goes when its end was read, and its id is free', async () => {
  const kdc = await classKdc(ALL)
  const { who, store } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  const last = await change(who('alice'), '/groups/destroy', { group })
  await acknowledge(who('alice'), last)
  await free(kdc)
  const [stored] = await store.retention.list()
  assert.equal([stored?.destroyed, stored?.entries, stored?.members], [true, 2, 0])
  assert.equal(await mail(who('bob')), ['1 welcome alice', '2 destroyed alice'])
  await acknowledge(who('bob'), last)
  await free(kdc)
  assert.equal(await store.retention.list(), [])
})

keeping('a group that all have left goes too; one with somebody in it stays', async () => {
  const kdc = await classKdc(ALL)
  const { who, store } = kdc
  await makeGroup(who('alice'), [], 'alone')
  const group = await makeGroup(who('alice'), ['bob'], 'left')
  await store.accounts.delete('alice')
  await change(who('bob'), '/groups/leave', { group, epoch: 1, proposal: bytes(3) })
  await acknowledge(who('bob'), 100)
  await free(kdc)
  assert.equal(await store.retention.list(), [])
})

keeping('a quota is met no more when what waited was read', async () => {
  const { QUOTAS } = await import('../../../src/kdc/store/quotas.ts')
  const kdc = await classKdc(ALL, { quotas: { ...QUOTAS, senderEntries: 2 } })
  const { who } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  const last = await send(who('alice'), group, 1)
  const again = () => who('alice').ask('/groups/send', { group, epoch: 1, message: bytes(3) })
  assert.is((await again()).body.code, 'quota_exceeded')
  await acknowledge(who('alice'), last)
  assert.is((await again()).body.code, 'quota_exceeded')
  await acknowledge(who('bob'), last)
  assert.is((await again()).body.seq, 3, 'at once')
})

keeping('a quota that is met again and again has what was read freed now and then only', async () => {
  const { QUOTAS } = await import('../../../src/kdc/store/quotas.ts')
  const kdc = await classKdc(ALL, { quotas: { ...QUOTAS, groupEntries: 2, shareEntries: 0 } })
  const { who, store, time } = kdc
  const groups = [
    await makeGroup(who('alice'), ['bob', 'carol']),
    await makeGroup(who('alice'), ['bob', 'carol']),
  ]
  const send3 = (by: string, group = groups[0]) =>
    who(by).ask('/groups/send', { group, epoch: 1, message: bytes(3) })
  for (const group of groups) await send3('bob', group)
  const free = store.retention.free.bind(store.retention)
  let times = 0
  store.retention.free = (...args) => {
    times++
    return free(...args)
  }
  for (let i = 0; i < 12; i++) assert.is((await send3('alice')).body.code, 'quota_exceeded')
  assert.is(times, 10)
  for (const name of ALL) await acknowledge(who(name), await store.mailbox.lastPosition())
  assert.is((await send3('alice')).body.code, 'quota_exceeded')
  assert.is((await send3('carol')).status, 200, 'whose group is full, having sent nothing')
  assert.equal(await mail(who('bob')), ['1 welcome alice', '2 message bob', '3 message carol'])
  assert.is((await send3('bob')).status, 200)
  time.now += 6
  assert.is((await send3('alice')).body.code, 'quota_exceeded', 'nobody has read these')
  assert.equal(await mail(who('bob')), ['3 message carol', '4 message bob'], 'also what waited in the other')
})

keeping('a backup has the groups; its one-time packages are gone, and its positions lie ahead', async () => {
  const kdc = await classKdc(ALL)
  const { who } = kdc
  const group = await makeGroup(who('alice'), ['bob'])
  await who('bob').ask('/identity/put', { signature_key: bytes(32) })
  await who('bob').ask('/key-packages/put', { packages: [bytes(5)], last_resort: bytes(6) })
  const path = `${directory.path}/copy.sqlite`
  await kdc.store.backUp(path)
  const store = await Store.open(openSqlite(path))
  const found = await store.groups.find(Buffer.from(group, 'base64url'), 'bob')
  assert.equal([found?.epoch, found?.seq], [1, 1])
  assert.is(await store.keyPackages.count('bob'), 0)
  const key = { username: 'alice', id: new Uint8Array(16), forgetAt: START }
  const taken = await store.keyPackages.take(key, ['bob'])
  assert.equal(taken?.get('bob')?.length, 6)
  assert.ok((await store.mailbox.lastPosition()) > 1_000_000_000)
  await store.close()
})

keeping('the operator sees how much, and nothing of what', async () => {
  const kdc = await classKdc(ALL)
  const { who, store, time } = kdc
  const named = await makeGroup(who('alice'), ['bob'], 'class')
  time.now += 7
  await send(who('bob'), named, 1)
  await makeGroup(who('alice'), [], 'empty')
  assert.equal(
    (await store.retention.list()).map(({ id, ...rest }) => ({ ...rest, id: id.length })),
    [
      {
        id: 16,
        name: 'class',
        kind: 'named',
        members: 2,
        entries: 2,
        bytes: 41,
        oldest: START,
        files: 0,
        fileBytes: 0,
        destroyed: false,
      },
      {
        id: 16,
        name: 'empty',
        kind: 'named',
        members: 1,
        entries: 0,
        bytes: 0,
        oldest: null,
        files: 0,
        fileBytes: 0,
        destroyed: false,
      },
    ],
  )
})

const waiting = suite('waiting')

/** A KDC with timers that the test moves. */
async function waitingKdc(overrides = {}) {
  const timers = handTimers()
  const kdc = await classKdc(ALL)
  let draining = false
  const subscribers = new MailboxSubscribers(
    {
      store: kdc.store,
      clock: () => kdc.time.now,
      sessionIdleSec: 3600,
      log: kdc.log,
      isDraining: () => draining,
    },
    timers.every,
  )
  const node = anotherNode(kdc, { subscribers, ...overrides })
  const people = new Map<string, Principal>()
  for (const name of ALL) people.set(name, await elsewhere(node, kdc.who(name)))
  const who = (name: string) => people.get(name) as Principal
  return { ...kdc, who, node, subscribers, timers, drain: () => (draining = true) }
}

/** Opens a stream. @returns what has come of it when nothing more comes for now. */
async function listen(who: Principal, after: number, id?: string, signal?: AbortSignal) {
  const response = await who.open('/mailbox/wait', { after }, id, signal)
  assert.is(response.status, 200)
  assert.is(response.headers.get('Content-Type'), 'text/event-stream')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const heard = { text: '', ended: false }
  const read = async () => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      heard.text += new TextDecoder().decode(value)
    }
    heard.ended = true
  }
  void read()
  return {
    /** Since the last time. */
    heard: async () => {
      await settle()
      const { text } = heard
      heard.text = ''
      return text
    },
    ended: async () => {
      await settle()
      return heard.ended
    },
    cancel: () => reader.cancel(),
  }
}

const event = (position: number) => `event: mail\nid: ${position}\ndata: {}\n\n`

waiting('says so at once when something came before', async () => {
  const { who } = await waitingKdc()
  const group = await makeGroup(who('alice'), ['bob'])
  const position = await send(who('alice'), group, 1)
  const stream = await listen(who('bob'), position - 1)
  assert.is(await stream.heard(), `:\n\n${event(position)}`)
  assert.is(await (await listen(who('bob'), position)).heard(), ':\n\n')
  assert.is(await (await listen(who('dora'), 0)).heard(), ':\n\n')
})

waiting('wakes those whom it reaches, and nobody else', async () => {
  const { who } = await waitingKdc()
  const group = await makeGroup(who('alice'), ['bob'])
  const [bob, carol] = [await listen(who('bob'), 1), await listen(who('carol'), 1)]
  for (const stream of [bob, carol]) await stream.heard()
  const position = await send(who('alice'), group, 1)
  assert.is(await bob.heard(), event(position))
  assert.is(await carol.heard(), '')
  const added = await change(
    who('alice'),
    '/groups/commit',
    commit(group, 1, { added: ['carol'], removed: ['bob'] }),
  )
  assert.is(await bob.heard(), event(added), 'his end')
  assert.is(await carol.heard(), event(added), 'her beginning')
  await send(who('carol'), group, 2)
  assert.is(await bob.heard(), '')
  await change(who('alice'), '/groups/destroy', { group })
  assert.match(await carol.heard(), event(added + 2))
})

waiting('hears of what another node stored, by one look for all', async () => {
  const { store, reads } = await watchedStore()
  const timers = handTimers()
  const one = await classKdc(ALL, { store })
  const life = {
    store,
    clock: () => one.time.now,
    sessionIdleSec: 3600,
    log: one.log,
    isDraining: () => false,
  }
  const far = anotherNode(one, { subscribers: new MailboxSubscribers(life, timers.every) })
  const group = await makeGroup(one.who('alice'), ['bob', 'carol'])
  const streams = []
  for (const name of ['bob', 'carol', 'dora']) {
    streams.push(await listen(await elsewhere(far, one.who(name)), 1))
  }
  for (const stream of streams) await stream.heard()
  const position = await send(one.who('alice'), group, 1)
  for (const stream of streams) assert.is(await stream.heard(), '')
  timers.fire(LOOK_MS)
  const heard = []
  for (const stream of streams) heard.push(await stream.heard())
  assert.equal(heard, [event(position), event(position), ''])
  reads.length = 0
  timers.fire(LOOK_MS)
  await settle()
  assert.is(reads.length, 2, 'nothing new costs two queries, however many wait')
})

waiting('across two processes’ handles on one file', async () => {
  const path = `${directory.path}/waiting.sqlite`
  const [first, second] = [await Store.open(openSqlite(path)), await Store.open(openSqlite(path))]
  const timers = handTimers()
  const here = await classKdc(ALL, { store: first })
  const life = {
    store: second,
    clock: () => START,
    sessionIdleSec: 3600,
    log: here.log,
    isDraining: () => false,
  }
  const there = anotherNode(here, { store: second, subscribers: new MailboxSubscribers(life, timers.every) })
  const group = await makeGroup(here.who('alice'), ['bob'])
  const stream = await listen(await elsewhere(there, here.who('bob')), 1)
  const position = await send(here.who('alice'), group, 1)
  timers.fire(LOOK_MS)
  assert.is(await stream.heard(), `:\n\n${event(position)}`)
  await stream.cancel()
  await settle()
  await first.close()
  await second.close()
})

waiting('shows every now and then that the KDC is alive', async () => {
  const { who, timers } = await waitingKdc()
  const stream = await listen(who('bob'), 0)
  await stream.heard()
  timers.fire(BEAT_MS)
  assert.is(await stream.heard(), ':\n\n')
  timers.fire(BEAT_MS)
  assert.is(await stream.heard(), ':\n\n')
})

waiting('ends with the session: when it is logged out, and when it expires', async () => {
  const { who, timers, time, subscribers } = await waitingKdc()
  const [bob, alice] = [await listen(who('bob'), 0), await listen(who('alice'), 0)]
  await who('bob').ask('/logout')
  assert.equal([await bob.ended(), await alice.ended()], [true, false])
  time.now += 43_200
  timers.fire(BEAT_MS)
  assert.is(await alice.ended(), true)
  assert.equal([subscribers.size, timers.count()], [0, 0])
})

waiting('uses the session: who waits is not idle', async () => {
  const { who, timers, time } = await waitingKdc()
  const stream = await listen(who('bob'), 0)
  for (let i = 0; i < 20; i++) {
    time.now += 600
    timers.fire(BEAT_MS)
    await settle()
    await stream.heard()
  }
  assert.is(await stream.ended(), false)
  assert.is((await who('bob').ask('/mailbox', { after: 0 })).status, 200)
})

waiting('ends when the KDC is about to stop', async () => {
  const one = await waitingKdc()
  const stream = await listen(one.who('bob'), 0)
  one.subscribers.close()
  assert.is(await stream.ended(), true)
  assert.is(await (await listen(one.who('bob'), 0)).ended(), true, 'and none begins')
  assert.is(one.subscribers.size, 0)
  const other = await waitingKdc()
  const late = await listen(other.who('bob'), 0)
  other.drain()
  other.timers.fire(LOOK_MS)
  assert.is(await late.ended(), true)
})

waiting('has eight streams at most: the oldest gives way', async () => {
  const { who, subscribers } = await waitingKdc()
  const streams = []
  for (let i = 0; i < MAX_STREAMS; i++) streams.push(await listen(who('bob'), 0))
  assert.is(await streams[0]?.ended(), false)
  await listen(who('alice'), 0)
  streams.push(await listen(who('bob'), 0))
  assert.equal([await streams[0]?.ended(), await streams[1]?.ended()], [true, false])
  assert.is(subscribers.size, MAX_STREAMS + 1)
})

waiting(
  'a recorded request opens no second stream, be the first open or ended, at whichever node',
  async () => {
    const kdc = await waitingKdc()
    const { who, subscribers, store, node } = kdc
    const id = newId()
    const stream = await listen(who('bob'), 0, id)
    const replay = async (at: TestKdc) => {
      const bob = await elsewhere(at, who('bob'))
      assert.is((await bob.open('/mailbox/wait', { after: 0 }, id)).status, 400)
    }
    await replay(node)
    assert.is(subscribers.size, 1)
    await stream.cancel()
    await settle()
    await replay(node)
    await replay(anotherNode(kdc))
    assert.is(subscribers.size, 0)
    assert.is(await store.online.isOnline('bob', at(START)), false)
    await listen(who('bob'), 0)
    assert.is(subscribers.size, 1, 'another request is another')
  },
)

waiting('ends at once with the session, whoever ends it and wherever, and no other', async () => {
  for (const node of ['here', 'elsewhere']) {
    const kdc = await waitingKdc()
    const { who, timers, store } = kdc
    const other = await elsewhere(kdc.node, await principal(kdc, 'bob'))
    const [mine, bobs, alices] = [
      await listen(other, 0),
      await listen(who('bob'), 0),
      await listen(who('alice'), 0),
    ]
    if (node === 'here') {
      assert.is((await other.ask('/sessions/end')).body.ended, 1)
    } else {
      await store.sessions.end(sessionId(who('bob').token))
      timers.fire(LOOK_MS)
    }
    assert.equal([await bobs.ended(), await mine.ended(), await alices.ended()], [true, false, false], node)
    await other.ask('/logout')
    assert.equal([await mine.ended(), await alices.ended()], [true, false])
  }
})

waiting('leaves nothing behind when the client goes, and begins anew for the next', async () => {
  const { who, subscribers, timers, store } = await waitingKdc()
  const group = await makeGroup(who('alice'), ['bob'])
  const streams = [await listen(who('bob'), 1), await listen(who('bob'), 1)]
  assert.equal([subscribers.size, timers.count()], [2, 2])
  await streams[0]?.cancel()
  await settle()
  assert.is(await store.online.isOnline('bob', at(START)), true, 'it still waits in the other')
  await streams[1]?.cancel()
  await settle()
  assert.equal([subscribers.size, timers.count()], [0, 0])
  assert.is(await store.online.isOnline('bob', at(START)), false)
  const position = await send(who('alice'), group, 1)
  assert.is(await (await listen(who('bob'), 1)).heard(), `:\n\n${event(position)}`)
})

waiting('leaves nothing behind when the client goes before it is answered', async () => {
  const { who, subscribers, timers, store } = await waitingKdc()
  const gone = new AbortController()
  const hasMail = store.mailbox.hasMail.bind(store.mailbox)
  store.mailbox.hasMail = (...args) => {
    gone.abort()
    return hasMail(...args)
  }
  await who('bob').open('/mailbox/wait', { after: 0 }, newId(), gone.signal)
  assert.ok(gone.signal.aborted)
  await settle()
  assert.equal([subscribers.size, timers.count()], [0, 0])
  assert.is(await store.online.isOnline('bob', at(START)), false)
})

waiting('nor when nobody reads the answer', async () => {
  const { who, subscribers } = await waitingKdc()
  const gone = new AbortController()
  await who('bob').open('/mailbox/wait', { after: 0 }, newId(), gone.signal)
  assert.is(subscribers.size, 1)
  gone.abort()
  await settle()
  assert.is(subscribers.size, 0)
})

waiting('one that gives way while it is begun counts no more, and takes no other with it', async () => {
  const { who, store } = await waitingKdc()
  const wait = store.online.wait.bind(store.online)
  let streams: Promise<unknown>[] = []
  store.online.wait = async (...args) => {
    store.online.wait = wait
    streams = Array.from({ length: MAX_STREAMS }, () => listen(who('bob'), 0))
    await Promise.all(streams)
    return wait(...args)
  }
  await listen(who('bob'), 0)
  await settle()
  assert.is(await store.online.isOnline('bob', at(START)), true)
})

waiting('what is stored during a look is found by the next, at once', async () => {
  const { who, store } = await waitingKdc()
  const group = await makeGroup(who('alice'), ['bob'])
  const stream = await listen(who('bob'), 1)
  await stream.heard()
  const reached = store.mailbox.reached.bind(store.mailbox)
  let second = 0
  store.mailbox.reached = async (after) => {
    store.mailbox.reached = reached
    const names = await reached(after)
    second = await send(who('alice'), group, 1)
    return names
  }
  const first = await send(who('alice'), group, 1)
  assert.is(await stream.heard(), `${event(first)}${event(second)}`)
})

waiting('a newcomer does not make the others miss what came before', async () => {
  const { who, node, subscribers, timers, store, log, time } = await waitingKdc()
  // Another node, which wakes nobody here.
  const far = anotherNode({ ...node, store, log, time })
  const group = await makeGroup(who('alice'), ['bob'])
  const stream = await listen(who('bob'), 1)
  await stream.heard()
  const position = await send(await elsewhere(far, who('alice')), group, 1)
  const carol = await listen(who('carol'), 0)
  timers.fire(LOOK_MS)
  assert.is(await stream.heard(), event(position))
  for (const each of [stream, carol]) await each.cancel()
  await settle()
  assert.is(subscribers.size, 0)
  // And who comes when nobody has waited for a while is not told what is old.
  const later = await send(who('alice'), group, 1)
  const again = await listen(who('bob'), later)
  timers.fire(LOOK_MS)
  assert.is(await again.heard(), ':\n\n')
})

waiting('nor when the store fails at the beginning; later it tries again', async () => {
  const { who, subscribers, timers, store, log } = await waitingKdc()
  const group = await makeGroup(who('alice'), ['bob'])
  const lastPosition = store.mailbox.lastPosition.bind(store.mailbox)
  const fail = () => Promise.reject(new Error('the disk is full'))
  store.mailbox.lastPosition = fail
  assert.is((await who('bob').ask('/mailbox/wait', { after: 0 })).status, 500)
  assert.equal([subscribers.size, timers.count()], [0, 0])
  store.mailbox.lastPosition = lastPosition
  const stream = await listen(who('bob'), 1)
  await stream.heard()
  store.mailbox.lastPosition = fail
  const position = await send(who('alice'), group, 1)
  assert.is(await stream.heard(), '')
  assert.is(log.events.at(-1)?.event, 'store_unavailable')
  store.mailbox.lastPosition = lastPosition
  timers.fire(LOOK_MS)
  assert.is(await stream.heard(), event(position))
})

waiting('keeps of what a slow client has not read the last only, and gives it up in the end', async () => {
  let ends = 0
  const stream = new EventStream(() => ends++)
  for (let position = 1; position <= 1000; position++) stream.mail(position)
  stream.beat()
  const reader = stream.body.getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.equal([await next(), await next()], [':\n\n', event(1000)])
  // What is sent while the reader is away lies in the one place there is; then nothing more.
  stream.mail(1001)
  stream.beat()
  assert.is(ends, 0)
  stream.beat()
  assert.is(ends, 1)
  assert.is(await next(), event(1001))
  assert.is((await reader.read()).done, true)
  stream.end()
  stream.mail(1002)
  stream.beat()
  assert.is(ends, 1)
})

waiting('over a real connection: events come as they happen, and a client that goes is noticed', async () => {
  const { who, node, subscribers, time } = await waitingKdc()
  const server = await serve(node.app.fetch, { host: '127.0.0.1', port: 0 })
  const group = await makeGroup(who('alice'), ['bob'])
  const { token } = who('bob')
  const gone = new AbortController()
  const { bytes: body } = sealRequest(token, 'POST /mailbox/wait', { after: 1, id: newId(), time: time.now })
  const response = await fetch(`${server.url}/mailbox/wait`, {
    method: 'POST',
    headers: { 'Content-Type': SEALED_TYPE },
    body,
    signal: gone.signal,
  })
  assert.is(response.headers.get('Content-Type'), 'text/event-stream')
  assert.is(response.headers.get('Cache-Control'), 'no-store')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.is(await next(), ':\n\n')
  const position = await send(who('alice'), group, 1)
  assert.is(await next(), event(position))
  gone.abort()
  assert.is(await reader.read().catch((error: Error) => error.name), 'AbortError')
  for (let turn = 0; subscribers.size > 0 && turn < 1000; turn++) await new Promise(setImmediate)
  assert.is(subscribers.size, 0)
  // And one that is open does not keep the server from stopping.
  const again = sealRequest(token, 'POST /mailbox/wait', { after: 1, id: newId(), time: time.now })
  const last = await fetch(`${server.url}/mailbox/wait`, {
    method: 'POST',
    headers: { 'Content-Type': SEALED_TYPE },
    body: again.bytes,
  })
  subscribers.close()
  await server.close()
  assert.match(await last.text(), ':\n\n')
})

const online = suite('who is online')

const ask = async (who: Principal, body: object = {}) => (await who.ask('/users/online', body)).body

online('is whoever listens or waits, until it does not any more', async () => {
  const { who, time, store, timers } = await waitingKdc()
  await who('alice').ask('/listen', { port: 4444 })
  const stream = await listen(who('bob'), 0)
  await settle()
  const asked = { usernames: ['Alice', 'bob', 'carol', 'nobody', '__proto__'] }
  assert.equal((await ask(who('dora'), asked)).users, [
    { username: 'alice', online: true },
    { username: 'bob', online: true },
    { username: 'carol', online: false },
    { username: 'nobody', online: false },
    { username: '__proto__', online: false },
  ])
  const all = await ask(who('dora'))
  assert.equal(all, {
    users: [
      { username: 'alice', online: true },
      { username: 'bob', online: true },
    ],
    more: false,
    time: START,
  })
  assert.equal((await ask(who('dora'), { after: 'alice' })).users, [{ username: 'bob', online: true }])
  await stream.cancel()
  await settle()
  await who('alice').ask('/logout')
  assert.equal((await ask(who('dora'))).users, [])
  // A node that was killed says nothing: its sessions count for a while.
  await listen(who('carol'), 0)
  await settle()
  for (let i = 0; i < 10; i++) {
    time.now += 15
    timers.fire(BEAT_MS)
    await settle()
  }
  assert.equal((await ask(who('dora'))).users, [{ username: 'carol', online: true }])
  time.now += 90
  assert.equal((await ask(who('dora'))).users, [])
  await store.purge(at(time.now), 10)
})

online('tells of all who are, a thousand at a time', async () => {
  const { who, store } = await waitingKdc()
  const names = Array.from({ length: 1003 }, (_, i) => `user${i}`).sort()
  const record = 'r'
  for (const [i, username] of names.entries()) {
    const sid = new Uint8Array(16)
    new DataView(sid.buffer).setUint32(0, i + 1)
    const session = { sid, username, sealedToken: sid, address: '192.0.2.1', createdAt: START }
    await store.accounts.create({ username, record, createdAt: START })
    const endpoint = { address: '192.0.2.1', port: 4000 }
    await store.sessions.begin({ ...session, expiresAt: START + 100 }, record, { endpoint })
  }
  const first = await ask(who('dora'))
  assert.equal([first.users.length, first.more], [1000, true])
  const next = await ask(who('dora'), { after: first.users.at(-1).username })
  assert.equal([next.users.length, next.more], [3, false])
  const told = [...first.users, ...next.users].map(({ username }: { username: string }) => username)
  assert.equal(told, names)
  const rest = await ask(who('dora'), { after: names[2] })
  assert.equal([rest.users.length, rest.more], [1000, false])
})

online('asks for a thousand at most, each once', async () => {
  const { who } = await waitingKdc()
  const names = Array.from({ length: 1001 }, (_, i) => `user${i}`)
  assert.is((await ask(who('dora'), { usernames: names })).code, 'invalid_request')
  assert.is((await ask(who('dora'), { usernames: ['bob', 'BOB'] })).code, 'invalid_request')
  assert.is((await ask(who('dora'), { usernames: names.slice(1) })).users.length, 1000)
})

online('writes that a session waits now and then only', async () => {
  const { store, writes } = await watchedStore()
  const timers = handTimers()
  const kdc = await classKdc(ALL, { store })
  const life = {
    store,
    clock: () => kdc.time.now,
    sessionIdleSec: 3600,
    log: kdc.log,
    isDraining: () => false,
  }
  const node = anotherNode(kdc, { subscribers: new MailboxSubscribers(life, timers.every) })
  const stream = await listen(await elsewhere(node, kdc.who('bob')), 0)
  await settle()
  writes.length = 0
  for (let second = 0; second < 180; second += 15) {
    kdc.time.now += 15
    timers.fire(BEAT_MS)
    await stream.heard()
  }
  const waits = writes.flat().filter(({ strings }) => strings.join('').includes('insert into waiting'))
  assert.is(waits.length, 4)
})

reading.run()
keeping.run()
waiting.run()
online.run()
