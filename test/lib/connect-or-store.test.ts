/** Sending and receiving as programs do it: directly or stored, each message once and in order, whatever happens in between. */
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TransportError } from '../../src/lib/errors.ts'
import type { MessagesOptions, ReceivedMessage } from '../../src/lib/receive.ts'
import { register } from '../../src/lib/register.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { Arrivals } from '../helpers/channels.ts'
import { Clients } from '../helpers/clients.ts'
import { rejects } from '../helpers/throws.ts'

const test = suite('send and messages')
let clients: Clients

test.before(async () => {
  clients = await Clients.start('alice', 'bob', 'carol', 'dave!', 'erin')
})
test.after.each(() => clients.close())

const lineOf = ({ from, text, route, group, file }: ReceivedMessage) =>
  `${group === undefined ? '' : `${group}: `}${from}: ${text ?? `[${file?.name}]`} (${route})`

/** A program that reads all the time. */
function reader(session: Session, options: MessagesOptions = {}) {
  const ended = new AbortController()
  const lines = new Arrivals<string>()
  let listens = () => {}
  const listening = new Promise<void>((resolve) => {
    listens = resolve
  })
  const onChange: MessagesOptions['onChange'] = ({ state }) => {
    if (state === 'listening') listens()
  }
  const reading = (async () => {
    for await (const message of session.messages({ signal: ended.signal, onChange, ...options })) {
      lines.push(lineOf(message))
    }
  })()
  return {
    lines,
    listening,
    async stop() {
      ended.abort()
      await reading
      assert.is(lines.count, 0, 'nothing more has come')
    },
  }
}

test('what was stored is there once, in order, before what comes directly', async () => {
  const alice = await clients.login('alice')
  assert.equal(await alice.send('bob', 'one'), { route: 'stored' })
  assert.equal(await alice.send('BOB', 'two'), { route: 'stored' })
  const bob = await clients.login('bob')
  const here = reader(bob)
  await here.listening
  assert.is(await here.lines.next(), 'alice: one (stored)')
  assert.is(await here.lines.next(), 'alice: two (stored)')
  assert.equal(await alice.send('bob', 'three'), { route: 'direct' })
  assert.is(await here.lines.next(), 'alice: three (direct)')
  await here.stop()
  assert.equal(await alice.send('bob', 'four'), { route: 'stored' })
  const again = reader(bob)
  assert.is(await again.lines.next(), 'alice: four (stored)')
  await again.listening
  await again.stop()
})

test('a message that was stored while its receiver listens arrives, before a direct one that was sent after it', async () => {
  const [alice, bob] = [await clients.login('alice'), await clients.login('bob')]
  const here = reader(bob)
  await here.listening
  const friends = await alice.groups.create('friends', ['bob'])
  assert.equal(await friends.send('all'), { route: 'stored' })
  await alice.send('bob', 'you')
  assert.is(await here.lines.next(), 'friends: alice: all (stored)')
  assert.is(await here.lines.next(), 'alice: you (direct)')
  await friends.send('live')
  assert.is(await here.lines.next(), 'friends: alice: live (stored)')
  await here.stop()
  await friends.destroy()
})

test('a stored message that was not acknowledged comes again, and one that was does not', async () => {
  const alice = await clients.login('alice')
  await alice.send('carol', 'first')
  await alice.send('carol', 'second')
  const carol = await clients.login('carol')
  const seen: string[] = []
  for await (const message of carol.messages()) {
    seen.push(lineOf(message))
    // The program is killed while it has the second one.
    if (seen.length === 2) break
  }
  assert.equal(seen, ['alice: first (stored)', 'alice: second (stored)'])
  const again = await clients.login('carol')
  const here = reader(again)
  assert.is(await here.lines.next(), 'alice: second (stored)')
  await here.listening
  await here.stop()
})

/** Alice has sent bob a message directly, which bob's program has in its hands. */
async function handedOver() {
  const [alice, bob] = [await clients.login('alice'), await clients.login('bob')]
  const listening = new Arrivals<string>()
  const messages = bob.messages({ onChange: ({ state }) => listening.push(state) })
  const first = messages.next()
  await listening.next()
  const sent = alice.send('bob', 'hi').then(String, (error: unknown) => error)
  assert.is((await first).value?.text, 'hi')
  return { alice, bob, listening, messages, sent }
}

test('the sender of a direct message that was not acknowledged hears that it may or may not have arrived', async () => {
  const { alice, bob, listening, messages, sent } = await handedOver()
  await messages.return()
  const error = await sent
  assert.instance(error, TransportError)
  assert.is((error as TransportError).code, 'outcome_unknown')
  // What was asked for and handled is delivered, although nothing more is read.
  await bob.logout()
  const other = await clients.login('bob')
  const ended = new AbortController()
  const { signal } = ended
  const more = other.messages({ signal, onChange: ({ state }) => listening.push(state) })
  const one = more.next()
  await listening.next()
  const delivered = alice.send('bob', 'again')
  assert.is((await one).value?.text, 'again')
  const two = more.next()
  assert.equal(await delivered, { route: 'direct' })
  ended.abort()
  assert.is((await two).done, true)
})

test('the end of the session ends it, also while the program has a message', async () => {
  const { bob, messages, sent } = await handedOver()
  await bob.logout()
  assert.is(((await sent) as TransportError).code, 'outcome_unknown')
  assert.is((await messages.next()).done, true)
})

test('without store, one who is away is an error; so is one who has never logged in', async () => {
  const alice = await clients.login('alice')
  await rejects(alice.send('erin', 'hi', { store: false }), 'receiver_offline')
  await rejects(alice.send('dave', 'hi'), 'receiver_offline')
  await rejects(alice.send('nobody', 'hi'), 'receiver_unknown')
  await rejects(alice.send('b b', 'hi'), 'invalid_name')
  await rejects(alice.send('bob', 'x'.repeat(1024 * 1024 + 1)), 'message_too_large')
})

test('a message that the KDC may not have is an error, and is sent once with what comes next', async () => {
  let isLost = false
  const onRequest = (path: string) => {
    if (isLost && path === '/groups/send') throw new TransportError('kdc_unreachable', 'gone')
  }
  const [alice, bob] = [await clients.login('alice', { onRequest }), await clients.login('bob')]
  await alice.send('bob', 'before')
  isLost = true
  await rejects(alice.send('bob', 'kept'), 'outcome_unknown')
  isLost = false
  await alice.send('bob', 'after')
  const here = reader(bob)
  for (const text of ['before', 'kept', 'after'])
    assert.is(await here.lines.next(), `alice: ${text} (stored)`)
  await here.listening
  await here.stop()
})

test('the state is opened once, for all that a session sends', async () => {
  let opened = 0
  const source = clients.stateOf('alice')
  const state: typeof source = {
    has: (owner) => source.has(owner),
    open: (owner) => {
      opened++
      return source.open(owner)
    },
  }
  const alice = await clients.login('alice', { state })
  await alice.send('erin', 'one')
  await alice.sendFile('erin', fileURLToPath(import.meta.url))
  await alice.groups.list()
  await alice.mailbox.ensure()
  assert.is(opened, 1)
  assert.equal(
    (await alice.history('erin')).map(({ kind }) => kind),
    ['text', 'file'],
  )
})

test('a signal ends what waits, with its reason', async () => {
  const reason = new Error('enough')
  const aborted = AbortSignal.abort(reason)
  const isReason = async (promise: Promise<unknown>) =>
    assert.is(
      await promise.then(
        () => 'nothing was thrown',
        (error: unknown) => error,
      ),
      reason,
    )
  const bob = await clients.login('bob')
  await isReason(clients.login('alice', { signal: aborted }))
  for (const signal of [aborted]) {
    await isReason(bob.send('alice', 'hi', { signal }))
    await isReason(bob.sendFile('alice', '/dev/null', { signal }))
    await isReason(bob.groups.list({ signal }))
    await isReason(bob.groups.create('g', [], { signal }))
    await isReason(bob.connect('alice', { signal }))
  }
  // Half way: the KDC does not answer.
  const paths = new Arrivals<string>()
  let stuck: Promise<void> | undefined
  let release = () => {}
  const onRequest = async (path: string) => {
    if (!stuck) return
    paths.push(path)
    await stuck
  }
  const alice = await clients.login('alice', { onRequest })
  const stop = new AbortController()
  const { signal } = stop
  stuck = new Promise((resolve) => {
    release = resolve
  })
  const waiting = [
    alice.send('bob', 'hi', { signal }),
    alice.groups.list({ signal }),
    alice.connect('bob', { signal }),
  ]
  await paths.next()
  await paths.next()
  stop.abort(reason)
  for (const promise of waiting) await isReason(promise)
  release()
  for await (const _ of bob.messages({ signal: aborted })) assert.unreachable('nothing is read')
})

test('one who does not acknowledge in time is given up, and it is not known whether the message has arrived', async () => {
  const [alice, bob] = [await clients.login('alice'), await clients.login('bob')]
  const listening = new Arrivals<string>()
  const messages = bob.messages({ onChange: ({ state }) => listening.push(state) })
  const first = messages.next()
  await listening.next()
  for (const timeoutMs of [1, 1.5]) await rejects(alice.send('bob', 'hi', { timeoutMs }), 'outcome_unknown')
  const stop = new AbortController()
  const sent = alice.send('bob', 'hi', { signal: stop.signal }).then(String, String)
  await first
  stop.abort(new Error('enough'))
  assert.match(await sent, /enough/)
  await messages.return()
})

test('what is of the wrong type is refused by its name', async () => {
  const alice = await clients.login('alice')
  // biome-ignore lint/suspicious/noExplicitAny: what a program without types may hand in
  const wrong = (value: unknown) => value as any
  const cases: [RegExp, () => unknown][] = [
    [/^send: receiver: /, () => alice.send(wrong(undefined), 'hi')],
    [/^send: message: /, () => alice.send('bob', wrong(7))],
    [/^send: options: /, () => alice.send('bob', 'hi', wrong(null))],
    [/^send: options.timeoutMs: /, () => alice.send('bob', 'hi', { timeoutMs: 0 })],
    [/^send: options.timeoutMs: /, () => alice.send('bob', 'hi', { timeoutMs: Number.NaN })],
    [/^send: options.store: /, () => alice.send('bob', 'hi', { store: wrong('no') })],
    [/^send: options.signal: /, () => alice.send('bob', 'hi', { signal: wrong({}) })],
    [/^send: options.timeout: there is no such option/, () => alice.send('bob', 'hi', wrong({ timeout: 1 }))],
    [/^sendFile: file: /, () => alice.sendFile('bob', wrong(7))],
    [/^sendFile: file: /, () => alice.sendFile('bob', '')],
    [/^sendFile: file: /, () => alice.sendFile('bob', wrong({ kind: 'file', name: 'x' }))],
    [/^sendFile: options.onProgress: /, () => alice.sendFile('bob', 'x', { onProgress: wrong('') })],
    [/^connect: receiver: /, () => alice.connect(wrong(undefined))],
    [/^connect: options.closeTimeoutMs: /, () => alice.connect('bob', { closeTimeoutMs: -1 })],
    [
      /^connect: options.timeoutMs: there is no such option/,
      () => alice.connect('bob', wrong({ timeoutMs: 1 })),
    ],
    [/^listen: options: /, () => alice.listen(wrong(undefined))],
    [/^listen: options.onChannel: /, () => alice.listen(wrong({}))],
    [/^listen: options.port: /, () => alice.listen({ onChannel: () => {}, port: 1.5 })],
    [/^messages: options.signal: /, () => alice.messages({ signal: wrong(1) })],
    [/^messages: options.maxFileBytes: /, () => alice.messages({ maxFileBytes: -1 })],
    [/^messages: options.listen: options.port: /, () => alice.messages({ listen: { port: 65_536 } })],
    [/^history: options.limit: /, () => alice.history('bob', { limit: 0 })],
    [/^groups.create: name: /, () => alice.groups.create(wrong(undefined))],
    [/^groups.create: members: /, () => alice.groups.create('g', wrong('bob'))],
    [/^groups.create: members\[1\]: /, () => alice.groups.create('g', ['bob', wrong(2)])],
    [/^login: kdc: expected a string/, () => login(wrong(undefined), 'alice', 'x')],
    [/^login: kdc: expected something like http:/, () => login('nonsense', 'alice', 'x')],
    [/^register: kdc: expected http: or https:/, () => register('ftp://kdc', 'alice', 'x')],
    [/^login: username: /, () => clients.login(wrong(1))],
    [/^login: options.state: /, () => clients.login('alice', { state: wrong({}) })],
    [/^login: options.signal: /, () => clients.login('alice', { signal: wrong(true) })],
  ]
  for (const [message, run] of cases) {
    let error: unknown
    try {
      await run()
    } catch (thrown) {
      error = thrown
    }
    assert.instance(error, TypeError, String(message))
    assert.match((error as TypeError).message, message)
  }
  void alice.messages({ listen: false }).next()
  await alice
    .messages()
    .next()
    .then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, /already/),
    )
})

test.run()
