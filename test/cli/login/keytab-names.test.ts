/** NAME, which a keytab has, and arguments that are only text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseArguments } from '../../../src/cli/arguments.ts'
import type { UsageError } from '../../../src/cli/errors.ts'
import { formatKeytab } from '../../../src/cli/login/keytab.ts'
import { nameOfKeytab } from '../../../src/cli/login/login.ts'
import { mayBeNamed, messageGiven, SENDER_NAME_HINT, STDIN } from '../../../src/cli/send/stdin.ts'
import { Realm } from '../../helpers/realm.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite<{ realm: Realm }>('a keytab has a name')
let home = ''
let keytab = ''

test.before(async (context) => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  keytab = join(home, 'printer.keytab')
  const content = { kdc: 'http://127.0.0.1:1', kdcKey: 'A'.repeat(43), username: 'printer', password: 'pw' }
  writeFileSync(keytab, formatKeytab(content), { mode: 0o600 })
  context.realm = await Realm.start('alice', 'bob')
})

test.after(async ({ realm }) => {
  await realm.close()
  rmSync(home, { recursive: true })
})

const options = { keytab: { type: 'string' }, file: { type: 'string', multiple: true } } as const

function send(...argv: string[]) {
  return parseArguments(['--keytab', keytab, ...argv], {
    help: 'usage: send\n',
    options,
    positionals: ['NAME', 'RECEIVER', '[MESSAGE]'],
    greedy: { option: 'file', after: 2 },
    implied: nameOfKeytab(mayBeNamed, SENDER_NAME_HINT),
  })
}

test('which may be left out, or given, and is not another', () => {
  assert.equal(send('bob', 'hi, all').positionals, ['printer', 'bob', 'hi, all'])
  assert.equal(send('bob', '-').positionals, ['printer', 'bob', '-'])
  assert.equal(send('printer', 'bob', 'hi').positionals, ['printer', 'bob', 'hi'])
  assert.equal(send('PRINTER', 'bob').positionals, ['PRINTER', 'bob'])
  assert.equal(send('bob').positionals, ['printer', 'bob'])
  throws(() => send('alice', 'bob', 'hi'), 'usage')
  throws(() => send(), 'usage')
})

test('no word goes to a stranger for a wrong guess', () => {
  for (const words of ['hi', 'Hi', 'bob.2']) {
    assert.throws(
      () => send('alice', words),
      (error: UsageError) =>
        /keytab of printer, not of alice/.test(error.message) && /bob -- hi/.test(error.hint ?? ''),
    )
    throws(() => send('--', 'alice', words), 'usage')
    assert.equal(send('alice', '--', words).positionals, ['printer', 'alice', words])
    assert.equal(send('printer', 'alice', words).positionals, ['printer', 'alice', words])
  }
})

test('files go to no stranger for a wrong guess', () => {
  const { values, positionals } = send('bob', '--file', 'a', 'b', 'c')
  assert.equal(positionals, ['printer', 'bob'])
  assert.equal(values.file, ['a', 'b', 'c'])
  const all = send('printer', 'bob', '--file', 'a', 'b')
  assert.equal(
    [all.positionals, all.values.file],
    [
      ['printer', 'bob'],
      ['a', 'b'],
    ],
  )
  assert.equal(send('--file', 'a', 'printer', 'bob').positionals, ['printer', 'bob'])
  throws(() => send('alice', 'bob', '--file', 'a'), 'usage')
})

test('a tool with NAME alone takes no other', () => {
  const line = { help: 'usage: x\n', options, positionals: ['NAME'], implied: nameOfKeytab() }
  assert.equal(parseArguments(['--keytab', keytab], line).positionals, ['printer'])
  assert.equal(parseArguments(['printer', '--keytab', keytab], line).positionals, ['printer'])
  assert.throws(() => parseArguments(['alice', '--keytab', keytab], line), /keytab of printer, not of alice/)
})

test('the tools take it from there', async ({ realm }) => {
  const file = join(home, 'service.keytab')
  const data = ['--data', join(realm.home, 'kdc'), '--kdc', realm.url]
  await realm.run('src/kdc/main.ts', 'keytab', 'service', file, ...data).ends(0)
  const bob = await realm.receiver('bob')
  await realm.run('src/sender.ts', 'bob', 'it is done', '--keytab', file).input().ends(0)
  assert.is(bob.stdout, 'service: it is done\n')
  const refused = await realm.run('src/sender.ts', 'alice', 'bob', '--keytab', file).input().ends(2)
  assert.match(refused.stderr, /keytab of service, not of alice\nsender: hint: where NAME is left out/)
  await realm.run('src/sessions.ts', '--keytab', file).ends(0)
  const users = await realm.run('src/users.ts', '--keytab', file).ends(0)
  assert.is(users.stdout, 'bob: online\n')
  await realm.run('src/group.ts', 'list', '--keytab', file).ends(0)
  const other = await realm.run('src/group.ts', 'alice', 'list', '--keytab', file).ends(2)
  assert.match(other.stderr, /keytab of service, not of alice/)
})

test('after -- a dash is a message; before, it is standard input', async ({ realm }) => {
  assert.is(messageGiven('-', 0), STDIN)
  assert.equal(messageGiven('-', 1), { text: '-' })
  assert.is(messageGiven(undefined, 0), undefined)
  const bob = await realm.receiver('bob')
  await realm.tool('sender', 'alice', 'bob', '--', '-').input('not this').ends(0)
  assert.is(bob.stdout, 'alice: -\n')
  await realm.tool('sender', 'alice', 'bob', '-').input('this').ends(0)
  assert.is(bob.stdout, 'alice: -\nalice: this\n')
  await realm.tool('group', 'alice', 'create', 'friends').ends(0)
  await realm.tool('group', 'alice', 'send', 'friends', '--', '-').input('not this').ends(0)
  const read = await realm.tool('group', 'alice', 'read', 'friends', '--all').ends(0)
  assert.match(read.stdout, / alice: -\n$/)
})

test.run()
