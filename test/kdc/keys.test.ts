import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openData } from '../../src/kdc/data.ts'
import { loadKeys } from '../../src/kdc/keys.ts'
import { createPasswordChecker } from '../../src/kdc/passwords.ts'
import { rejects } from '../helpers/throws.ts'
import { START, temporaryDirectory } from './helpers.ts'

const keys = suite<{ directory: ReturnType<typeof temporaryDirectory> }>('keys')

keys.before.each((context) => {
  context.directory = temporaryDirectory()
})
keys.after.each(({ directory }) => directory.remove())

const FILES = ['master.key', 'opaque-setup.key']

keys('are made once and stay', async ({ directory }) => {
  const first = await loadKeys(directory.path, { create: true })
  const second = await loadKeys(directory.path, { create: true })
  assert.is(first.opaqueSetup, second.opaqueSetup)
  assert.equal(first.masterKey, second.masterKey)
  assert.is(first.masterKey.length, 32)
})

keys(
  'are files of their own, readable by their owner only, and nothing else is left',
  async ({ directory }) => {
    await loadKeys(directory.path, { create: true })
    assert.equal(readdirSync(directory.path).sort(), FILES)
    for (const file of FILES) assert.is(statSync(join(directory.path, file)).mode & 0o777, 0o600)
  },
)

keys('are the same for all who start at once', async ({ directory }) => {
  // Each has seen that there are none before any has made some.
  const all = await Promise.all(Array.from({ length: 4 }, () => loadKeys(directory.path, { create: true })))
  assert.is(new Set(all.map(({ opaqueSetup }) => opaqueSetup)).size, 1)
  assert.is(new Set(all.map(({ masterKey }) => Buffer.from(masterKey).toString('hex'))).size, 1)
  assert.equal(readdirSync(directory.path).sort(), FILES)
})

keys('do not print', async ({ directory }) => {
  const loaded = await loadKeys(directory.path, { create: true })
  const printed = `${inspect(loaded, { showHidden: true, depth: 9 })} ${JSON.stringify(loaded)} ${loaded}`
  assert.not.match(printed, loaded.opaqueSetup)
  assert.not.match(printed, Buffer.from(loaded.masterKey).toString('base64url'))
})

for (const name of FILES) {
  keys(`a ${name} with any character changed, or cut short, is refused`, async ({ directory }) => {
    await loadKeys(directory.path, { create: true })
    const path = join(directory.path, name)
    const good = readFileSync(path, 'latin1')
    const middle = Math.floor(good.length / 2)
    const flipped = good[middle] === 'A' ? 'B' : 'A'
    const damaged = [
      good.slice(0, middle) + flipped + good.slice(middle + 1),
      good.slice(0, -3),
      good.slice(0, middle),
      '',
      `${good}${good}`,
      good.replace(/^[a-z-]+/, 'other'),
    ]
    for (const text of damaged) {
      writeFileSync(path, text)
      await rejects(loadKeys(directory.path, { create: true }), 'key_file_damaged')
    }
  })

  keys(`a ${name} that others can read is refused`, async ({ directory }) => {
    await loadKeys(directory.path, { create: true })
    const path = join(directory.path, name)
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(path, mode)
      await rejects(loadKeys(directory.path, { create: true }), 'file_not_private')
    }
  })

  keys(`a ${name} that is missing beside a database is not replaced`, async ({ directory }) => {
    await (await openData(directory.path)).store.close()
    const path = join(directory.path, name)
    rmSync(path)
    await rejects(openData(directory.path), 'key_file_missing')
    assert.not.ok(readdirSync(directory.path).includes(name))
  })
}

const data = suite<{ directory: ReturnType<typeof temporaryDirectory> }>('data directory')
data.before.each((context) => {
  context.directory = temporaryDirectory()
})
data.after.each(({ directory }) => directory.remove())

data('is made for its owner only', async ({ directory }) => {
  const path = join(directory.path, 'a', 'kdc')
  await (await openData(path)).store.close()
  assert.is(statSync(path).mode & 0o777, 0o700)
})

data('is refused when others could put files into it', async ({ directory }) => {
  const path = join(directory.path, 'kdc')
  mkdirSync(path)
  chmodSync(path, 0o777)
  await rejects(openData(path), 'file_not_private')
  assert.equal(readdirSync(path), [])
})

data('opened again, knows its accounts and their passwords', async ({ directory }) => {
  const first = await openData(directory.path)
  const registrar = createPasswordChecker(first.keys.opaqueSetup)
  const record = await registrar.register('alice', 'correct horse')
  await first.store.createAccount({ username: 'alice', record, createdAt: START })
  await registrar.close()
  await first.store.close()
  const second = await openData(directory.path)
  const checker = createPasswordChecker(second.keys.opaqueSetup)
  const stored = await second.store.findAccount('alice')
  assert.is(await checker.check('alice', 'correct horse', stored?.record ?? null), true)
  await checker.close()
  await second.store.close()
})

keys.run()
data.run()
