/**
 * Group messaging through a server, from the first group to the last word, by tools that know nothing of each other and a KDC with
 * its data on disk. Each test goes on where the one before it ended.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { login } from '../../src/lib/session.ts'
import type { Program } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'
import { contentsOf, occurrences, writings } from './search.ts'
import { type Event, events, group, groupId, KDC, lines, messages } from './tools.ts'

const story = suite('groups through the KDC')

const NAMES = ['alice', 'bob', 'charlie', 'dave']

let realm: Realm
let kdc: Program
/** Those who watch all the time. */
let bob: Program
let charlie: Program
/** Everything that anybody has said, or tried to say. */
const said: string[] = []

const text = (words: string) => {
  said.push(words)
  return words
}

const send = (status: number, name: string, words: string) =>
  group(realm, status, name, 'send', 'team', text(words))

type Ask = (path: string, body: Record<string, unknown>) => Promise<Event>

/** Asks the KDC without a tool that would refuse first: what the rules keep from happening, not the manners. */
async function asking<T>(name: string, questions: (ask: Ask) => Promise<T>): Promise<T> {
  const session = await login(realm.url, name, PASSWORD)
  try {
    return await questions((path, body) => session.request(path, body) as Promise<Event>)
  } finally {
    await session.logout()
  }
}

const ANY_BYTES = Buffer.alloc(32, 7).toString('base64url')
const NO_CHANGE = { commit: ANY_BYTES, group_info: ANY_BYTES, added: [], removed: [] }

story.before(async () => {
  realm = new Realm()
  writeFileSync(realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  await realm.addAccounts(NAMES, KDC)
  kdc = await realm.startKdc(KDC)
  await realm.keepSessions(...NAMES)
  // Whoever has been there once can be added while away.
  await Promise.all(NAMES.map((name) => group(realm, 0, name, 'list')))
})

story.after(() => realm.close())

story('alice makes a group, and adds bob and charlie', async () => {
  await group(realm, 0, 'alice', 'create', 'team')
  await group(realm, 1, 'dave', 'create', 'team').then(({ stderr }) => assert.match(stderr, '(group_exists)'))
  await group(realm, 0, 'alice', 'add', 'team', 'bob', 'charlie')
  const { stdout } = await group(realm, 0, 'bob', 'members', 'team')
  assert.equal(stdout.trimEnd().split('\n').sort(), ['alice (admin)', 'bob', 'charlie'])
})

story('an unknown user, an unknown group and a wrong password are each said', async () => {
  const unknown = await group(realm, 1, 'alice', 'add', 'team', 'nobody')
  assert.match(unknown.stderr, /nobody.*\(receiver_unknown\)/)
  const missing = await group(realm, 1, 'alice', 'send', 'teem', text('to a group that is not there'))
  assert.match(missing.stderr, '(group_unknown)')
  const env = { SYMBOLON_PASSWORD: 'wrong' }
  const wrong = await realm.runWith(env, 'src/group.ts', 'alice', 'list', '--kdc', realm.url).input().ends(1)
  assert.match(wrong.stderr, '(login_refused)')
})

story('all talk, some at the same time: everybody sees everything, named rightly, in one order', async () => {
  bob = realm.tool('group', 'bob', 'read', 'team', '--follow', '--json').input()
  charlie = realm.tool('group', 'charlie', 'read', 'team', '--follow', '--json').input()
  await send(0, 'alice', 'the meeting is at noon')
  await Promise.all([
    send(0, 'bob', 'I bring the projector'),
    send(0, 'charlie', 'I bring biscuits, שלום'),
    send(0, 'alice', 'alice: I bring "alice: nothing"'),
  ])
  await send(0, 'charlie', 'until then, all of you')
  await bob.says('stdout', /until then, all of you/)
  // Its own it knows; what is shown is what others say.
  await charlie.says('stdout', /nothing\\""/)
  await send(0, 'bob', 'that is all, says bob')
  await charlie.says('stdout', /that is all, says bob/)

  const { stdout } = await group(realm, 0, 'alice', 'read', 'team', '--all', '--json')
  const all = messages(stdout)
  assert.equal([...all].sort(), [
    'alice: alice: I bring "alice: nothing"',
    'alice: the meeting is at noon',
    'bob: I bring the projector',
    'bob: that is all, says bob',
    'charlie: I bring biscuits, שלום',
    'charlie: until then, all of you',
  ])
  const others = (name: string) => all.filter((message) => !message.startsWith(`${name}:`))
  assert.equal(messages(charlie.stdout), others('charlie'))
  assert.equal(messages(bob.stdout), others('bob').slice(0, messages(bob.stdout).length))
  for (const name of ['bob', 'charlie']) {
    const everything = await group(realm, 0, name, 'read', 'team', '--all')
    assert.equal(lines(everything.stdout), all, name)
  }
})

story('what was read is not shown again', async () => {
  await group(realm, 0, 'alice', 'read', 'team')
  const { stdout } = await group(realm, 0, 'alice', 'read', 'team')
  assert.is(stdout, '')
})

story('bob, who is no admin, adds and removes nobody, and the admin stays', async () => {
  const refused = async (...[name = '', ...args]: string[]) => {
    const { stderr } = await group(realm, 1, name, ...args)
    assert.match(stderr, '(not_allowed)')
  }
  await Promise.all([
    refused('bob', 'add', 'team', 'dave').then(() => refused('bob', 'remove', 'team', 'charlie')),
    refused('alice', 'remove', 'team', 'alice').then(() => refused('alice', 'leave', 'team')),
  ])
  await refused('bob', 'destroy', 'team')

  // The KDC refuses it also where no tool of bob's did.
  const id = await groupId(realm, 'team')
  const epochOf = async (ask: Ask) => (await ask('/groups/info', { group: id })).epoch
  await asking('bob', async (ask) => {
    const commit = async (change: object) => {
      const body = { group: id, epoch: await epochOf(ask), ...NO_CHANGE, ...change }
      return ask('/groups/commit', body)
    }
    await rejects(commit({ added: ['dave'], welcome: ANY_BYTES }), 'not_allowed')
    await rejects(commit({ removed: ['charlie'] }), 'not_allowed')
    await rejects(commit({ removed: ['alice'] }), 'not_allowed')
    await rejects(ask('/groups/destroy', { group: id }), 'not_allowed')
  })
  await asking('alice', async (ask) => {
    const change = { ...NO_CHANGE, removed: ['alice'] }
    const body = { group: id, epoch: await epochOf(ask), ...change }
    await rejects(ask('/groups/commit', body), 'not_allowed')
    const leaving = { group: id, epoch: await epochOf(ask), proposal: ANY_BYTES }
    await rejects(ask('/groups/leave', leaving), 'not_allowed')
  })
  const { stdout } = await group(realm, 0, 'charlie', 'members', 'team')
  assert.equal(stdout.trimEnd().split('\n').sort(), ['alice (admin)', 'bob', 'charlie'])
})

story('dave, who was not added, neither reads nor sends, nor learns that there is a group', async () => {
  for (const args of [
    ['read', 'team', '--all'],
    ['send', 'team', text('dave was here')],
    ['members', 'team'],
  ]) {
    const { stdout, stderr } = await group(realm, 1, 'dave', ...args)
    assert.match(stderr, '(group_unknown)')
    assert.is(stdout, '')
  }
  const id = await groupId(realm, 'team')
  await asking('dave', async (ask) => {
    await cannotTouch(ask, id)
    assert.equal((await ask('/mailbox', { after: 0 })).entries, [])
    assert.equal((await ask('/groups/list', {})).groups, [])
  })
})

/** Whatever somebody who knows a group's id, and is not in it, asks the KDC for. */
async function cannotTouch(ask: Ask, id: string): Promise<void> {
  for (let epoch = 0; epoch < 6; epoch++) {
    await rejects(ask('/groups/send', { group: id, epoch, message: ANY_BYTES }), 'group_unknown')
    const body = { group: id, epoch, ...NO_CHANGE }
    await rejects(ask('/groups/commit', body), 'group_unknown')
  }
  await rejects(ask('/groups/info', { group: id }), 'group_unknown')
  await rejects(ask('/groups/leave', { group: id, epoch: 1, proposal: ANY_BYTES }), 'group_unknown')
  await rejects(ask('/groups/destroy', { group: id }), 'group_unknown')
}

story('alice removes charlie, who reads nothing of what comes then, and sends nothing', async () => {
  const before = messages(charlie.stdout)
  await group(realm, 0, 'alice', 'remove', 'team', 'charlie')
  await charlie.says('stdout', /"event":"removed_from_group"/)
  await bob.says('stdout', /"event":"member_removed"/)
  await send(0, 'alice', 'now that charlie is gone')
  await send(0, 'bob', 'a present for charlie?')
  await bob.says('stdout', /now that charlie is gone/)

  const { stderr } = await send(1, 'charlie', 'may I still speak?')
  assert.match(stderr, '(group_unknown)')
  const { stdout } = await group(realm, 0, 'charlie', 'read', 'team', '--all')
  assert.equal(lines(stdout).length, 6, 'what was said before stays readable')
  assert.not.match(stdout, /gone|present/)
  assert.equal(messages(charlie.stdout), before)

  const id = await groupId(realm, 'team')
  const last = await asking('charlie', async (ask) => {
    await cannotTouch(ask, id)
    return ((await ask('/mailbox', { after: 0 })).entries as Event[]).at(-1)
  })
  // Nothing, where the KDC has purged by now what all have read.
  const { kind, removed } = last ?? { kind: 'commit', removed: ['charlie'] }
  assert.equal([kind, removed], ['commit', ['charlie']])
})

story('dave joins, and reads from then on; bob leaves, and cannot send', async () => {
  await group(realm, 0, 'alice', 'add', 'team', 'dave')
  await send(0, 'alice', 'welcome, dave')
  const dave = await group(realm, 0, 'dave', 'read', 'team')
  assert.equal(lines(dave.stdout), ['alice: welcome, dave'])

  await bob.says('stdout', /welcome, dave/)
  await group(realm, 0, 'bob', 'leave', 'team')
  const { stderr } = await send(1, 'bob', 'one more thing')
  assert.match(stderr, '(group_unknown)')
  const told = await send(0, 'alice', 'bob is not here any more')
  assert.match(told.stderr, 'bob has left')
  await bob.ends(0)
  assert.not.match(bob.stdout, /not here any more/)
  const { stdout } = await group(realm, 0, 'alice', 'members', 'team')
  assert.equal(stdout.trimEnd().split('\n').sort(), ['alice (admin)', 'dave'])
})

story('alice destroys the group: everybody is told, and nobody can send', async () => {
  const dave = realm.tool('group', 'dave', 'read', 'team', '--follow', '--json').input()
  await dave.says('stdout', /bob is not here any more/)
  await group(realm, 0, 'alice', 'destroy', 'team')
  await dave.says('stdout', /"event":"group_destroyed"/)
  await dave.ends(0)
  const tries = NAMES.map(async (name) => {
    const { stderr } = await send(1, name, `is anybody here, asks ${name}`)
    assert.match(stderr, '(group_unknown)', name)
    const { stdout } = await group(realm, 0, name, 'list', '--json')
    for (const { event, status } of events(stdout)) assert.not(event === 'group' && status === 'active', name)
  })
  await Promise.all(tries)
  const read = await group(realm, 0, 'dave', 'read', 'team', '--all')
  assert.equal(lines(read.stdout), ['alice: welcome, dave', 'alice: bob is not here any more'])
  // The name is free for somebody else's group, which is another.
  await group(realm, 0, 'dave', 'create', 'team')
  const { stderr } = await send(1, 'alice', 'into the group of dave')
  assert.match(stderr, '(group_unknown)')
  await charlie.ends(0)
})

story('the KDC’s log has what happened, and nothing of what was said', async () => {
  const log = events(kdc.stdout)
  const has = (event: string, fields: Event) => {
    const found = log.filter((entry) =>
      Object.entries({ event, ...fields }).every(([name, value]) => entry[name] === value),
    )
    assert.ok(found.length > 0, `${event} ${JSON.stringify(fields)}`)
    return found
  }
  for (const username of NAMES) has('login', { username })
  for (const username of NAMES) has('logout', { username })
  const [made] = has('group_created', { username: 'alice', kind: 'named' })
  const inGroup = { group: made?.group }
  for (const username of ['bob', 'charlie', 'dave'])
    has('member_added', { ...inGroup, username, by: 'alice' })
  has('member_removed', { ...inGroup, username: 'charlie', by: 'alice' })
  has('member_left', { ...inGroup, username: 'bob' })
  has('group_destroyed', { ...inGroup, username: 'alice' })
  const stored = log.filter(({ event }) => event === 'message_stored')
  assert.equal(stored.map(({ sender }) => sender).sort(), [
    ...Array(5).fill('alice'),
    ...Array(3).fill('bob'),
    ...Array(2).fill('charlie'),
  ])
  for (const { bytes, group: id } of stored) {
    assert.is(id, made?.group)
    assert.ok(bytes > 0)
  }
})

story('no word of it is on the KDC’s disk, neither while it runs nor afterwards', async () => {
  const onDisk = () => contentsOf(join(realm.home, KDC), join(realm.home, 'config'))
  const search = (files: Map<string, Buffer>) => {
    const everything = new Map([
      ...files,
      ['log', Buffer.from(kdc.stdout)],
      ['terminal', Buffer.from(kdc.stderr)],
    ])
    assert.ok(said.length > 15)
    for (const words of said) assert.equal(occurrences(words, everything), [], words)
    assert.equal(occurrences(PASSWORD, everything), [], 'the password')
    // What must be there is found: the search looks where it should.
    for (const known of ['charlie', 'team']) {
      const places = occurrences(known, files).map((place) => place.slice(realm.home.length + 1))
      assert.ok(
        places.some((place) => /^kdc\/kdc\.sqlite(-wal)?: UTF-8$/.test(place)),
        `${known}: ${places}`,
      )
    }
    assert.ok(occurrences('charlie', everything).includes('log: UTF-8'))
  }
  const running = onDisk()
  assert.ok(
    [...running.keys()].some((path) => path.endsWith('.sqlite-wal')),
    'with what is not in the database yet',
  )
  search(running)
  await realm.stopKdc()
  const stopped = onDisk()
  assert.ok(
    [...stopped.keys()].some((path) => path.endsWith('master.key')),
    'the master key’s place',
  )
  search(stopped)
})

story('nor on that of those who said it', () => {
  const files = contentsOf(realm.home)
  assert.ok(
    [...files.keys()].some((path) => path.includes('state')),
    'what the tools keep',
  )
  for (const words of said) assert.equal(occurrences(words, files), [], words)
})

story('the search would have found it, however it was written', () => {
  const [words = ''] = said
  const around = (bytes: Buffer) => Buffer.concat([Buffer.from('x'), bytes, Buffer.from('y')])
  for (const [form, bytes] of writings(words)) {
    assert.ok(occurrences(words, new Map([['file', around(bytes)]])).includes(`file: ${form}`), form)
  }
  for (const before of ['', 'a', 'ab']) {
    for (const after of ['', 'c', 'cd']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const file = Buffer.from(Buffer.from(`${before}${words}${after}`).toString(encoding))
        assert.ok(occurrences(words, new Map([['file', file]])).length > 0, `${before} ${after} ${encoding}`)
      }
    }
  }
})

story.run()
