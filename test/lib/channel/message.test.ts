import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EMPTY, utf8 } from '../../../src/lib/bytes.ts'
import { Message } from '../../../src/lib/channel/message.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('message')

test('is what was said, as bytes and as text', () => {
  const message = new Message(utf8('what was said'))
  assert.is(message.length, 13)
  assert.equal(message.bytes, utf8('what was said'))
  assert.is(message.text, 'what was said')
  assert.is(new Message(EMPTY).text, '')
})

test('has the same bytes each time, so that whoever wipes them wipes them for all', () => {
  const message = new Message(utf8('what was said'))
  message.bytes.fill(0x2e)
  assert.is(message.text, '.............')
})

test('is not printed with what it says', () => {
  const message = new Message(utf8('what was said'))
  for (const text of [inspect(message), JSON.stringify(message), `${message}`])
    assert.not.match(text, /119|what was said/)
})

test('that is not UTF-8 has bytes, and no text', () => {
  const message = new Message(Uint8Array.of(0x61, 0xff))
  assert.equal(message.bytes, Uint8Array.of(0x61, 0xff))
  throws(() => message.text, 'malformed')
})

test.run()
