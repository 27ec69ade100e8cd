/** Somebody on the line to the KDC: whatever is done to one route, nothing is lost, doubled or broken once the line is clean. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../../src/lib/bytes.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { encodeFileNote, fetchFile, fileNoteOf, uploadFile } from '../../../src/lib/mls/files.ts'
import { type Conversation, Mailbox } from '../../../src/lib/mls/mailbox.ts'
import { textOf } from '../../../src/lib/mls/payload.ts'
import { register } from '../../../src/lib/register.ts'
import type { Session } from '../../../src/lib/session.ts'
import { testKdc } from '../../helpers/kdc.ts'
import { Line, TRICKS, type Trick } from '../../helpers/line.ts'
import { MemoryState } from '../../helpers/memory-state.ts'

const test = suite('somebody on the line')

type Kdc = Awaited<ReturnType<typeof testKdc>>

class Person {
  readonly name: string
  readonly session: Session
  readonly state: MemoryState
  readonly #kdc: Kdc
  #mail: Mailbox | undefined
  told: string[] = []

  constructor(name: string, session: Session, kdc: Kdc, state = new MemoryState()) {
    this.name = name
    this.session = session
    this.#kdc = kdc
    this.state = state
  }

  get mail(): Mailbox {
    assert.ok(this.#mail, `${this.name} has no mailbox`)
    return this.#mail as Mailbox
  }

  /** A new run of a tool. */
  async open(): Promise<this> {
    this.#mail = await Mailbox.open({
      username: this.name,
      post: (path, body) => this.session.request(path, body),
      state: this.state,
      clock: () => this.#kdc.time.now,
      onNotice: ({ code }) => this.told.push(code),
    })
    return this
  }

  async lines(of: Conversation): Promise<string[]> {
    return (await this.mail.history(of, 10_000)).map((message) => `${message.from}: ${textOf(message)}`)
  }

  statusOf(name: string): string | undefined {
    const found = this.mail.groups().filter((group) => group.name === name || group.with === name)
    return found.map(({ reason, status }) => reason ?? status).at(-1)
  }
}

const NAMES = ['alice', 'bob', 'carol'] as const

async function realm() {
  const kdc = await testKdc({
    registration: 'open',
    loginLimits: {
      nameFromAddress: { burst: 10_000, intervalSec: 1 },
      name: { burst: 10_000, intervalSec: 1 },
      address: { burst: 10_000, intervalSec: 1 },
      registration: { burst: 10_000, intervalSec: 1 },
    },
  })
  // ts-mls judges the lifetimes of key packages that we add by the machine's clock.
  kdc.time.now = Math.floor(Date.now() / 1000)
  for (const name of NAMES) await kdc.store.accounts.delete(name)
  const line = new Line(kdc)
  const people: Person[] = []
  for (const name of NAMES) {
    const session = await register('http://127.0.0.1:1', name, `password of ${name}`, {
      link: line.link,
      clock: () => kdc.time.now,
    })
    people.push(await new Person(name, session, kdc).open())
  }
  const [alice, bob, carol] = people as [Person, Person, Person]
  return { kdc, line, alice, bob, carol }
}

/** Does something that somebody meddles with. @returns whether it was done, as far as is known. */
async function attempt(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    // Whatever comes without the seal is no refusal.
    assert.instance(error, TransportError, String((error as Error).stack))
    return false
  }
}

/** What says something about a change is tried with all tricks, the rest with one of each kind. */
const ALL_TRICKS = ['/groups/send', '/groups/commit', '/groups/info']
const SOME = [
  'held back, and 400 forged',
  'held back, and an end of the session forged',
  'passed on, and one bit of the answer changed',
  'sent twice',
  'sent after copies of it',
]
const tricksFor = (path: string) =>
  Object.entries(TRICKS).filter(([name]) => ALL_TRICKS.includes(path) || SOME.includes(name))

const MEDDLED = [
  '/groups/send',
  '/groups/commit',
  '/groups/create',
  '/groups/list',
  '/groups/info',
  '/groups/destroy',
  '/groups/leave',
  '/key-packages/take',
  '/key-packages/count',
  '/mailbox',
  '/mailbox/ack',
]

/** Only where somebody is added. */
const ASKED_TO_ADD = ['/key-packages/take', '/groups/info']

test('whatever is done to one route, everything is there once afterwards, and every group goes on', async () => {
  const { line, alice, bob, carol } = await realm()
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await bob.mail.sync()
  const said = { team: [] as string[], direct: [] as string[] }
  let round = 0
  const say = async (who: Person, to: 'team' | 'direct', text: string) => {
    said[to].push(`${who.name}: ${text}`)
    // Kept, if not sent.
    await (to === 'team' ? who.mail.send('team', utf8(text)) : who.mail.sendTo('bob', utf8(text)))
  }
  for (const path of MEDDLED) {
    for (const [name, trick] of tricksFor(path)) {
      const what = `${path}: ${name}`
      round++
      const others = alice.mail.members('team')
      // So that somebody is to be added.
      if (ASKED_TO_ADD.includes(path) && others.includes('carol')) await alice.mail.remove('team', ['carol'])
      line.meddle(path, trick, 2)
      await attempt(() => alice.mail.sync())
      await say(alice, 'team', `a${round}`)
      const isIn = alice.mail.members('team').includes('carol')
      await attempt(() => (isIn ? alice.mail.remove('team', ['carol']) : alice.mail.add('team', ['carol'])))
      await attempt(() => bob.mail.sync())
      await say(bob, 'team', `b${round}`)
      if (said.direct.length > 0 || (await attempt(() => alice.mail.conversationId({ with: 'bob' })))) {
        await say(alice, 'direct', `d${round}`)
      }
      const group = `g${round}`
      if (path === '/groups/create' || path === '/groups/destroy' || path === '/groups/leave') {
        await attempt(() => alice.mail.createGroup(group))
        if (alice.statusOf(group) === 'active') await attempt(() => alice.mail.add(group, ['bob']))
        await attempt(() => bob.mail.sync())
        if (bob.statusOf(group) === 'active') await attempt(() => bob.mail.leave(group))
        // A leaving that is on its way comes first.
        if (path !== '/groups/leave' && alice.statusOf(group) === 'active') {
          await attempt(() => alice.mail.destroy(group))
        }
      }
      assert.ok(line.played > 0, `${what} was not tried`)
      await line.clean()
      for (const who of [alice, bob, alice, bob, carol]) {
        await who.open()
        await who.mail.sync()
      }
      for (const who of [alice, bob]) {
        assert.equal(
          (await who.lines({ group: 'team' })).sort(),
          [...said.team].sort(),
          `${what}: ${who.name}`,
        )
        const other = who === alice ? 'bob' : 'alice'
        assert.equal(
          (await who.lines({ with: other })).sort(),
          [...said.direct].sort(),
          `${what}: ${who.name}`,
        )
        assert.is(who.statusOf('team'), 'active', what)
        const bad = [
          'group_broken',
          'entry_damaged',
          'history_lost',
          'message_refused',
          'change_refused',
          'entries_withheld',
        ]
        assert.equal(
          who.told.splice(0).filter((code) => bad.includes(code)),
          [],
          what,
        )
        for (const { status } of who.mail.groups()) assert.is.not(status, 'broken', what)
        if (path === '/groups/leave' && who === bob) assert.is(bob.statusOf(group), 'left', what)
        // What a run of a tool asks first, it asks anew.
        await who.open()
      }
    }
  }
})

const ASKED_FIRST = [
  '/groups/info',
  '/groups/list',
  '/groups/commit',
  '/mailbox',
  '/identity/put',
  '/key-packages/put',
]

for (const path of ASKED_FIRST) {
  test(`a client that has lost its state takes its place again, whatever is done to ${path}`, async () => {
    const { kdc, line, alice, bob } = await realm()
    await alice.mail.createGroup('team')
    await alice.mail.add('team', ['bob'])
    await bob.mail.sync()
    for (const [name, trick] of tricksFor(path)) {
      const fresh = new Person('bob', bob.session, kdc)
      line.meddle(path, trick, 1)
      await attempt(() => fresh.open())
      assert.ok(line.played > 0, name)
      await line.clean()
      await fresh.open()
      await fresh.mail.sync()
      assert.is(fresh.statusOf('team'), 'active', name)
      await alice.mail.send('team', utf8(name))
      await fresh.mail.sync()
      assert.is((await fresh.lines({ group: 'team' })).at(-1), `alice: ${name}`)
      await alice.mail.sync()
      assert.is(alice.statusOf('team'), 'active', name)
    }
  })
}

test('key packages that the KDC has taken without our knowing it do not keep a mailbox from being made', async () => {
  const { kdc, line, bob } = await realm()
  const fresh = new Person('bob', bob.session, kdc)
  for (let tries = 0; tries < 6; tries++) {
    line.meddle('/key-packages/put', TRICKS['passed on, and the answer cut'] as Trick, 1)
    await attempt(() => fresh.open())
    await line.clean()
  }
  await fresh.open()
  await fresh.mail.sync()
})

test('a file comes whole, or not at all, and the next try brings it', async () => {
  const { line, alice, bob } = await realm()
  const content = utf8('x'.repeat(300_000))
  const pieces = async function* () {
    yield content
  }
  const send = async (name: string) => {
    const group = await alice.mail.conversationId({ with: 'bob' })
    const post = (path: string, body: Record<string, unknown>) => alice.session.request(path, body)
    const note = await uploadFile(post, group, { name, size: content.length, content: pieces() })
    await alice.mail.sendTo('bob', encodeFileNote(note), 'file')
  }
  for (const path of ['/files/begin', '/files/put', '/files/get', '/files/drop'])
    for (const [name, trick] of tricksFor(path)) {
      const what = `${path}: ${name}`
      line.meddle(path, trick, 1)
      if (!(await attempt(() => send(what)))) {
        await line.clean()
        await send(what)
      }
      await bob.mail.sync()
      const message = (await bob.mail.unread()).at(-1)
      const note = message && fileNoteOf(message)
      assert.is(note?.name, what)
      await bob.mail.markShown(await bob.mail.unread())
      const take = async () => {
        let length = 0
        const post = (path: string, body: Record<string, unknown>) => bob.session.request(path, body)
        if (note) for await (const piece of fetchFile(post, note)) length += piece.length
        assert.is(length, content.length)
      }
      if (!(await attempt(take))) {
        await line.clean()
        await take()
      }
      await line.clean()
    }
})

test.run()
