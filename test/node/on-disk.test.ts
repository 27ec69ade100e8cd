/** Keytabs and credentials, as programs read them. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatKeytab } from '../../src/cli/login/keytab.ts'
import { startTestRealm } from '../../src/kdc/index.ts'
import { FileError, loginWithKeytab, readCredentials, readKeytab } from '../../src/node/index.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { onPosix } from '../helpers/needs.ts'
import { rejects, throws } from '../helpers/throws.ts'

const test = suite<{ path: string; remove(): void }>('keytabs and credentials of programs')

test.before.each((context) => {
  Object.assign(context, temporaryDirectory())
  process.env.XDG_CONFIG_HOME = context.path
})
test.after.each(({ remove }) => remove())

const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 })

test('a service logs in with its keytab, to its own KDC only', async ({ path }) => {
  await using realm = await startTestRealm({ accounts: ['printer'] })
  const file = join(path, 'printer.keytab')
  const keytab = {
    kdc: realm.url,
    kdcKey: realm.publicKey,
    username: 'printer',
    password: realm.passwords.printer,
  }
  write(file, formatKeytab(keytab))
  assert.equal(readKeytab(file), keytab)
  await using printer = await loginWithKeytab(file)
  assert.is(printer.username, 'printer')
  write(file, formatKeytab({ ...keytab, kdcKey: 'A'.repeat(43) }))
  await rejects(loginWithKeytab(file), 'kdc_key_changed')
})

test('what cannot be read is told by a code', ({ path }) => {
  const file = join(path, 'x.keytab')
  throws(() => readKeytab(file), 'file_not_readable')
  throws(() => readKeytab(path), 'file_not_readable')
  write(file, 'not a keytab')
  throws(() => readKeytab(file), 'file_not_readable')
  try {
    readKeytab(file)
  } catch (error) {
    assert.instance(error, FileError)
    assert.not.match(String((error as Error).cause ?? ''), 'not a keytab')
  }
})

onPosix(test)('what others could read is refused', ({ path }) => {
  const file = join(path, 'x.keytab')
  write(file, 'not a keytab')
  chmodSync(file, 0o644)
  throws(() => readKeytab(file), 'file_not_private')
})

test('credentials are passwords by KDC and username', ({ path }) => {
  assert.is(readCredentials().size, 0)
  mkdirSync(join(path, 'symbolon'), { mode: 0o700 })
  const file = join(path, 'symbolon', 'credentials')
  write(file, '{"http://127.0.0.1:8800": {"alice": "hers"}}')
  assert.is(readCredentials().get('http://127.0.0.1:8800')?.get('alice'), 'hers')
  write(file, '[]')
  throws(() => readCredentials(), 'file_not_readable')
})

test('a wrong argument is named', async () => {
  for (const path of [undefined, 7, '', null]) {
    let error: unknown
    try {
      readKeytab(path as never)
    } catch (thrown) {
      error = thrown
    }
    assert.instance(error, TypeError)
    assert.match((error as Error).message, /readKeytab: path/)
    await loginWithKeytab(path as never).then(
      () => assert.unreachable(),
      (thrown) => assert.match(thrown.message, /loginWithKeytab: path/),
    )
  }
})

test.run()
