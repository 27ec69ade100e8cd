import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OpenedTokens } from '../../../src/kdc/keys/opened-tokens.ts'
import { Secret } from '../../../src/lib/secret.ts'

const tokens = suite('opened tokens')

const token = () => new Secret('session token', new Uint8Array(32).fill(9))

/** Whether somebody has wiped it. */
function isWiped(secret: Secret): boolean {
  try {
    secret.reveal()
    return false
  } catch {
    return true
  }
}

tokens('are found by what they are derived from, and by nothing else', () => {
  const opened = new OpenedTokens()
  const kept = token()
  opened.add('a', kept)
  assert.is(opened.get('a'), kept)
  assert.is(opened.get('b'), undefined)
})

tokens('of those that nobody asks for are wiped, however many come', () => {
  const opened = new OpenedTokens()
  const [unused, used] = [token(), token()]
  opened.add('unused', unused)
  opened.add('used', used)
  for (let i = 0; i < 3 * 2048; i++) {
    opened.add(`other ${i}`, token())
    assert.is(opened.get('used'), used)
  }
  assert.ok(isWiped(unused))
  assert.not(isWiped(used))
  assert.is(opened.get('unused'), undefined)
  assert.ok(opened.size <= 2 * 2048 + 1)
})

tokens('are wiped after a while, and the process need not wait for that', () => {
  const set = globalThis.setInterval
  let age: () => void = () => undefined
  let isUnreferenced = false
  const timer = {
    unref() {
      isUnreferenced = true
      return timer
    },
  }
  globalThis.setInterval = ((run: () => void) => {
    age = run
    return timer
  }) as unknown as typeof setInterval
  try {
    const opened = new OpenedTokens()
    const kept = token()
    opened.add('a', kept)
    assert.ok(isUnreferenced)
    age()
    assert.not(isWiped(kept))
    age()
    assert.ok(isWiped(kept))
    assert.is(opened.size, 0)
  } finally {
    globalThis.setInterval = set
  }
})

tokens.run()
