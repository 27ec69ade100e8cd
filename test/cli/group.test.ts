/** Groups as people use them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { groupTable } from '../../src/cli/group/lists.ts'
import { Realm } from '../helpers/realm.ts'

const groups = suite('groups, as people use them')
let realm: Realm

groups.before(async () => {
  realm = await Realm.start('alice', 'bob', 'carol', 'dave')
  await realm.keepSessions('alice', 'bob', 'carol')
  await Promise.all(['alice', 'bob', 'carol'].map((name) => realm.tool('users', name).input().ends(0)))
})

groups.after(() => realm.close())

/** What the tool says, on stdout and stderr, and its exit status. */
async function group(...args: string[]): Promise<{ status: number | string; out: string; err: string }> {
  const program = realm.tool('group', ...args).input()
  const status = await program.exit
  return { status, out: program.stdout, err: program.stderr }
}

/** Without the times. */
const said = (text: string) => text.replace(/^\[[^\]]*\] /gm, '')

/** A group with these members, and nothing unread. */
async function made(name: string, ...others: string[]): Promise<void> {
  assert.is((await group('alice', 'create', name)).status, 0)
  if (others.length > 0) assert.is((await group('alice', 'add', name, ...others)).status, 0)
  await Promise.all(others.map((other) => group(other, 'list')))
}

groups('are made, filled, written to, read and destroyed, and each step is said', async () => {
  assert.equal(await group('alice', 'create', 'Friends'), {
    status: 0,
    out: '',
    err: 'group: made the group friends; alice is its admin\n',
  })
  assert.is(
    (await group('alice', 'add', 'friends', 'bob', 'carol')).err,
    'group: added bob, carol to friends\n',
  )
  assert.is((await group('alice', 'send', 'friends', 'hi, all')).err, 'group: sent to friends\n')

  const listed = await group('bob', 'list')
  assert.is(listed.out, 'GROUP    MEMBERS  ADMIN  UNREAD  STATUS\nfriends  3        alice  1       active\n')
  assert.is(listed.err, 'group: friends: alice has added you to the group\n')
  const read = await group('bob', 'read', 'friends')
  assert.is(said(read.out), 'alice: hi, all\n')
  assert.is(read.err, '')
  assert.equal(await group('bob', 'read', 'friends'), {
    status: 0,
    out: '',
    err: 'group: nothing new in friends\n',
  })
  assert.match((await group('bob', 'list')).out, /^friends {2}3 {8}alice {2}- {7}active$/m)
  assert.is((await group('carol', 'members', 'friends')).out, 'alice (admin)\nbob\ncarol\n')

  await group('bob', 'send', 'friends', '--', '-hello')
  assert.is(said((await group('alice', 'read', 'friends', '--all')).out), 'alice: hi, all\nbob: -hello\n')

  assert.is((await group('alice', 'remove', 'friends', 'carol')).err, 'group: removed carol from friends\n')
  const removed = await group('carol', 'read', 'friends')
  assert.match(removed.err, /^group: friends: alice has removed you from the group$/m)
  assert.is((await group('bob', 'leave', 'friends')).err.split('\n').at(-2), 'group: left friends')
  assert.is(
    (await group('alice', 'destroy', 'friends')).err,
    'group: friends: bob has left the group\ngroup: destroyed friends\n',
  )
  assert.match((await group('alice', 'list')).err, /alice is in no group/)
  assert.equal(await group('alice', 'members', 'friends'), {
    status: 0,
    out: 'alice (admin)\n',
    err: 'group: friends was destroyed; these were in it then\n',
  })
})

groups('refuse with words, a code and a hint', async () => {
  await made('refusing', 'bob')
  const cases: [string[], RegExp][] = [
    [
      ['alice', 'create', 'refusing'],
      /there is a group refusing already \(group_exists\)\ngroup: hint: choose/,
    ],
    [
      ['alice', 'read', 'nowhere'],
      /no group nowhere, or alice is not in it \(group_unknown\)\ngroup: hint: .* list/,
    ],
    [['carol', 'members', 'refusing'], /no group refusing, or carol is not in it \(group_unknown\)/],
    [
      ['bob', 'add', 'refusing', 'carol'],
      /only the group's admin .* \(not_allowed\)\ngroup: hint: .* members/,
    ],
    [['alice', 'leave', 'refusing'], /the admin cannot leave: destroy the group \(not_allowed\)/],
    [['alice', 'add', 'refusing', 'dave'], /dave .* \(receiver_unknown\)\ngroup: hint: .* never logged in/],
    [['alice', 'add', 'refusing', 'ghost'], /ghost .* \(receiver_unknown\)\ngroup: hint: no account/],
    [
      ['alice', 'remove', 'refusing', 'bob', 'carol'],
      /carol is not in refusing: nobody was removed\ngroup: hint: /,
    ],
    [['alice', 'send', 'refusing', '-'], /standard input is empty: nothing was sent/],
    [['alice', 'rejoin', 'nowhere'], /no group nowhere, .* \(group_unknown\)/],
    [['bob', 'rejoin', 'refusing'], /^group: error: refusing is not broken: there is nothing to rejoin\n$/m],
    [['alice', 'rejoin', '--with', 'dave'], /no conversation of alice with dave \(group_unknown\)/],
  ]
  for (const [args, words] of cases) {
    const { status, out, err } = await group(...args)
    assert.is(status, 1, `${args}: ${err}`)
    assert.match(err, words)
    assert.is(out, '')
    assert.not.match(err, /^\s+at /m, 'no stack')
  }
  assert.is((await group('alice', 'members', 'refusing')).out, 'alice (admin)\nbob\n')
  const again = await group('alice', 'add', 'refusing', 'bob')
  assert.is(again.err, 'group: bob is in refusing already\n')
})

groups('are refused wrong usage before any login', async () => {
  const cases: [string[], RegExp][] = [
    [[], /COMMAND is missing/],
    [['dance'], /there is no command dance\ngroup: hint: the commands are create, /],
    [['raed'], /there is no command raed\ngroup: hint: did you mean read\?/],
    [['creat'], /there is no command creat\ngroup: hint: did you mean create\?/],
    [['create'], /GROUP is missing\ngroup: hint: usage: .* create GROUP/],
    [['add', 'friends'], /USER is missing/],
    [['leave', 'friends', 'now'], /too many arguments, beginning with 'now'/],
    [['list', 'friends'], /too many arguments/],
    [['send', 'friends'], /there is no message\ngroup: hint: .*--file/],
    [['send', 'friends', 'hi', 'all'], /too many arguments.*\ngroup: hint: quote/],
    [['read'], /GROUP is missing\ngroup: hint: .*--with USER/],
    [['read', 'friends', '--with', 'bob'], /GROUP and --with do not go together/],
    [['rejoin'], /GROUP is missing\ngroup: hint: rejoin GROUP, or rejoin --with USER/],
    [['members', 'friends', '--all'], /--all does not go with members/],
    [['read', 'friends', '--file', 'x'], /--file does not go with read/],
    [['read', 'friends', '--output', 'x', '--max-file', 'much'], /--max-file: expected a size, got 'much'/],
    [['read', 'friends', '--max-file', '1MB'], /--max-file goes with --output/],
  ]
  const runs = cases.map(async ([args, words]) => {
    // No principal of that name could log in.
    const { status, err } = await group('ghost', ...args)
    assert.is(status, 2, `${args}: ${err}`)
    assert.match(err, words)
  })
  await Promise.all(runs)
  const turned = await group('create', 'ghost', 'friends')
  assert.is(turned.status, 2)
  assert.match(turned.err, /there is no command ghost\ngroup: hint: usage: .* NAME create GROUP\n$/)
  assert.match(
    (await group('ghost', 'create', 'my friends')).err,
    /a group's name is 1 to 64 .*\(invalid_name\)/,
  )
})

groups('tell programs what happened', async () => {
  const events = async (...args: string[]) => {
    const { out, err } = await group(...args, '--json')
    assert.is(err, '')
    const lines = out.trimEnd().split('\n')
    return lines.map((line) => {
      const { time, ...event } = JSON.parse(line)
      assert.is(new Date(time).toISOString(), time)
      return event
    })
  }
  assert.equal(await events('alice', 'create', 'json'), [
    { event: 'group_created', group: 'json', admin: 'alice' },
  ])
  assert.equal(await events('alice', 'add', 'json', 'bob'), [
    { event: 'members_added', group: 'json', usernames: ['bob'] },
  ])
  assert.equal(await events('alice', 'send', 'json', 'hi'), [{ event: 'stored', group: 'json' }])
  const [added, listed] = await events('bob', 'list').then((all) =>
    all.filter(({ group, username }) => group === 'json' || username === 'json'),
  )
  assert.is(added.event, 'member_added')
  const { event, admin, members, unread, status } = listed
  assert.equal(
    { event, admin, members, unread, status },
    { event: 'group', admin: 'alice', members: ['alice', 'bob'], unread: 1, status: 'active' },
  )
  const [message] = await events('bob', 'read', 'json')
  assert.is(message.event, 'message')
  assert.is(message.group, 'json')
  assert.is(message.text, 'hi')
  assert.equal(await events('bob', 'read', 'json'), [{ event: 'none', group: 'json' }])
  assert.equal(await events('bob', 'members', 'json'), [
    { event: 'member', group: 'json', username: 'alice', admin: true },
    { event: 'member', group: 'json', username: 'bob', admin: false },
  ])
  assert.equal(await events('bob', 'leave', 'json'), [{ event: 'group_left', group: 'json' }])
  const destroyed = await events('alice', 'destroy', 'json')
  assert.equal(
    destroyed.filter(({ event }) => event === 'group_destroyed'),
    [{ event: 'group_destroyed', group: 'json' }],
  )
})

groups('take standard input as one message, and an empty one as what it is', async () => {
  await made('pipe', 'bob')
  assert.is((await group('alice', 'send', 'pipe', '')).status, 0)
  assert.is(said((await group('bob', 'read', 'pipe')).out), 'alice: \n')
  await realm.tool('group', 'alice', 'send', 'pipe', '-').input('one\ntwo\x1b[2J\n').ends(0)
  assert.match(said((await group('bob', 'read', 'pipe')).out), /^alice: one\n.*alice: two\\x1b\[2J\n$/)
})

groups('are followed until Ctrl+C', async () => {
  await made('live', 'bob')
  const bob = realm.tool('group', 'bob', 'read', 'live', '--follow').input()
  await group('alice', 'send', 'live', 'one')
  await bob.says('stdout', /alice: one/)
  await group('alice', 'send', 'live', 'two')
  await bob.says('stdout', /alice: two/)
  assert.is(await bob.stop('SIGINT'), 0)
  assert.is(said(bob.stdout), 'alice: one\nalice: two\n')
  assert.is((await group('bob', 'read', 'live')).out, '', 'each is shown once')
})

groups('are followed until one is removed, or they are destroyed, which is said', async () => {
  await made('ending', 'bob', 'carol')
  const followers = ['bob', 'carol'].map((name) =>
    realm.tool('group', name, 'read', 'ending', '--follow').input(),
  )
  await group('alice', 'send', 'ending', 'are you there?')
  await Promise.all(followers.map((follower) => follower.says('stdout', /are you there/)))
  const [bob, carol] = followers
  await group('alice', 'remove', 'ending', 'bob')
  await bob?.ends(0)
  assert.match(bob?.stderr ?? '', /group: you are not in ending any more: nothing more will come\n$/)
  await group('alice', 'destroy', 'ending')
  await carol?.ends(0)
  assert.match(carol?.stderr ?? '', /group: ending is gone: nothing more will come\n$/)
})

groups('are followed while the KDC goes and comes back, also when it has forgotten the session', async () => {
  const own = await Realm.start('alice', 'bob')
  const run = (...args: string[]) => own.tool('group', ...args).input()
  try {
    await own.tool('users', 'bob').input().ends(0)
    await run('alice', 'create', 'long').ends(0)
    await run('alice', 'add', 'long', 'bob').ends(0)
    const bob = run('bob', 'read', 'long', '--follow')
    await run('alice', 'send', 'long', 'before').ends(0)
    await bob.says('stdout', /alice: before/)
    const { port } = new URL(own.url)
    await own.stopKdc('SIGKILL')
    await bob.says('stderr', /cannot reach the KDC .*; trying again until it is back/)
    await own.startKdc('kdc', port)
    await run('alice', 'send', 'long', 'after').ends(0)
    await bob.says('stdout', /alice: after/)
    await bob.says('stderr', /the KDC is back/)
    // Ends bob's session.
    await own.tool('sessions', 'bob', '--end-others').input().ends(0)
    await bob.says('stderr', /logged in again: the session had ended/)
    await run('alice', 'send', 'long', 'still').ends(0)
    await bob.says('stdout', /alice: still/)
    assert.is(await bob.stop('SIGINT'), 0)
    assert.is(said(bob.stdout), 'alice: before\nalice: after\nalice: still\n')
  } finally {
    await own.close()
  }
})

groups('what was said with one other can be read again', async () => {
  await realm.tool('sender', 'alice', 'bob', 'between us').input().ends(0)
  const first = await group('bob', 'read', '--with', 'alice')
  assert.is(said(first.out), 'alice: between us\n')
  assert.is((await group('bob', 'read', '--with', 'alice')).err, 'group: nothing new with alice\n')
  const none = 'group: nothing was ever left between you and alcie\n'
  assert.equal(await group('bob', 'read', '--with', 'alcie'), { status: 0, out: '', err: none })
  assert.is(said((await group('bob', 'read', '--with', 'alice', '--all')).out), 'alice: between us\n')
})

groups('that are over are said to be, to those who read or write, also when it was told before', async () => {
  await made('over', 'bob', 'carol')
  await group('alice', 'send', 'over', 'last words')
  await group('alice', 'remove', 'over', 'bob')
  await group('alice', 'destroy', 'over')
  await Promise.all([group('bob', 'list'), group('carol', 'list')])
  const read = await group('carol', 'read', 'over')
  assert.is(said(read.out), 'alice: last words\n')
  assert.is(read.err, 'group: over was destroyed\n')
  const all = await group('bob', 'read', 'over', '--all')
  assert.is(said(all.out), 'alice: last words\n')
  assert.is(all.err, 'group: you were removed from over\n')
  assert.is((await group('carol', 'read', 'over')).err, 'group: over was destroyed\n')
  const sent = await group('bob', 'send', 'over', 'hello?')
  assert.is(sent.status, 1)
  assert.match(sent.err, /^group: error: you were removed from over \(group_unknown\)$/m)
  assert.match(
    (await group('carol', 'send', 'over', 'hello?')).err,
    /error: over was destroyed \(group_unknown\)/,
  )
})

groups('of one name, one after the other, are listed with what is unread of each', async () => {
  await made('phoenix', 'carol')
  await group('alice', 'destroy', 'phoenix')
  await made('phoenix', 'carol')
  await group('alice', 'send', 'phoenix', 'risen')
  const rows = async () =>
    (await group('carol', 'list')).out.split('\n').filter((row) => /^phoenix /.test(row))
  assert.equal(
    (await rows()).map((row) => row.split(/ +/)),
    [['phoenix', '2', 'alice', '1', 'active']],
  )
  await group('alice', 'destroy', 'phoenix')
  await made('phoenix', 'carol')
  assert.equal((await rows()).map((row) => row.split(/ +/)).sort(), [
    ['phoenix', '2', 'alice', '-', 'active'],
    ['phoenix', '2', 'alice', '1', 'destroyed'],
  ])
})

groups('have a line each in a table', () => {
  const rows = [
    { group: 'a', admin: 'alice', members: ['alice'], status: 'active', unread: 0 },
    { group: 'longer', members: [], status: 'broken', reason: 'history_forked', unread: 12 },
    { group: 'gone', admin: 'bob', members: ['alice', 'bob'], status: 'removed', unread: 1 },
  ]
  assert.equal(groupTable(rows), [
    'GROUP   MEMBERS  ADMIN  UNREAD  STATUS',
    'a       1        alice  -       active',
    'longer  0        -      12      broken: history_forked',
    'gone    2        bob    1       removed',
  ])
})

groups.run()
