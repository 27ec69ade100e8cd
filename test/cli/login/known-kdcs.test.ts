/** The keys of known KDCs: which are remembered, and from whom they are taken. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyJudge, knownKdcsPath, readKnownKdcs, updateKnownKdcs } from '../../../src/cli/login/known-kdcs.ts'
import { onPosix } from '../../helpers/needs.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('known KDCs')
const KDC = 'http://127.0.0.1:8800'
const [KEY, OTHER] = ['A'.repeat(43), `${'B'.repeat(42)}A`]
let home = ''
let told: string[] = []
const judge = async (key: string, proven: boolean, given?: string) =>
  keyJudge(KDC, given, (remembered) => told.push(remembered))(key, proven)

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  process.env.XDG_CONFIG_HOME = home
  told = []
})

test.after.each(() => rmSync(home, { recursive: true }))

test('a key that a KDC has only said is its own is not remembered', async () => {
  await judge(KEY, false)
  assert.equal([...readKnownKdcs()], [])
  assert.not(existsSync(knownKdcsPath()))
  assert.equal(told, [])
  // What answered then may be another than what proves to have a key.
  await judge(OTHER, true)
  assert.is(readKnownKdcs().get(KDC)?.key, OTHER)
  assert.equal(told, [OTHER])
})

test('one that is known is expected from then on, proven or not', async () => {
  await judge(KEY, true)
  for (const proven of [true, false]) {
    await judge(KEY, proven)
    await rejects(judge(OTHER, proven), 'kdc_key_changed')
  }
  assert.equal(told, [KEY])
  // The one on the command line goes before, and is not remembered.
  await judge(OTHER, true, OTHER)
  await rejects(judge(KEY, true, OTHER), 'kdc_key_changed')
  assert.is(readKnownKdcs().get(KDC)?.key, KEY)
})

onPosix(test)('a file in which others could look, or write, is not believed, and left as it is', async () => {
  await judge(KEY, true)
  const before = readFileSync(knownKdcsPath(), 'utf8')
  for (const mode of [0o640, 0o620, 0o610, 0o604, 0o602, 0o601]) {
    chmodSync(knownKdcsPath(), mode)
    throws(() => readKnownKdcs(), 'file_not_private')
    await rejects(judge(KEY, true), 'file_not_private')
    await rejects(judge(OTHER, true), 'file_not_private')
    throws(() => updateKnownKdcs((kdcs) => kdcs.clear()), 'file_not_private')
  }
  chmodSync(knownKdcsPath(), 0o600)
  assert.is(readFileSync(knownKdcsPath(), 'utf8'), before)
})

test.run()
