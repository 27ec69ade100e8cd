import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatKeys } from '../../../src/files/key-file.ts'
import { openData } from '../../../src/kdc/data.ts'
import { loadMasterKeys, saveMasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { loadOpaqueKeys } from '../../../src/kdc/keys/opaque-keys.ts'
import { createPasswordChecker } from '../../../src/kdc/passwords/passwords.ts'
import { START, temporaryDirectory } from '../../helpers/kdc.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const keys = suite<{ directory: ReturnType<typeof temporaryDirectory> }>('keys')

keys.before.each((context) => {
  context.directory = temporaryDirectory()
})
keys.after.each(({ directory }) => directory.remove())

/** Loads one file of keys, making it if need be. @returns what it holds, as text. */
const LOADERS: Record<string, (directory: string) => Promise<string>> = {
  'opaque-setup.key': async (directory) => (await loadOpaqueKeys(directory, { create: true })).setup,
  'master.key': async (directory) => loadMasterKeys(join(directory, 'master.key')).toText(),
}

for (const [name, load] of Object.entries(LOADERS)) {
  keys(`${name} is made once and stays`, async ({ directory }) => {
    assert.is(await load(directory.path), await load(directory.path))
  })

  keys(`${name} is readable by its owner only, and nothing else is left`, async ({ directory }) => {
    await load(directory.path)
    assert.equal(readdirSync(directory.path), [name])
    assert.is(statSync(join(directory.path, name)).mode & 0o777, 0o600)
  })

  keys(`${name} is the same for all who start at once`, async ({ directory }) => {
    // Each has seen that there is none before any has made one.
    const all = await Promise.all(Array.from({ length: 4 }, () => load(directory.path)))
    assert.is(new Set(all).size, 1)
    assert.equal(readdirSync(directory.path), [name])
  })

  keys(`a ${name} with any character changed, or cut short, is refused`, async ({ directory }) => {
    await load(directory.path)
    const path = join(directory.path, name)
    const good = readFileSync(path, 'latin1')
    const middle = Math.floor(good.length / 2)
    const flipped = good[middle] === 'A' ? 'B' : 'A'
    const damaged = [
      good.slice(0, middle) + flipped + good.slice(middle + 1),
      good.slice(0, -1),
      good.slice(0, -3),
      good.slice(0, middle),
      '',
      '\n',
      `${good}\n`,
      good.replace(/^[a-z-]+/, 'other'),
    ]
    for (const text of damaged) {
      writeFileSync(path, text)
      await rejects(load(directory.path), 'key_file_damaged')
    }
  })

  keys(`a ${name} that others can read is refused`, async ({ directory }) => {
    await load(directory.path)
    const path = join(directory.path, name)
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(path, mode)
      await rejects(load(directory.path), 'file_not_private')
    }
  })
}

keys('do not print', async ({ directory }) => {
  const opaque = await loadOpaqueKeys(directory.path, { create: true })
  const master = loadMasterKeys(join(directory.path, 'master.key'))
  for (const [loaded, text] of [
    [opaque, opaque.setup],
    [master, Buffer.from(master.current.bytes).toString('base64url')],
  ] as const) {
    const printed = `${inspect(loaded, { showHidden: true, depth: 9 })} ${JSON.stringify(loaded)} ${loaded}`
    assert.not.match(printed, text)
    assert.not.match(printed, inspect(master.current.bytes).slice(20, 60))
  }
})

keys(
  'the OPAQUE keys are one, the master keys any number of which the first seals',
  async ({ directory }) => {
    const setupFile = join(directory.path, 'opaque-setup.key')
    await loadOpaqueKeys(directory.path, { create: true })
    const line = readFileSync(setupFile, 'latin1')
    writeFileSync(setupFile, line + line)
    await rejects(loadOpaqueKeys(directory.path, { create: true }), 'key_file_damaged')

    const masterFile = join(directory.path, 'master.key')
    const first = loadMasterKeys(masterFile)
    saveMasterKeys(masterFile, first.rotated(new Set(first.numbers)))
    const both = loadMasterKeys(masterFile)
    assert.is(both.numbers.length, 2)
    assert.equal(both.find(first.current.number), first.current)
    assert.is.not(both.current.number, first.current.number)
    assert.equal(both.rotated(new Set([both.current.number])).numbers.slice(1), [both.current.number])
    assert.is(statSync(masterFile).mode & 0o777, 0o600)
  },
)

keys('a master key of another length is refused', ({ directory }) => {
  const path = join(directory.path, 'master.key')
  writeFileSync(path, formatKeys('master', [new Uint8Array(31)]), { mode: 0o600 })
  throws(() => loadMasterKeys(path), 'key_file_damaged')
})

const data = suite<{ directory: ReturnType<typeof temporaryDirectory> }>('data directory')
data.before.each((context) => {
  context.directory = temporaryDirectory()
})
data.after.each(({ directory }) => directory.remove())

data(
  'without the keys that its accounts depend on is refused, and makes no others',
  async ({ directory }) => {
    await (await openData(directory.path)).store.close()
    rmSync(join(directory.path, 'opaque-setup.key'))
    await rejects(openData(directory.path), 'key_file_missing')
    assert.not.ok(readdirSync(directory.path).includes('opaque-setup.key'))
  },
)

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
  const registrar = createPasswordChecker(first.opaqueKeys.setup)
  const record = await registrar.register('alice', 'correct horse')
  await first.store.accounts.create({ username: 'alice', record, createdAt: START })
  await registrar.close()
  await first.store.close()
  const second = await openData(directory.path)
  const checker = createPasswordChecker(second.opaqueKeys.setup)
  const stored = await second.store.accounts.find('alice')
  assert.is(await checker.check('alice', 'correct horse', stored?.record ?? null), true)
  await checker.close()
  await second.store.close()
})

keys.run()
data.run()
