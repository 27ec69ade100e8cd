/** What is typed where nothing is shown: bytes, of which only UTF-8 is text. */
import { EventEmitter } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { promptSecret } from '../../../src/cli/login/prompt.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('a question whose answer is not shown')

/** A terminal of which each key, or what was pasted, comes as it is given. */
class Keys extends EventEmitter {
  readonly isTTY = true
  raw = false
  setRawMode(raw: boolean): this {
    this.raw = raw
    return this
  }
  pause(): this {
    return this
  }
  resume(): this {
    return this
  }
}

async function ask(...chunks: (string | Uint8Array)[]): Promise<string> {
  const keys = new Keys()
  const answer = promptSecret('password: ', 'none', { stdin: keys, stderr: { write: () => true } })
  assert.ok(keys.raw, 'no echo')
  for (const chunk of chunks) keys.emit('data', Buffer.from(chunk))
  try {
    return await answer
  } finally {
    assert.not(keys.raw)
    assert.is(keys.listenerCount('data'), 0)
  }
}

test('characters arrive whole, however they are cut', async () => {
  const bytes = Buffer.from('пароль😀')
  assert.is(await ask(bytes, '\r'), 'пароль😀')
  assert.is(await ask(...[...bytes].map((byte) => Uint8Array.of(byte)), '\n'), 'пароль😀')
})

test('bytes that are not UTF-8 are refused: they would all be the same', async () => {
  for (const typed of [[0xff], [0xf1, 0xf2], [0xd0], [0xed, 0xa0, 0x80]]) {
    await rejects(ask(Uint8Array.from(typed), '\r'), 'usage')
    await rejects(ask('pass', Uint8Array.from(typed), 'word\r'), 'usage')
  }
  const said = await ask(Uint8Array.of(0xff), '\r').catch((error: Error) => error.message)
  assert.match(said, 'UTF-8')
})

test('backspace takes a character, whatever it takes to say it, and never half of one', async () => {
  assert.is(await ask('aé😀', '\x7f', '\x7f', 'x\r'), 'ax')
  assert.is(await ask('\x7f\x7f\b', 'a\r'), 'a')
  // Of what is no character, a byte.
  assert.is(await ask('a', Uint8Array.of(0xff), '\x7f', 'b\r'), 'ab')
  assert.is(await ask('wrong\x15right\r'), 'right')
})

test('keys that are not characters leave nothing behind', async () => {
  assert.is(await ask('a\x1b[Ab\x1b[1;5Cc\x1bOPd\r'), 'abcd')
  // What is pasted comes in brackets, and may come in pieces.
  assert.is(await ask('\x1b', '[200~pass word\x1b[20', '1~\r'), 'pass word')
  assert.is(await ask('tab\there\r'), 'tabhere')
})

test('Ctrl+D ends it, Ctrl+C gives up', async () => {
  assert.is(await ask('as it is\x04'), 'as it is')
  assert.is(await ask('half\x03').catch((error: Error) => error.message), 'cancelled')
})

test.run()
