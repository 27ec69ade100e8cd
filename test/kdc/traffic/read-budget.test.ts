/** What reads may cost, by principal and together: expensive ones, repeated ones, and answers that are not read. */
import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve } from '../../../src/kdc/http/server.ts'
import { AnsweredReads, ReadBudget } from '../../../src/kdc/traffic/budgets.ts'
import { FairQueue } from '../../../src/kdc/traffic/fair-queue.ts'
import { READ_LIMITS, type ReadLimits } from '../../../src/kdc/traffic/limits.ts'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import {
  bytes,
  classKdc,
  makeGroup,
  newId,
  type Principal,
  settle,
  type TestKdc,
  watchedStore,
} from '../../helpers/kdc-principals.ts'
import { dial } from '../../helpers/raw-http.ts'
import { rejects } from '../../helpers/throws.ts'

const reads = suite('reads')

/** A request as it goes over the wire. */
function wire(kdc: TestKdc, { token }: Principal, path: string, body: object): Buffer {
  const sealed = sealRequest(token, `POST ${path}`, { ...body, id: newId(), time: kdc.time.now }).bytes
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${SEALED_TYPE}\r\nContent-Length: ${sealed.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), sealed])
}

/** A clock that stands still, and whoever waits does not. */
function patience() {
  const sleeps: number[] = []
  return { sleeps, timing: { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) } }
}

/** alice's mailbox has so many long messages. */
async function fullMailbox(alice: Principal, count: number): Promise<void> {
  const group = await makeGroup(alice)
  for (let i = 0; i < count; i++) {
    const { status } = await alice.ask('/groups/send', { group, epoch: 0, message: bytes(1024 * 1024) })
    assert.is(status, 200)
  }
}

reads(
  'of one account, pipelined and not read, are neither made nor kept, and others are served',
  async () => {
    const { store, reads: statements } = await watchedStore()
    const kdc = await classKdc(['alice', 'bob'], { store })
    await fullMailbox(kdc.who('alice'), 2)
    const { url, close } = await serve(kdc.app.fetch, { host: '127.0.0.1', port: 0 })
    statements.length = 0
    const connections = await Promise.all(Array.from({ length: 30 }, () => dial(url)))
    for (const socket of connections) {
      socket.pause()
      const requests = Array.from({ length: 5 }, () => wire(kdc, kdc.who('alice'), '/mailbox', { after: 0 }))
      socket.write(Buffer.concat(requests))
    }
    // Another is answered meanwhile, again and again.
    for (let i = 0; i < 20; i++) assert.is((await fetch(`${url}/healthz`)).status, 200)
    assert.is((await kdc.who('bob').ask('/mailbox', { after: 0 })).status, 200)
    assert.ok(kdc.kdc.reads.held <= READ_LIMITS.answers.each, `${kdc.kdc.reads.held} bytes are held`)
    const pages = statements.filter(({ strings }) =>
      strings.join().includes('case when e.position = m.first'),
    )
    assert.ok(pages.length <= 30, `${pages.length} pages were read`)
    for (const socket of connections) socket.destroy()
    await close()
  },
)

reads(
  'beyond a principal’s share are refused, sealed, before anything is looked up; others’ are not',
  async () => {
    const { store, reads: statements } = await watchedStore()
    const limits: ReadLimits = { ...READ_LIMITS, answers: { total: 8_000_000, each: 4_000_000 } }
    const { timing, sleeps } = patience()
    const held = new ReadBudget(new FairQueue(), limits, timing)
    const kdc = await classKdc(['alice', 'bob'], { store, reads: held })
    const unread = new EventEmitter() as unknown as ServerResponse
    const reader = { username: 'alice', id: newId(), outgoing: unread }
    await held.answer(reader, 3_000_000, async () => 3_000_000)
    statements.length = 0
    const { status, body } = await kdc.who('alice').ask('/mailbox', { after: 0 })
    assert.equal([status, body.code], [503, 'kdc_busy'])
    assert.equal(sleeps, [limits.refusalMs], 'whoever insists waits')
    assert.not.ok(statements.some(({ strings }) => strings.join().includes('entries')))
    assert.is((await kdc.who('bob').ask('/mailbox', { after: 0 })).status, 200)
    unread.emit('close')
    assert.is((await kdc.who('alice').ask('/mailbox', { after: 0 })).status, 200)
    assert.is(held.held, 0)
  },
)

/** Resolves when no answer is made, or taken by the system, any more. */
async function standstill(held: ReadBudget): Promise<void> {
  let before = -1
  for (let turns = 0; turns < 100; turns = held.held === before ? turns + 1 : 0) {
    before = held.held
    await settle(1)
  }
}

/** What an answer goes out on, and is not read from. */
function neverRead() {
  const outgoing = Object.assign(new EventEmitter(), {
    destroyed: false,
    destroy() {
      outgoing.destroyed = true
      outgoing.emit('close')
    },
  })
  return outgoing
}

/** Reads of which only the numbers count. @returns a function that makes an answer of this length; it is not read. */
function numbered(
  answers: ReadLimits['answers'],
  limits: Partial<ReadLimits> = {},
  fairQueue = new FairQueue(),
) {
  const time = { now: 0 }
  const timing = { ...patience().timing, now: () => time.now }
  const held = new ReadBudget(fairQueue, { ...READ_LIMITS, answers, ...limits }, timing)
  const read = async (username: string, length: number, make = async () => length) => {
    const outgoing = neverRead()
    await held.answer(
      { username, id: newId(), outgoing: outgoing as unknown as ServerResponse },
      length,
      make,
    )
    return outgoing
  }
  return { held, read, time }
}

reads(
  'not read by many accounts keep no other’s from being made for long: the oldest gives way',
  async () => {
    const { held, read, time } = numbered({ total: 80, each: 10 })
    const unread: { destroyed: boolean }[] = []
    for (let i = 0; i < 16; i++) {
      unread.push(await read(`mallory${i}`, 5))
      time.now += 1
    }
    const given = () => unread.flatMap(({ destroyed }, i) => (destroyed ? [i] : []))
    time.now = READ_LIMITS.unreadMs - 1
    await rejects(read('bob', 5), 'kdc_busy')
    assert.equal(given(), [])
    time.now = READ_LIMITS.unreadMs
    await rejects(read('mallory0', 5), 'kdc_busy')
    const first = await read('bob', 5)
    assert.equal(given(), [0], 'not for its own owner, and no more than it takes')
    await rejects(read('carol', 5), 'kdc_busy')
    assert.not.ok(first.destroyed)
    assert.is(held.held, 80)
  },
)

reads('not read for long by one who holds little stay while others hold more', async () => {
  const { held, read, time } = numbered({ total: 80, each: 10 })
  const slow = await read('alice', 1)
  const unread: { destroyed: boolean }[] = []
  for (let i = 0; i < 15; i++) unread.push(await read(`mallory${i}`, 5))
  time.now = READ_LIMITS.unreadMs
  for (let i = 0; i < 3; i++) await read(`peggy${i}`, 5)
  assert.not.ok(slow.destroyed)
  assert.equal(
    unread.flatMap(({ destroyed }, i) => (destroyed ? [i] : [])),
    [0, 1, 2],
  )
  assert.ok(held.held <= 80, String(held.held))
})

reads(
  'not read by a few accounts keep no other’s from being made: the oldest of whose has most gives way',
  async () => {
    const { held, read } = numbered({ total: 80, each: 10 })
    const unread: { destroyed: boolean }[] = []
    for (let i = 1; i <= 8; i++) for (let n = 0; n < 2; n++) unread.push(await read(`mallory${i}`, 5))
    const given = () => unread.flatMap(({ destroyed }, i) => (destroyed ? [i] : []))
    assert.equal([held.held, given()], [80, []])
    const first = await read('bob', 3)
    assert.equal(given(), [0], 'no more than it takes')
    await read('carol', 3)
    await read('mallory1', 5).catch(() => {})
    assert.equal(given(), [0, 2])
    assert.not.ok(first.destroyed)
    assert.ok(held.held <= 80, String(held.held))
    // Not for one who would have as much.
    await rejects(read('dave', 10), 'kdc_busy')
    assert.equal(given(), [0, 2])
  },
)

reads(
  'that are being made give way to nothing; those that wait for their turn do, and are refused',
  async () => {
    const fairQueue = new FairQueue()
    const { held, read } = numbered({ total: 20, each: 10 }, {}, fairQueue)
    let release = () => {}
    const making = read('mallory', 5, () => new Promise((resolve) => (release = () => resolve(5))))
    await settle()
    let made = 0
    const make = async () => ++made
    const others = [read('mallory', 5, make), read('peggy', 5, make), read('peggy', 5, make)]
    const outcomes = Promise.allSettled(others)
    await settle()
    const bob = read('bob', 4)
    const carol = read('carol', 4)
    await settle()
    // The one that is being made, and one account with no more than that, are left.
    await rejects(read('dave', 5), 'kdc_busy')
    release()
    const codes = (await outcomes).map((outcome) =>
      outcome.status === 'rejected' ? outcome.reason.code : 'made',
    )
    assert.equal(codes, ['kdc_busy', 'kdc_busy', 'made'])
    assert.is(made, 1)
    for (const outgoing of [await making, await bob, await carol]) assert.not.ok(outgoing.destroyed)
    assert.ok(held.held <= 20, String(held.held))
  },
)

reads('not read by a few accounts keep no other’s from being made, over connections', async () => {
  const limits = { ...READ_LIMITS, answers: { total: 10_000_000, each: 6_000_000 } }
  const held = new ReadBudget(new FairQueue(), limits, patience().timing)
  const kdc = await classKdc(['alice', 'bob', 'carol'], { reads: held })
  const { url, close } = await serve(kdc.app.fetch, { host: '127.0.0.1', port: 0 })
  const connections: Socket[] = []
  for (const name of ['alice', 'carol']) {
    await fullMailbox(kdc.who(name), 1)
    for (let i = 0; i < 3; i++) {
      const socket = await dial(url)
      socket.pause()
      // The system takes the first of them from us.
      const requests = Array.from({ length: 12 }, () => wire(kdc, kdc.who(name), '/mailbox', { after: 0 }))
      socket.write(Buffer.concat(requests))
      connections.push(socket)
      await standstill(held)
    }
  }
  const before = held.held
  assert.ok(before > 8_000_000, `only ${before} bytes are held`)
  const bob = await dial(url)
  bob.write(wire(kdc, kdc.who('bob'), '/mailbox', { after: 0 }))
  const [answer] = await once(bob, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 /)
  await standstill(held)
  assert.ok(held.held < before, 'one has given way')
  const [oldest] = connections
  oldest?.resume()
  await once(oldest as Socket, 'close')
  assert.ok((oldest?.bytesRead ?? 0) < 12 * 1024 * 1024, 'with its connection')
  for (const socket of [bob, ...connections]) socket.destroy()
  await close()
})

const RECORDED: [string, object][] = [
  ['/mailbox', { after: 0 }],
  ['/files/get', { file: newId(), index: 0 }],
  ['/groups/list', {}],
  ['/groups/info', { group: newId() }],
  ['/identity/find', { usernames: ['bob'] }],
  ['/users/online', {}],
]

for (const [path, body] of RECORDED) {
  reads(`${path}, recorded, is answered once more, and not for ever`, async () => {
    const kdc = await classKdc(['alice'], {
      reads: new ReadBudget(new FairQueue(), READ_LIMITS, patience().timing),
    })
    const alice = kdc.who('alice')
    const id = newId()
    const first = await alice.ask(path, body, id)
    const second = await alice.ask(path, body, id)
    assert.equal(second, first, 'its client may have lost the answer with the connection')
    const third = await alice.ask(path, body, id)
    assert.equal([third.status, third.body.code], [400, 'request_refused'])
    assert.equal(await alice.ask(path, body), first, 'with another id it is another request')
  })
}

reads('that did not get so far are not counted as answered', async () => {
  const kdc = await classKdc(['alice'])
  const id = newId()
  kdc.time.now += 1000
  const late = sealRequest(kdc.who('alice').token, 'POST /mailbox', {
    after: 0,
    id,
    time: kdc.time.now - 500,
  })
  const send = () =>
    kdc.app.request(
      '/mailbox',
      { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: late.bytes },
      { incoming: { socket: { remoteAddress: '192.0.2.7' } } } as never,
    )
  for (let i = 0; i < 3; i++) assert.is((await send()).status, 401)
  assert.is((await kdc.who('alice').ask('/mailbox', { after: 0 }, id)).status, 200)
})

reads('a principal has a budget for reads, and waits when it is used up; another does not', async () => {
  const { timing, sleeps } = patience()
  const limits = { ...READ_LIMITS, burstBytes: 1000, bytesPerSec: 100, leastBytes: 10 }
  const budget = new ReadBudget(new FairQueue(), limits, timing)
  const read = (username: string, length: number) =>
    budget.answer({ username, id: newId(), outgoing: undefined }, length, async () => length)
  await read('alice', 600)
  await read('alice', 400)
  await read('alice', 1)
  assert.equal(sleeps, [], 'so much at once is nothing out of the ordinary')
  await read('bob', 1000)
  assert.equal(sleeps, [])
  await read('alice', 100)
  assert.equal(sleeps, [100], 'an answer counts for 10 bytes at least, which come back in 100 ms')
})

reads(
  'an answer that is shorter than it might have been holds no more than it has, until it is read',
  async () => {
    const { held, read } = numbered({ total: 100, each: 100 })
    const outgoing = await read('alice', 100, async () => 10)
    assert.is(held.held, 10)
    const other = await read('alice', 90)
    assert.is(held.held, 100)
    for (const one of [outgoing, other]) one.emit('close')
    assert.is(held.held, 0)
  },
)

reads('a read that is refused for its id holds nothing', async () => {
  const held = new ReadBudget(new FairQueue(), READ_LIMITS, patience().timing)
  const reader = { username: 'alice', id: newId(), outgoing: undefined }
  for (let i = 0; i < READ_LIMITS.answersOfOneId; i++) await held.answer(reader, 10, async () => 10)
  await rejects(
    held.answer(reader, 10, async () => 10),
    'request_refused',
  )
  assert.is(held.held, 0)
})

reads('whoever has gone before its turn came is not read for', async () => {
  const fairQueue = new FairQueue()
  const line = new ReadBudget(fairQueue)
  let release = () => {}
  const first = fairQueue.run('alice', () => new Promise<void>((resolve) => (release = resolve)))
  const outgoing = Object.assign(new EventEmitter(), { destroyed: false })
  let made = false
  const second = line.answer(
    { username: 'alice', id: newId(), outgoing: outgoing as unknown as ServerResponse },
    10,
    async () => {
      made = true
      return 10
    },
  )
  await settle()
  outgoing.destroyed = true
  release()
  await first
  await rejects(second, 'kdc_busy')
  assert.equal([made, line.held], [false, 0])
})

reads(
  'each has a turn before the first has another, one at a time, and the event loop turns in between',
  async () => {
    const fairQueue = new FairQueue()
    const order: string[] = []
    let busy = 0
    const work = (name: string) => async () => {
      assert.is(busy++, 0)
      order.push(name)
      await settle(1)
      busy--
    }
    const names = ['alice 1', 'alice 2', 'alice 3', 'bob 1', 'carol 1', 'bob 2']
    await Promise.all(names.map((name) => fairQueue.run(name.slice(0, -2), work(name))))
    assert.equal(order, ['alice 1', 'alice 2', 'bob 1', 'carol 1', 'alice 3', 'bob 2'])
  },
)

reads('a piece of work that fails does not keep the next from its turn', async () => {
  const fairQueue = new FairQueue()
  const failed = fairQueue.run('alice', () => Promise.reject(new Error('a mistake')))
  const next = fairQueue.run('alice', () => 'done')
  assert.is(await failed.catch(({ message }) => message), 'a mistake')
  assert.is(await next, 'done')
})

reads(
  'ids are remembered for a principal, and for all, up to a number; a flood of one’s own forgets one’s own',
  () => {
    const repeats = new AnsweredReads({ answersOfOneId: 1, ids: { total: 6, each: 4 } })
    assert.is(repeats.note('bob', 'b1'), true)
    for (let i = 1; i <= 5; i++) assert.is(repeats.note('alice', `a${i}`), true)
    assert.is(repeats.total, 5)
    assert.is(repeats.note('bob', 'b1'), false, 'not forgotten by what others ask')
    assert.is(repeats.note('alice', 'a5'), false)
    assert.is(repeats.note('alice', 'a1'), true, 'forgotten')
    for (const id of ['c1', 'c2', 'c3', 'c4']) repeats.note('carol', id)
    assert.ok(repeats.total <= 6, String(repeats.total))
  },
)

reads('a long line of them does not keep a connection’s other end from being served', async () => {
  const kdc = await classKdc(['alice', 'bob'])
  await fullMailbox(kdc.who('alice'), 1)
  const { url, close } = await serve(kdc.app.fetch, { host: '127.0.0.1', port: 0 })
  const socket = await dial(url)
  let length = 0
  socket.on('data', (chunk: Buffer) => (length += chunk.length))
  const requests = Array.from({ length: 10 }, () => wire(kdc, kdc.who('alice'), '/mailbox', { after: 0 }))
  socket.write(Buffer.concat(requests))
  while (length < 10 * 1024 * 1024) await once(socket, 'data')
  socket.destroy()
  await settle()
  await close()
})

reads.run()
