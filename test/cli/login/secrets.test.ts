/** Secrets that are read: from files in whatever encoding, from files that never end, from the environment. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UsageError } from '../../../src/cli/errors.ts'
import { credentialsPath, readCredentials } from '../../../src/cli/login/credentials.ts'
import { givenInvitation } from '../../../src/cli/login/invitation.ts'
import { formatKeytab, readKeytab } from '../../../src/cli/login/keytab.ts'
import { knownKdcsPath, readKnownKdcs } from '../../../src/cli/login/known-kdcs.ts'
import { Passwords, readNewPassword } from '../../../src/cli/login/password.ts'
import { readKeyFile } from '../../../src/files/key-file.ts'
import { readTls } from '../../../src/kdc/commands/tls-option.ts'
import { createInvitation } from '../../../src/lib/invitation.ts'
import { startLogin, startRegistration } from '../../../src/lib/opaque.ts'
import { onLinux } from '../../helpers/needs.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('secrets, and what they are read from')
const KDC = 'http://127.0.0.1:8800'
const KEY = 'A'.repeat(43)
let home = ''
let file = ''

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  file = join(home, 'secret')
  process.env.XDG_CONFIG_HOME = home
  delete process.env.SYMBOLON_PASSWORD
  delete process.env.SYMBOLON_INVITATION
  mkdirSync(dirname(credentialsPath()), { mode: 0o700 })
})

test.after.each(() => {
  delete process.env.SYMBOLON_PASSWORD
  delete process.env.SYMBOLON_INVITATION
  rmSync(home, { recursive: true })
})

const write = (content: string | Uint8Array, path = file) => writeFileSync(path, content, { mode: 0o600 })
const bytes = (...values: number[]) => Buffer.from(values)
const read = () => new Passwords({ username: 'alice', passwordFile: file }).get()
const set = () => readNewPassword({ username: 'alice', passwordFile: file })
const said = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message)

// пароль-1 and пароль-2 in KOI8-R, señor in Latin-1: as U+FFFD they would all be one password, or nearly.
const OTHER_ENCODINGS = [
  bytes(0xd0, 0xc1, 0xd2, 0xcf, 0xcc, 0xd8, 0xd1, 0xd2),
  bytes(0xda, 0xc1, 0xd7, 0xd4, 0xd2, 0xc1, 0xd4, 0xd5),
  Buffer.from('se\xf1or-se\xf1or', 'latin1'),
  Buffer.from('\xff', 'latin1'),
  // Surrogates and overlong forms, which a lenient reader would take.
  bytes(0xed, 0xa0, 0x80, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41),
  bytes(0xc0, 0xaf, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41),
]

test('a password file that is not UTF-8 is refused, whether to log in or to set it', async () => {
  for (const content of OTHER_ENCODINGS) {
    write(Buffer.concat([content, Buffer.from('\n')]))
    await rejects(read(), 'usage')
    await rejects(set(), 'usage')
    assert.match(await said(read()), 'is not text in UTF-8')
  }
})

test('only the first line counts: what comes below may be anything', async () => {
  write(Buffer.concat([Buffer.from('a password\n'), bytes(0xff, 0xfe, 0)]))
  assert.is(await read(), 'a password')
})

test('a byte order mark is no part of a secret', async () => {
  write('\ufeffpass-пароль\r\n')
  assert.is(await read(), 'pass-пароль')
  // A second one is.
  write('\ufeff\ufeffpassword')
  assert.is(await read(), '\ufeffpassword')
  const invitation = createInvitation()
  write(`\ufeff${invitation}\r\n`)
  assert.is(givenInvitation(file), invitation)
  write(`\ufeff{"${KDC}": {"alice": "her password"}}`, credentialsPath())
  assert.is(await new Passwords({ username: 'alice', kdc: KDC }).get(), 'her password')
  write(
    `\ufeff${JSON.stringify({ version: 1, kdc: KDC, kdc_key: KEY, username: 'printer', password: 'pw' })}`,
  )
  assert.is(readKeytab(file).username, 'printer')
})

test('UTF-16 is named, with a mark and without, and NUL is no character of a secret', async () => {
  const little = Buffer.from('correct horse\r\n', 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const content of [
    Buffer.concat([bytes(0xff, 0xfe), little]),
    Buffer.concat([bytes(0xfe, 0xff), big]),
    little,
    big,
  ]) {
    write(content)
    await rejects(read(), 'usage')
    assert.match(await said(read()), 'UTF-16')
    assert.match(await said(set()), 'UTF-16')
    write(content, credentialsPath())
    assert.throws(() => readCredentials(), /UTF-16/)
    rmSync(credentialsPath())
  }
})

test('U+FFFD, which stands for what was lost, is not set; who has such a password still logs in', async () => {
  write('pass\ufffdword\n')
  await rejects(set(), 'usage')
  assert.is(await read(), 'pass\ufffdword')
  // Node reads the environment leniently: there it may stand for any byte.
  process.env.SYMBOLON_PASSWORD = 'pass\ufffdword'
  await rejects(new Passwords({ username: 'alice' }).get(), 'usage')
  await rejects(readNewPassword({ username: 'alice' }), 'usage')
})

test('credentials, keytabs and known KDCs in another encoding are refused, and not quoted', async () => {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  write(latin(`{"${KDC}": {"alice": "se\xf1or"}}`), credentialsPath())
  assert.throws(() => readCredentials(), /is not text in UTF-8/)
  rmSync(credentialsPath())
  write(latin(`{"version":1,"kdc":"${KDC}","kdc_key":"${KEY}","username":"printer","password":"se\xf1or"}`))
  assert.throws(() => readKeytab(file), /is not text in UTF-8/)
  write(latin(`http://se\xf1or:8800 ${KEY}\n`), knownKdcsPath())
  assert.throws(() => readKnownKdcs(), /is not text in UTF-8/)
})

test('half a character in the credentials, or in a keytab, is no password', async () => {
  write(`{"${KDC}": {"alice": "\\ud800 and more"}}`, credentialsPath())
  await rejects(new Passwords({ username: 'alice', kdc: KDC }).get(), 'usage')
  rmSync(credentialsPath())
  write(`{"version":1,"kdc":"${KDC}","kdc_key":"${KEY}","username":"printer","password":"\\ud800 and more"}`)
  await rejects(new Passwords({ username: 'printer', keytab: file }).get(), 'usage')
})

test('nor does the library take one: to OPAQUE every half would be the same', async () => {
  for (const half of ['\ud800 and more', 'more \udc00']) {
    const [began, registered] = [startLogin(half), startRegistration(half)].map((promise) =>
      promise.then(
        () => 'taken',
        (error: Error) => error.constructor.name,
      ),
    )
    assert.equal([await began, await registered], ['TypeError', 'TypeError'])
  }
})

test('known KDCs are read as Windows leaves them', () => {
  write(`\ufeff${KDC} ${KEY}\r\nhttp://kdc.example:8800 ${KEY} demo\r\n\r\n`, knownKdcsPath())
  assert.equal(
    [...readKnownKdcs()],
    [
      [KDC, { key: KEY, demo: false }],
      ['http://kdc.example:8800', { key: KEY, demo: true }],
    ],
  )
})

test('a mistyped invitation is told from one that is not known, and not quoted', () => {
  const invitation = createInvitation()
  const flaws: [string, RegExp][] = [
    [invitation.slice(1), /has 21 characters, not 22/],
    [`${invitation}x`, /has 23 characters, not 22/],
    [`${invitation.slice(0, 4)}!${invitation.slice(5)}`, /character 5 /],
    [`${invitation.slice(0, 4)} ${invitation.slice(5)}`, /character 5 /],
    [`${invitation.slice(0, -1)}B`, /last character/],
    ['', /has 0 characters/],
  ]
  for (const [text, words] of flaws) {
    write(text)
    assert.throws(() => givenInvitation(file), words)
  }
})

onLinux(test)('what never ends is not read for ever', async () => {
  const path = '/dev/zero'
  assert.match(await said(new Passwords({ username: 'alice', passwordFile: path }).get()), 'it is too large')
  assert.throws(() => givenInvitation(path), /it is too large/)
  assert.throws(() => readKeytab(path), /it is too large/)
  throws(() => readKeyFile('master', path), 'EFBIG')
  assert.throws(() => readTls(path, file), /it is too large/)
})

test('what is far too large is refused before it is in memory', async () => {
  const large = Buffer.alloc(20_000_000, 'a')
  write(large)
  const before = process.memoryUsage().arrayBuffers
  assert.match(await said(read()), 'it is too large')
  assert.throws(() => readKeytab(file), /too large/)
  throws(() => readKeyFile('master', file), 'EFBIG')
  write(large, credentialsPath())
  assert.throws(() => readCredentials(), /too large/)
  rmSync(credentialsPath())
  write(large, knownKdcsPath())
  assert.throws(() => readKnownKdcs(), /too large/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
})

test('an empty password is said with where it is from', async () => {
  const hints = new Set<string | undefined>()
  const refused = (promise: Promise<unknown>): Promise<string> =>
    promise.then(String, (error: UsageError) => {
      hints.add(error.hint)
      return error.message
    })
  write('\nof no use\n')
  for (const promise of [read(), set()]) {
    assert.is(await refused(promise), `the password is empty: the first line of ${file}`)
  }
  write(JSON.stringify({ [KDC]: { alice: '' } }), credentialsPath())
  const stored = await refused(new Passwords({ username: 'alice', kdc: KDC }).get())
  assert.is(stored, `the password is empty: ${credentialsPath()}`)
  write(formatKeytab({ kdc: KDC, kdcKey: KEY, username: 'printer', password: '' }))
  const service = await refused(new Passwords({ username: 'printer', keytab: file }).get())
  assert.is(service, `the password is empty: ${file}`)
  assert.equal([...hints], ['write it there, or do without, to be asked for it'])
})

test('a directory, or nothing, in place of a file is said in words', async () => {
  const directory = dirname(credentialsPath())
  const none = join(home, 'none')
  assert.match(
    await said(new Passwords({ username: 'alice', passwordFile: directory }).get()),
    'it is a directory',
  )
  assert.match(
    await said(new Passwords({ username: 'alice', passwordFile: none }).get()),
    'there is no such file',
  )
  assert.throws(() => readKeytab(directory), /it is a directory/)
  assert.throws(() => givenInvitation(directory), /it is a directory/)
  throws(() => readKeyFile('master', none), 'key_file_missing')
})

test.run()
