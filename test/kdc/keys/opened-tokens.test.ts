import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OpenedTokens } from '../../../src/kdc/keys/opened-tokens.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'

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
  const real = { setInterval, clearInterval }
  const timers: {
    readonly age: () => void
    readonly ms: number
    isUnreferenced: boolean
    isOver: boolean
  }[] = []
  Object.assign(globalThis, {
    setInterval: (age: () => void, ms: number) => {
      const timer = {
        age,
        ms,
        isUnreferenced: false,
        isOver: false,
        unref() {
          timer.isUnreferenced = true
          return timer
        },
      }
      timers.push(timer)
      return timer
    },
    clearInterval: (timer: (typeof timers)[number]) => {
      timer.isOver = true
    },
  })
  try {
    const opened = new OpenedTokens()
    // Again after there was none for a while.
    for (const again of [1, 2]) {
      const [kept, later] = [token(), token()]
      opened.add('a', kept)
      opened.add('b', token())
      assert.is(timers.length, again, 'one timer for all')
      const timer = timers.at(-1)
      assert.ok(timer?.isUnreferenced)
      assert.ok(timer.ms <= 5000)
      timer.age()
      assert.not(isWiped(kept))
      opened.add('later', later)
      timer.age()
      assert.ok(isWiped(kept))
      assert.not(isWiped(later))
      assert.not(timer.isOver)
      timer.age()
      assert.ok(isWiped(later))
      assert.is(opened.size, 0)
      assert.ok(timer.isOver)
    }
  } finally {
    Object.assign(globalThis, real)
  }
})

tokens.run()
