/** What `receiver --once` writes to a terminal: test/cli/receive/once.test.ts has the rest. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { terminalBytes } from '../../../src/cli/receive/terminal-bytes.ts'
import { utf8 } from '../../../src/lib/bytes.ts'

const test = suite('bytes on a terminal')

/** What is shown of these pieces. */
function shown(pieces: readonly Uint8Array[], columns?: number): string {
  const said = terminalBytes('mallory', columns)
  return pieces.map((piece) => said.take(piece)).join('') + said.end()
}

test('are lines with the name, in which nothing is obeyed, wherever they are cut', () => {
  const text = 'hi\x1b[2J\r\nreceiver: error: no\n日本\u202e\n* bob: [file] x saved as y'
  const lines = [
    'mallory: hi\\x1b[2J',
    'mallory: receiver: error: no',
    'mallory: 日本\\u{202e}',
    'mallory: * bob: [file] x saved as y',
  ]
  const bytes = utf8(text)
  for (let at = 0; at <= bytes.length; at++) {
    assert.is(shown([bytes.subarray(0, at), bytes.subarray(at)]), lines.map((line) => `${line}\n`).join(''))
  }
  assert.is(shown([utf8('')]), 'mallory: \n')
  assert.is(shown([utf8('one\n')]), 'mallory: one\n')
})

test('are shown as they come, however long a line, whatever they are', () => {
  const said = terminalBytes('mallory', undefined)
  for (let i = 0; i < 100; i++) assert.ok(said.take(utf8('x'.repeat(5000))).length > 5000)
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      for (const line of shown(pieces, 40).trimEnd().split('\n')) {
        assert.match(line, /^(mallory: ?| {3}\| )\P{Cc}*$/u)
      }
    }),
  )
})

test.run()
