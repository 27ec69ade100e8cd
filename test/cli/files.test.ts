/** Files as people send and get them. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Realm } from '../helpers/realm.ts'

const files = suite('files, as people send them')
let realm: Realm

files.before(async () => {
  realm = await Realm.start('alice', 'bob', 'carol')
  await Promise.all(['bob', 'carol'].map((name) => realm.tool('users', name).input().ends(0)))
  await realm.keepSessions('alice', 'bob', 'carol')
})

files.after(() => realm.close())

const at = (...names: string[]) => join(realm.home, ...names)

/** A file to be sent. */
function make(name: string, content: string | Uint8Array): string {
  mkdirSync(at('outbox'), { recursive: true })
  writeFileSync(at('outbox', name), content)
  return at('outbox', name)
}

const said = (text: string) => text.replace(/^(\* )?\[[^\]]*\] /gm, '$1')

files(
  'wait for a receiver that is away, and are saved by the receiver, before and while it runs',
  async () => {
    const bytes = randomBytes(600_000)
    const paths = [make('photo.jpg', bytes), make('empty', ''), make('-NUL.txt', 'x')]
    const args = paths.flatMap((path) => ['--file', path])
    const alice = await realm
      .tool('sender', 'alice', 'bob', 'look:', ...args)
      .input()
      .ends(0)
    assert.is(
      alice.stderr,
      ['stored for bob, who is away', ...paths.map((path) => `stored ${path} for bob`)]
        .map((line) => `sender: ${line}\n`)
        .join(''),
    )
    assert.is(alice.stdout, '')

    const inbox = at('inbox')
    const bob = await realm.receiver('bob', '--output', inbox)
    await bob.says('stdout', /_NUL\.txt/)
    assert.is(
      said(bob.stdout),
      [
        'alice: look:',
        `* alice: [file] photo.jpg (600 kB) saved as ${inbox}/photo.jpg`,
        `* alice: [file] empty (0 bytes) saved as ${inbox}/empty`,
        `* alice: [file] _NUL.txt (1 byte) saved as ${inbox}/_NUL.txt`,
        '',
      ].join('\n'),
    )
    assert.ok(readFileSync(join(inbox, 'photo.jpg')).equals(bytes))
    // While it runs, directly: another of that name, and the same once more.
    const direct = realm.tool('sender', 'alice', 'bob', '--file', make('photo.jpg', 'smaller')).input()
    await direct.ends(0)
    assert.is(direct.stderr, 'sender: delivered photo.jpg to bob\n')
    await bob.says('stdout', /saved as .*photo \(2\)\.jpg/)
    await realm.tool('sender', 'alice', 'bob', '--file', at('outbox', 'photo.jpg')).input().ends(0)
    await bob.says('stdout', /is here as .*photo \(2\)\.jpg/)
    assert.equal(readdirSync(inbox).sort(), ['_NUL.txt', 'empty', 'photo (2).jpg', 'photo.jpg'])
    assert.is(await bob.stop(), 0)
  },
)

files('are named, and how to save them is said, where they are not saved', async () => {
  const carol = await realm.receiver('carol')
  await realm.tool('sender', 'alice', 'carol', '--file', make('a.txt', 'of a')).input().ends(0)
  await carol.says('stderr', /to save files, start with --output DIR; these: .* read --with alice --all/)
  assert.is(said(carol.stdout), '* alice: [file] a.txt (4 bytes)\n')
  await carol.stop()
  const inbox = at('carol')
  const read = ['carol', 'read', '--with', 'alice', '--all', '--output', inbox]
  const small = await realm
    .tool('group', ...read, '--max-file', '3')
    .input()
    .ends(0)
  assert.is(
    said(small.stdout),
    '* alice: [file] a.txt (4 bytes) larger than 3 bytes (--max-file): not fetched\n',
  )
  const large = await realm
    .tool('group', ...read)
    .input()
    .ends(0)
  assert.is(said(large.stdout), `* alice: [file] a.txt (4 bytes) saved as ${inbox}/a.txt\n`)
  assert.is(readFileSync(join(inbox, 'a.txt'), 'utf8'), 'of a')
})

files('go to groups too, and programs hear of it', async () => {
  await realm.tool('group', 'alice', 'create', 'team').input().ends(0)
  await realm.tool('group', 'alice', 'add', 'team', 'bob').input().ends(0)
  const path = make('plan.pdf', 'the plan')
  const sent = await realm
    .tool('group', 'alice', 'send', 'team', 'see', '--file', path, '--json')
    .input()
    .ends(0)
  const events = (text: string, ...names: string[]) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ event }) => names.includes(event))
      .map(({ time, sent_at, stored_at, ...event }) => event)
  assert.equal(events(sent.stdout, 'stored', 'file_stored'), [
    { event: 'stored', group: 'team' },
    { event: 'file_stored', group: 'team', name: 'plan.pdf', size: 8 },
  ])
  const inbox = at('team')
  const aside = await realm.tool('group', 'alice', 'read', 'team', '--all').input().ends(0)
  assert.is(aside.stderr, '', 'who sent it has it')
  const read = ['bob', 'read', 'team', '--output', inbox, '--json']
  const bob = await realm
    .tool('group', ...read)
    .input()
    .ends(0)
  assert.equal(events(bob.stdout, 'message', 'file'), [
    { event: 'message', from: 'alice', group: 'team', text: 'see' },
    {
      event: 'file',
      from: 'alice',
      group: 'team',
      name: 'plan.pdf',
      size: 8,
      saved_as: join(inbox, 'plan.pdf'),
      already: false,
    },
  ])
  assert.is(readFileSync(join(inbox, 'plan.pdf'), 'utf8'), 'the plan')
  const again = await realm.tool('group', 'bob', 'read', 'team', '--all').input().ends(0)
  assert.is(said(again.stdout), 'alice: see\n* alice: [file] plan.pdf (8 bytes)\n')
  const how = 'npx tsx src/group.ts bob read team --all --output DIR'
  assert.is(again.stderr, `group: to save the files: ${how}\n`)
})

files('that are none are refused before the login', async () => {
  const fine = make('fine', 'x')
  const cases: [string[], number, RegExp][] = [
    [['--file', at('nowhere')], 1, /cannot send .*nowhere: there is no such file \(file_not_readable\)/],
    [['--file', fine, 'see you'], 1, /cannot send see you: there is no such file.*\n.*hint: .*before --file/],
    [['--file', '/dev/zero'], 1, /it is not a regular file.*\nsender: hint: .* \| .* --file - --name FILE\n/],
    [['--file'], 2, /--file: a value belongs after it/],
    [[fine, '--file', fine], 2, /fine is a file: give it after --file/],
    [['--file', '-'], 2, /has no name\nsender: hint: give it one: --file - --name backup\.tar/],
    [['--file', '-', '-', '--name', 'x'], 2, /standard input can be sent once/],
    [['-', '--file', '-', '--name', 'x'], 2, /standard input can be sent once/],
    [['--file', fine, '--name', 'x'], 2, /--name is for standard input/],
    [['hello', 'world', '--file', fine], 2, /too many arguments.*\nsender: hint: quote a message/],
  ]
  const runs = cases.map(async ([args, status, words]) => {
    // No principal of that name could log in.
    const { stderr } = await realm
      .tool('sender', 'ghost', 'bob', ...args)
      .input()
      .ends(status)
    assert.match(stderr, words)
  })
  await Promise.all(runs)
  const given = [fine, '--file', fine]
  const group = await realm
    .tool('group', 'ghost', 'send', 'team', ...given)
    .input()
    .ends(2)
  assert.match(group.stderr, /fine is a file: give it as --file/)
  const nobody = await realm.tool('sender', 'alice', 'nobody', '--file', make('x', 'x')).input().ends(1)
  assert.match(nobody.stderr, /nobody.* \(receiver_unknown\)\nsender: hint: no account/)
})

files('that cannot wait at the KDC are for a receiver that is there', async () => {
  mkdirSync(at('folder'), { recursive: true })
  const large = make('large', '')
  const fine = make('fine', 'x')
  truncateSync(large, 300_000_000)
  const cases: [string[], RegExp][] = [
    [['--file', large], /bob is away, and .*large has 300 MB: a file stored .* 268 MB at most/],
    [
      ['hi', '--file', fine, at('folder')],
      /bob is away, and .*folder is a directory, which cannot wait.*: nothing was sent \(receiver_offline\)/,
    ],
    [['--file', '-', '--name', 'x'], /bob is away, and standard input cannot wait at the KDC as a file/],
    [['--file', fine, '--no-store'], /bob .*\(receiver_offline\)/],
  ]
  for (const [args, words] of cases) {
    const { stderr } = await realm
      .tool('sender', 'alice', 'bob', ...args)
      .input('x')
      .ends(3)
    assert.match(stderr, words)
    assert.match(stderr, /\nsender: hint: /)
    assert.not.match(stderr, /^sender: stored/m, 'all or nothing')
  }
})

/** What the KDC keeps of files. Of messages it may drop some meanwhile: those that have been read. */
async function storedFiles(): Promise<string[]> {
  const { stdout } = await realm.run('src/kdc/main.ts', 'stored', '--data', at('kdc')).input().ends(0)
  return stdout.match(/\d+ files? of \d+ bytes/g) ?? []
}

files('that are stopped by Ctrl+C leave nothing, at the KDC or here', async () => {
  const before = await storedFiles()
  assert.ok(before.length > 0)
  const path = make('long', randomBytes(60_000_000))
  const sender = realm.tool('sender', 'alice', 'carol', '--file', path, '--json').input()
  await sender.says('stdout', /"event":"progress"/)
  assert.is(await sender.stop('SIGINT'), 1)
  assert.match(sender.stderr, /^sender: error: stopped$/m)
  assert.equal(await storedFiles(), before)

  await realm.tool('sender', 'alice', 'carol', '--file', path).input().ends(0)
  const inbox = at('stopped')
  const receiver = realm.tool('receiver', 'carol', '--output', inbox, '--json').input()
  await receiver.says('stdout', /"event":"progress"/)
  assert.equal(readdirSync(inbox).length, 1, 'it is on its way')
  assert.is(await receiver.stop('SIGINT'), 0)
  assert.equal(readdirSync(inbox), [])
  const reader = realm.tool('group', 'carol', 'read', '--with', 'alice', '--output', inbox, '--json').input()
  await reader.says('stdout', /"event":"progress"/)
  assert.is(await reader.stop('SIGINT'), 1)
  assert.match(reader.stderr, /^group: error: stopped$/m)
  assert.equal(readdirSync(inbox), [])
  // It is still new.
  const last = await realm
    .tool('group', 'carol', 'read', '--with', 'alice', '--output', inbox)
    .input()
    .ends(0)
  assert.match(last.stdout, /\[file\] long \(60 MB\) saved as/)
  assert.ok(existsSync(join(inbox, 'long')))
})

files.run()
