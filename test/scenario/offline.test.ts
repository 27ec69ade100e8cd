/**
 * Messages for those who are away, from the invitation to the last answer, while tools and the KDC are stopped, killed and started
 * again. Each test goes on where the one before it ended.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MeddlingProxy } from '../helpers/meddling-proxy.ts'
import type { Program } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import {
  events,
  group,
  historyOf,
  KDC,
  lines,
  messages,
  purgeAfterDays,
  send,
  stateOf,
  stored,
} from './tools.ts'

const story = suite('messages for those who are away')

const NAMES = ['alice', 'bob', 'charlie']

let realm: Realm
let port: string
let kdcKey: string

story.before(async () => {
  realm = new Realm()
  writeFileSync(realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  const kdc = await realm.startKdc(KDC)
  kdcKey = await kdc.says('stderr', /its key is (\S+)/)
  port = new URL(realm.url).port
})

story.after(() => realm.close())

/** The KDC is stopped, and starts again at the same place with what is on its disk. */
async function restartKdc(signal: NodeJS.Signals = 'SIGTERM'): Promise<Program> {
  await realm.stopKdc(signal)
  return realm.startKdc(KDC, port)
}

async function store(name: string, to: string, text: string): Promise<void> {
  const { stdout, stderr } = await send(realm, 0, name, to, text)
  assert.match(stderr, `sender: stored for ${to}, who is away\n`)
  assert.is(stdout, '')
}

/** Starts somebody's receiver, waits until it has shown this, and ends it. @returns what it has printed. */
async function receive(name: string, until: RegExp): Promise<string> {
  const receiver = await realm.receiver(name)
  await receiver.says('stdout', until)
  assert.is(await receiver.stop('SIGINT'), 0)
  return receiver.stdout
}

story('alice, bob and charlie sign up by invitation', async () => {
  const signUps = NAMES.map(async (name) => {
    const env = { SYMBOLON_INVITATION: await realm.invite(name, KDC) }
    const args = [name, '--kdc', realm.url, '--password-file', realm.passwordFile]
    await realm
      .runWith(env, 'src/register.ts', ...args)
      .input()
      .ends(0)
    // Once at work; from then on one can be written to while away.
    await group(realm, 0, name, 'list')
  })
  await Promise.all(signUps)
  await realm.keepSessions(...NAMES)
})

story('what is sent to bob, who is away, is stored; not where that is not wanted', async () => {
  await store('alice', 'bob', 'alice to bob, the first')
  await store('charlie', 'bob', 'charlie to bob, the first')
  await store('alice', 'bob', 'alice to bob, the second')
  const { stdout, stderr } = await send(realm, 3, 'alice', 'bob', 'at once or never', '--no-store')
  assert.match(stderr, /bob is not listening.*\(receiver_offline\)/)
  assert.is(stdout, '')
})

story('stored is a promise: the KDC is killed the moment it is said', async () => {
  const alice = realm.tool('sender', 'alice', 'bob', 'alice to bob, the third').input()
  await alice.says('stderr', /stored for bob/)
  await realm.stopKdc('SIGKILL')
  await alice.ends(0)
  await realm.startKdc(KDC, port)
  await store('charlie', 'bob', 'charlie to bob, the second')
  await restartKdc()
})

story('bob’s receiver shows all of it in order, with its time, once', async () => {
  const expected = [
    'alice: alice to bob, the first',
    'charlie: charlie to bob, the first',
    'alice: alice to bob, the second',
    'alice: alice to bob, the third',
    'charlie: charlie to bob, the second',
  ]
  const first = await receive('bob', /charlie to bob, the second\n/)
  assert.equal(lines(first), expected)
  // The next one begins with what is new.
  await store('alice', 'bob', 'alice to bob, the fourth')
  const second = await receive('bob', /the fourth\n/)
  assert.equal(lines(second), ['alice: alice to bob, the fourth'])
})

/** Starts bob's receiver, and kills it the moment it asks the KDC for this. @returns what it had printed. */
async function killedAt(path: string): Promise<string> {
  const proxy = await MeddlingProxy.start(realm.url)
  let receiver: Program | undefined
  void proxy.plan(path, async () => {
    receiver?.child.kill('SIGKILL')
    return 'cut'
  })
  const args = ['bob', '--kdc', proxy.url, '--kdc-key', kdcKey, '--password-file', realm.passwordFile]
  receiver = realm.run('src/receiver.ts', ...args).input()
  assert.is(await receiver.exit, 'SIGKILL')
  await proxy.close()
  return receiver.stdout
}

for (const [moment, path, words] of [
  ['before it has fetched what waits', '/mailbox', ['fifth', 'sixth']],
  ['before it has said that it is safe', '/mailbox/ack', ['seventh', 'eighth']],
] as const) {
  story(`bob’s receiver is killed ${moment}: the next one shows all of it, once`, async () => {
    const texts = words.map((word) => `alice to bob, the ${word}`)
    for (const text of texts) await store('alice', 'bob', text)
    assert.is(await killedAt(path), '')
    const next = await receive('bob', new RegExp(`the ${words.at(-1)}\n`))
    assert.equal(
      lines(next),
      texts.map((text) => `alice: ${text}`),
    )
  })
}

// So long that the terminal cannot have taken all of them when the first is seen.
const LONG = 'x'.repeat(100_000)
const LONG_TEXTS = [1, 2, 3, 4, 5, 6].map((number) => `${number} ${LONG}`)

story('bob’s receiver is killed while it shows them: all are kept, and none is shown twice', async () => {
  for (const text of LONG_TEXTS) await store('alice', 'bob', text)
  const killed = realm.tool('receiver', 'bob').input()
  await killed.says('stdout', /alice: 1 x/)
  killed.child.stdout.pause()
  const end = killed.stop('SIGKILL')
  killed.child.stdout.resume()
  assert.is(await end, 'SIGKILL')
  const before = [...killed.stdout.matchAll(/alice: (\d) x/g)].map(([, number]) => number)
  assert.ok(before.length < LONG_TEXTS.length, 'it was killed in the middle')

  await store('charlie', 'bob', 'charlie to bob, after that')
  const after = await receive('bob', /after that\n/)
  const again = [...after.matchAll(/alice: (\d) x/g)].map(([, number]) => number)
  assert.equal([...new Set([...before, ...again])].length, before.length + again.length)
  // But for one that may have been marked as shown, and was not yet.
  assert.ok(before.length + again.length >= LONG_TEXTS.length - 1, `${before}, then ${again}`)
  const kept = await historyOf(realm, 'bob', { with: 'alice' })
  assert.equal(
    kept.slice(-LONG_TEXTS.length),
    LONG_TEXTS.map((text) => `alice: ${text}`),
  )
  assert.is(new Set(kept).size, kept.length, 'each once')
})

story('bob answers alice, who is away in her turn', async () => {
  await store('bob', 'alice', 'bob to alice, at last')
  const stdout = await receive('alice', /at last\n/)
  assert.equal(lines(stdout), ['bob: bob to alice, at last'])
})

story('what comes while bob’s receiver waits for the KDC is shown when that is back', async () => {
  const bob = await realm.receiver('bob')
  await store('bob', 'alice', 'the KDC is about to stop').catch(() => {})
  await restartKdc('SIGKILL')
  await send(realm, 0, 'alice', 'bob', 'straight to bob')
  assert.is(bob.stdout, 'alice: straight to bob\n')
  assert.is(await bob.stop('SIGINT'), 0)
})

story('a group goes on across a restart', async () => {
  await group(realm, 0, 'alice', 'create', 'team')
  await group(realm, 0, 'alice', 'add', 'team', 'bob', 'charlie')
  await group(realm, 0, 'alice', 'send', 'team', 'before the restart')
  await restartKdc('SIGKILL')
  await group(realm, 0, 'charlie', 'send', 'team', 'after the restart')
  for (const name of ['bob', 'alice']) {
    const { stdout } = await group(realm, 0, name, 'read', 'team', '--all')
    assert.equal(lines(stdout), ['alice: before the restart', 'charlie: after the restart'], name)
  }
})

story('whoever follows a group does so across a restart', async () => {
  const bob = realm.tool('group', 'bob', 'read', 'team', '--follow').input()
  await group(realm, 0, 'alice', 'send', 'team', 'before the second restart')
  await bob.says('stdout', /before the second restart/)
  await restartKdc()
  await group(realm, 0, 'alice', 'send', 'team', 'after the second restart')
  await bob.says('stdout', /after the second restart/)
  assert.is(await bob.stop('SIGINT'), 0)
})

story('who has lost everything takes its place again, is told so, and the others are told', async () => {
  await group(realm, 0, 'bob', 'read', 'team')
  rmSync(stateOf(realm, kdcKey, 'charlie'), { recursive: true })
  const back = await group(realm, 0, 'charlie', 'read', 'team', '--json')
  assert.equal(messages(back.stdout), [])
  const lost = events(back.stdout).filter(({ event }) => event === 'history_lost')
  assert.ok(
    lost.some((told) => told.group === 'team'),
    back.stdout,
  )
  await group(realm, 0, 'charlie', 'send', 'team', 'charlie is back')
  for (const name of ['alice', 'bob']) {
    const { stdout } = await group(realm, 0, name, 'read', 'team', '--json')
    const changed = events(stdout).filter(({ event }) => event === 'key_changed')
    assert.equal(
      changed.map(({ username }) => username),
      ['charlie'],
      name,
    )
    assert.ok(
      events(stdout).some(({ event, username }) => event === 'member_rejoined' && username === 'charlie'),
    )
    assert.equal(messages(stdout), ['charlie: charlie is back'])
  }
  await group(realm, 0, 'alice', 'send', 'team', 'welcome back')
  const { stdout } = await group(realm, 0, 'charlie', 'read', 'team')
  assert.equal(lines(stdout), ['alice: welcome back'])
})

story('what nobody fetches for a week is purged, and bob is told that something is lost', async () => {
  await store('alice', 'bob', 'a message that nobody reads')
  await group(realm, 0, 'alice', 'send', 'team', 'a message that bob does not read')
  await realm.stopKdc()
  await purgeAfterDays(realm, 6)
  assert.ok((await stored(realm)).some(({ name, entries }) => name === 'team' && entries > 0))
  const purged = await purgeAfterDays(realm, 8)
  assert.equal(
    purged.map(({ event }) => event),
    ['purged'],
  )
  const kept = await stored(realm)
  assert.ok(kept.some(({ name }) => name === 'team'))
  assert.ok(kept.every(({ entries }) => entries === 0))
  await realm.startKdc(KDC, port)
  // The others are purged, too.
  await realm.keepSessions(...NAMES)
  await store('alice', 'bob', 'a message from later')
  const bob = realm.tool('receiver', 'bob', '--json').input()
  await bob.says('stdout', /"event":"history_lost"/)
  assert.is(await bob.stop('SIGINT'), 0)
})

story('and what is said from then on is read again, in the conversation and in the group', async () => {
  await store('bob', 'alice', 'bob to alice, after a week')
  await store('alice', 'bob', 'alice to bob, after a week')
  const stdout = await receive('bob', /after a week\n/)
  assert.equal(lines(stdout).at(-1), 'alice: alice to bob, after a week')
  await group(realm, 0, 'alice', 'send', 'team', 'to the team, after a week')
  for (const name of ['bob', 'charlie']) {
    const { stdout } = await group(realm, 0, name, 'read', 'team')
    assert.equal(lines(stdout), ['alice: to the team, after a week'], name)
  }
})

story.run()
