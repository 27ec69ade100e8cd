import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromUtf8, utf8 } from '../../../src/lib/bytes.ts'
import { Message } from '../../../src/lib/channel/message.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('message')

const source = utf8('before|what was said|after')

test('is a part of what it came in, as bytes and as text', () => {
  const message = new Message(source, 7, 20)
  assert.is(message.length, 13)
  assert.equal(message.bytes, utf8('what was said'))
  assert.is(message.text, 'what was said')
  assert.is(new Message(source).text, fromUtf8(source))
  assert.is(new Message(source, 7, 7).text, '')
})

test('has the same bytes each time, so that whoever wipes them wipes them for all', () => {
  const message = new Message(source.slice(), 7, 20)
  message.bytes.fill(0x2e)
  assert.is(message.text, '.............')
})

test('does not keep what it came in when it is short, and is not copied when it is long', () => {
  const came = new Uint8Array(65_000)
  assert.is(new Message(came, 10, 74).bytes.buffer.byteLength, 64)
  assert.is(new Message(came, 10, 75).bytes.buffer, came.buffer)
  assert.is(new Message(came, 10, 75).bytes.byteOffset, 10)
})

test('that is not UTF-8 has bytes, and no text', () => {
  const message = new Message(Uint8Array.of(0x61, 0xff))
  assert.equal(message.bytes, Uint8Array.of(0x61, 0xff))
  throws(() => message.text, 'malformed')
})

test.run()
