/** What is said of a file beside its content: which frames are taken. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../../src/lib/bytes.ts'
import { readItem } from '../../../src/lib/transfer/frames.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('attributes of items')

const item = (fields: object) => readItem(utf8(JSON.stringify(fields)))
const FILE = { kind: 'file', name: 'tool', size: 3 }

test('are taken of files; of directories the time alone; of bytes none', () => {
  const attributes = { executable: true, modified_at: Number.MAX_SAFE_INTEGER }
  assert.equal(item({ ...FILE, ...attributes }), { ...FILE, ...attributes })
  const directory = { kind: 'directory', name: 'bin', modified_at: 0 }
  assert.equal(item(directory), directory)
  throws(() => item({ ...directory, executable: true }), 'malformed')
  for (const field of [{ executable: true }, { modified_at: 0 }]) {
    throws(() => item({ kind: 'bytes', name: 'x', ...field }), 'malformed')
  }
})

test('that are not whole seconds from 0 on, or no boolean, are refused, and so is any other bit of a mode', () => {
  for (const modified_at of [-1, 0.5, 2 ** 53, '0', null])
    throws(() => item({ ...FILE, modified_at }), 'malformed')
  for (const executable of [1, 'true', null]) throws(() => item({ ...FILE, executable }), 'malformed')
  for (const other of ['mode', 'setuid']) throws(() => item({ ...FILE, [other]: 0o4755 }), 'malformed')
})

test.run()
