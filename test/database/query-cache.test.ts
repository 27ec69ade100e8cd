import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Row, type Statement, sql, type Value } from '../../src/database/database.ts'
import { QueryCache } from '../../src/database/query-cache.ts'

const test = suite('recollection')

const MOST = 4096

const one = (value: Value) => sql`select ${value} as one`
const rows = (value: Value): Row[] => [{ one: value }]

/** What remembers one answer, of version 1 of the database. */
function remembering(statement: Statement, answer: readonly Row[]) {
  const queryCache = new QueryCache()
  queryCache.hold(1)
  queryCache.set(statement, answer)
  return queryCache
}

test('knows what was set, for the same statement with the same values only', () => {
  const answer = rows('a')
  const queryCache = remembering(one('a'), answer)
  assert.is(queryCache.get(one('a')), answer)
  assert.is(queryCache.get(one('b')), undefined)
  assert.is(queryCache.get(sql`select ${'a'} as one`), undefined, 'another statement')
})

test('tells lists of values apart, whatever the values look like', () => {
  const two = (a: Value, b: Value) => sql`select ${a} as a, ${b} as b`
  const lists: [Value, Value][] = [
    ['a', 'b'],
    ['as1:b', ''],
    ['asb', 'c'],
    ['a', 'bsc'],
    ['a1:b', ''],
    ['', 'as1:b'],
    ['ab', ''],
    ['', 'ab'],
    ['1', 2],
    [1, '2'],
    [1, 2],
    [12, 3],
    [1, 23],
    [12, null],
    [null, 12],
    [null, null],
    ['-', null],
    ['', ''],
    [Buffer.from('a'), Buffer.from('b')],
    [Buffer.from('ab'), Buffer.alloc(0)],
    ['a', Buffer.from('b')],
    [Uint8Array.of(0xe9), Uint8Array.of(0xc3, 0xa9)],
    // Views into one buffer.
    [new Uint8Array([1, 2, 3]).subarray(0, 1), new Uint8Array([1, 2, 3]).subarray(1, 2)],
    [new Uint8Array([1, 2, 3]).subarray(1, 2), new Uint8Array([1, 2, 3]).subarray(0, 1)],
  ]
  const queryCache = new QueryCache()
  queryCache.hold(1)
  const answers = lists.map(([a, b]) => {
    const answer = [{ a, b }]
    queryCache.set(two(a, b), answer)
    return answer
  })
  for (const [i, [a, b]] of lists.entries()) assert.is(queryCache.get(two(a, b)), answers[i], `list ${i}`)
})

test('forgets when the database has another version, and not while it has the same', () => {
  const answer = rows(1)
  const queryCache = remembering(one(1), answer)
  queryCache.hold(1)
  assert.is(queryCache.get(one(1)), answer)
  queryCache.hold(2)
  assert.is(queryCache.get(one(1)), undefined)
  queryCache.set(one(1), answer)
  queryCache.hold(2)
  assert.is(queryCache.get(one(1)), answer)
})

test('forgets when it is told to', () => {
  const queryCache = remembering(one(1), rows(1))
  queryCache.forget()
  assert.is(queryCache.get(one(1)), undefined)
})

test('keeps so many answers at most, and then begins anew', () => {
  const queryCache = new QueryCache()
  const known = (from: number, to: number) => {
    let count = 0
    for (let i = from; i < to; i++) if (queryCache.get(one(i))) count++
    return count
  }
  queryCache.hold(1)
  for (let i = 0; i < MOST; i++) queryCache.set(one(i), rows(i))
  assert.is(known(0, MOST), MOST)
  for (let i = MOST; i < 2 * MOST; i++) queryCache.set(one(i), rows(i))
  assert.is(known(0, 2 * MOST), MOST)
  assert.is(known(0, MOST), 0)
  // What was forgotten takes no room.
  queryCache.hold(2)
  for (let i = 0; i < MOST; i++) queryCache.set(one(i), rows(i))
  assert.is(known(0, MOST), MOST)
})

test.run()
