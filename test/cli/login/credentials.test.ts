import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { credentialsPath, readCredentials, updateCredentials } from '../../../src/cli/login/credentials.ts'
import { formatKeytab, readKeytab } from '../../../src/cli/login/keytab.ts'
import { withFreshLogin } from '../../../src/cli/login/login.ts'
import { Passwords, readNewPassword } from '../../../src/cli/login/password.ts'
import { refuseIfShared } from '../../../src/files/private-files.ts'
import { type ProtocolCode, ProtocolError } from '../../../src/lib/errors.ts'
import { asRoot, onPosix } from '../../helpers/needs.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('passwords and where they come from')
const KDC = 'http://127.0.0.1:8800'
let home = ''

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  process.env.XDG_CONFIG_HOME = home
  delete process.env.SYMBOLON_PASSWORD
})

test.after.each(() => rmSync(home, { recursive: true }))

const store = (username: string, password: string) =>
  updateCredentials((credentials) => {
    credentials.set(KDC, (credentials.get(KDC) ?? new Map()).set(username, password))
  })

test('the credentials file keeps what it is given, whatever the names, for its owner only', () => {
  store('alice', 'with "quotes", \\ and spaces ')
  store('__proto__', 'harmless')
  const read = readCredentials().get(KDC)
  assert.is(read?.get('alice'), 'with "quotes", \\ and spaces ')
  assert.is(read?.get('__proto__'), 'harmless')
  assert.is(({} as { alice?: string }).alice, undefined)
  if (process.platform !== 'win32') assert.is(statSync(credentialsPath()).mode & 0o777, 0o600)
  assert.equal(readdirSync(dirname(credentialsPath())), ['credentials'], 'no temporary file stays')
})

test('a file without entries is removed', () => {
  store('alice', 'pw')
  updateCredentials((credentials) => credentials.clear())
  assert.not(existsSync(credentialsPath()))
})

onPosix(test)('a file that others can read is refused, and left as it is', async () => {
  store('alice', 'pw')
  chmodSync(credentialsPath(), 0o644)
  assert.throws(() => readCredentials(), /can be read by other users \(mode 0644\)/)
  assert.throws(() => store('bob', 'pw'), /can be read by other users/)
  assert.match(readFileSync(credentialsPath(), 'utf8'), 'alice')
})

asRoot(test)('a file that belongs to another user is refused', () => {
  store('alice', 'pw')
  chownSync(credentialsPath(), 65534, 65534)
  assert.not.throws(() => refuseIfShared(dirname(credentialsPath())))
  throws(() => readCredentials(), 'file_not_private')
})

test('a damaged file is refused without quoting it, and left as it is', () => {
  store('alice', 'pw')
  for (const text of [
    '{"http://x": {"alice": "hidden',
    '[]',
    '{"http://x": "hidden"}',
    '{"http://x": {"a": 1}}',
  ]) {
    writeFileSync(credentialsPath(), text)
    try {
      readCredentials()
      assert.unreachable(text)
    } catch (error) {
      assert.match(String(error), 'is not a credentials file')
      assert.not.match(String((error as Error).stack) + String((error as Error).cause), 'hidden')
    }
    assert.is(readFileSync(credentialsPath(), 'utf8'), text)
  }
})

test('a password comes from the file named, then the environment, then the credentials file', async () => {
  const file = join(home, 'pw')
  writeFileSync(file, 'from the file\r\nsecond line\n', { mode: 0o600 })
  store('alice', 'from the credentials')
  assert.is(await new Passwords({ username: 'alice', kdc: KDC }).get(), 'from the credentials')
  process.env.SYMBOLON_PASSWORD = 'from the environment'
  assert.is(await new Passwords({ username: 'alice', kdc: KDC }).get(), 'from the environment')
  assert.is(await new Passwords({ username: 'alice', kdc: KDC, passwordFile: file }).get(), 'from the file')
  assert.is(await readNewPassword({ username: 'carol', passwordFile: file }), 'from the file')
})

test('a changed credentials file is found at the next login', async () => {
  store('alice', 'old')
  const password = new Passwords({ username: 'alice', kdc: KDC }).get
  assert.is(await password(), 'old')
  store('alice', 'new')
  assert.is(await password(), 'new')
  // Gone from the file, it is remembered: in the middle of a conversation no person can be asked.
  updateCredentials((credentials) => credentials.clear())
  assert.is(await password(), 'new')
})

test('the same password typed in two Unicode forms is the same', async () => {
  process.env.SYMBOLON_PASSWORD = 'cafe\u0301'
  assert.is(await new Passwords({ username: 'alice' }).get(), 'caf\u00e9')
})

test('a password that is set has eight characters, whatever they take', async () => {
  process.env.SYMBOLON_PASSWORD = '\u{1f600}'.repeat(4)
  await rejects(readNewPassword({ username: 'alice' }), 'usage')
  process.env.SYMBOLON_PASSWORD = '\u{1f600}'.repeat(7)
  await rejects(readNewPassword({ username: 'alice' }), 'usage')
  process.env.SYMBOLON_PASSWORD = '\u{1f600}'.repeat(8)
  assert.is(await readNewPassword({ username: 'alice' }), process.env.SYMBOLON_PASSWORD)
})

test('a keytab comes back as it was written', () => {
  const keytab = { kdc: KDC, kdcKey: 'A'.repeat(43), username: 'printer', password: 'secret' }
  const file = join(home, 'keytab')
  writeFileSync(file, formatKeytab(keytab), { mode: 0o600 })
  assert.equal(readKeytab(file), keytab)
})

onPosix(test)('a keytab that others can read is refused', () => {
  const keytab = { kdc: KDC, kdcKey: 'A'.repeat(43), username: 'printer', password: 'secret' }
  const file = join(home, 'keytab')
  writeFileSync(file, formatKeytab(keytab), { mode: 0o600 })
  chmodSync(file, 0o644)
  throws(() => readKeytab(file), 'file_not_private')
})

test('a password is changed after another login when the last is too long ago', async () => {
  const session = (...codes: ProtocolCode[]) => {
    const calls: string[] = []
    return {
      calls,
      renew: async () => {
        calls.push('renew')
      },
      changePassword: async (password: string) => {
        calls.push(password)
        const code = codes.shift()
        if (code) throw new ProtocolError(code, 'no')
      },
    }
  }
  const fresh = session()
  await withFreshLogin(fresh, () => fresh.changePassword('new'))
  assert.equal(fresh.calls, ['new'])
  const stale = session('login_stale')
  await withFreshLogin(stale, () => stale.changePassword('new'))
  assert.equal(stale.calls, ['new', 'renew', 'new'])
  const staleAgain = session('login_stale', 'login_stale')
  await rejects(
    withFreshLogin(staleAgain, () => staleAgain.changePassword('new')),
    'login_stale',
  )
  assert.equal(staleAgain.calls, ['new', 'renew', 'new'])
  const refused = session('token_unknown')
  await rejects(
    withFreshLogin(refused, () => refused.changePassword('new')),
    'token_unknown',
  )
  assert.equal(refused.calls, ['new'])
})

test('an empty or endless password, a missing file and a missing terminal are said plainly', async () => {
  process.env.SYMBOLON_PASSWORD = ''
  await rejects(new Passwords({ username: 'alice' }).get(), 'usage')
  process.env.SYMBOLON_PASSWORD = 'x'.repeat(1025)
  await rejects(new Passwords({ username: 'alice' }).get(), 'usage')
  delete process.env.SYMBOLON_PASSWORD
  const open = join(home, 'open')
  writeFileSync(open, 'for all to read', { mode: 0o644 })
  if (process.platform !== 'win32') {
    await rejects(new Passwords({ username: 'alice', passwordFile: open }).get(), 'file_not_private')
  }
  const missing = await new Passwords({ username: 'alice', passwordFile: join(home, 'none') })
    .get()
    .catch(String)
  assert.match(missing, 'cannot read the password file')
  await rejects(new Passwords({ username: 'alice', kdc: KDC }).get(), 'usage')
})

test.run()
