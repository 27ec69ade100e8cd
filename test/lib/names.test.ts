import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseUsername } from '../../src/lib/names.ts'
import { isLoopback, plainAddress } from '../../src/lib/network/address.ts'
import { throws } from '../helpers/throws.ts'

const test = suite('names and addresses')

test('usernames are lower-cased once, and follow one grammar', () => {
  assert.is(parseUsername('Alice'), 'alice')
  for (const name of ['a', '_', '0', 'bob-2', 'print.server', '__proto__', 'x'.repeat(64)]) {
    assert.is(parseUsername(name), name)
  }
})

test('anything else is refused, and not repeated in the message', () => {
  const wrong = [
    '',
    '.',
    '.a',
    '-a',
    '../x',
    'a b',
    'a/b',
    'x'.repeat(65),
    'al\u0131ce',
    '\u212a',
    'a\n',
    'a\u0000',
    'é',
  ]
  for (const name of wrong) {
    throws(() => parseUsername(name), 'invalid_name')
    try {
      parseUsername(name)
    } catch (error) {
      if (name.length > 3) assert.not.match((error as Error).message, name)
    }
  }
})

test('knows which addresses are this machine', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])
    assert.ok(isLoopback(host), host)
  for (const host of [
    '128.0.0.1',
    '127.0.0.1.example.com',
    '0.0.0.0',
    '::',
    '10.127.0.1',
    'localhost.example.com',
  ]) {
    assert.not(isLoopback(host), host)
  }
})

test('shows IPv4 addresses of a dual-stack socket plainly', () => {
  assert.is(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.is(plainAddress('2001:db8::1'), '2001:db8::1')
})

test.run()
