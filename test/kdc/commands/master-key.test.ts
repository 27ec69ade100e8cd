/** Where the master keys come from. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { masterKeysFrom, requireApart, requireMasterKeyFile } from '../../../src/kdc/commands/master-key.ts'
import { generateMasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { temporaryDirectory } from '../../helpers/kdc.ts'
import { throws } from '../../helpers/throws.ts'

const option = suite<{ directory: ReturnType<typeof temporaryDirectory>; file: string }>('master key')

option.before.each((context) => {
  context.directory = temporaryDirectory()
  context.file = join(context.directory.path, 'symbolon', 'master.key')
  process.env.XDG_CONFIG_HOME = context.directory.path
  delete process.env.SYMBOLON_MASTER_KEY
})
option.after.each(({ directory }) => directory.remove())

option('is taken from the environment, which has it no more afterwards', ({ file }) => {
  const keys = generateMasterKeys()
  const both = keys.rotated(new Set(keys.numbers))
  for (const [text, numbers] of [
    [keys.toText(), keys.numbers],
    // As a variable may have to have them: one line.
    [both.toText().trim().replace('\n', ' '), both.numbers],
  ] as const) {
    process.env.SYMBOLON_MASTER_KEY = text
    assert.equal(masterKeysFrom(undefined).numbers, numbers)
    assert.not.ok('SYMBOLON_MASTER_KEY' in process.env)
  }
  assert.not.ok(existsSync(file), 'none is made')
})

option('is made in its file the first time, and found there', ({ file }) => {
  const made = masterKeysFrom(undefined)
  assert.ok(existsSync(file))
  assert.equal(masterKeysFrom(undefined).numbers, made.numbers)
})

option('of a file that is named goes before the variable, which is gone all the same', ({ directory }) => {
  const inVariable = generateMasterKeys()
  process.env.SYMBOLON_MASTER_KEY = inVariable.toText()
  const named = join(directory.path, 'named.key')
  const keys = masterKeysFrom(named)
  assert.is.not(keys.current.number, inVariable.current.number)
  assert.ok(existsSync(named))
  assert.not.ok('SYMBOLON_MASTER_KEY' in process.env)
})

option('that is damaged is refused, wherever it is from', () => {
  const text = generateMasterKeys().toText()
  for (const damaged of [' ', 'x', text.slice(0, -5), `${text.slice(0, 20)}AAAA${text.slice(24)}`]) {
    process.env.SYMBOLON_MASTER_KEY = damaged
    throws(() => masterKeysFrom(undefined), 'key_file_damaged')
  }
})

option('that is empty is wrong usage, not another key', ({ file }) => {
  process.env.SYMBOLON_MASTER_KEY = ''
  throws(() => masterKeysFrom(undefined), 'usage')
  throws(() => requireMasterKeyFile(undefined), 'usage')
  assert.not.ok(existsSync(file), 'none is made')
})

option('has no place in the data directory, whose thief it is to keep out', ({ directory }) => {
  const data = join(directory.path, 'kdc')
  throws(() => requireApart(join(data, 'master.key'), data), 'usage')
  throws(() => requireApart(join(data, 'deep', 'master.key'), data), 'usage')
  throws(() => requireApart(join(data, '..', 'kdc', 'master.key'), `${data}/`), 'usage')
  // Nor the one among the user's settings, if those are the data directory.
  throws(() => requireApart(undefined, join(directory.path, 'symbolon')), 'usage')
  requireApart(join(directory.path, 'master.key'), data)
  requireApart(join(directory.path, 'kdc-2', 'master.key'), data)
  requireApart(undefined, data)
})

option('of the environment only its owner can change', ({ file }) => {
  assert.is(requireMasterKeyFile(undefined), file)
  process.env.SYMBOLON_MASTER_KEY = generateMasterKeys().toText()
  throws(() => requireMasterKeyFile(undefined), 'usage')
  assert.is(requireMasterKeyFile('named'), 'named')
})

option.run()
