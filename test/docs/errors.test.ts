/** docs/errors.md against the code: each code, its class and its status over HTTP. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PROBLEM_TYPES } from '../../src/kdc/problems.ts'
import { ERROR_CODES } from '../../src/lib/errors.ts'
import { namesIn, readDocument, tablesOf } from './documents.ts'

const CLASSES: Record<string, readonly string[]> = {
  Protocol: ERROR_CODES.protocol,
  Codec: ERROR_CODES.codec,
  Transport: ERROR_CODES.transport,
  Store: ERROR_CODES.store,
  KeyFile: ERROR_CODES.keyFile,
  File: ERROR_CODES.file,
  State: ERROR_CODES.state,
  Usage: ['usage'],
}

const STATUSES = new Map(Object.entries(PROBLEM_TYPES).map(([code, { status }]) => [code, status]))
const test = suite('errors.md')

/** By code, the words of its classes and its status. */
const documented = new Map<string, string[]>()
for (const { head, rows } of tablesOf(readDocument('errors.md'))) {
  if (head[0] !== 'code') continue
  for (const [cell, kind = ''] of rows)
    for (const code of namesIn(cell)) documented.set(code, kind.split(', '))
}

const known = [...new Set([...Object.values(CLASSES).flat(), ...STATUSES.keys()])].sort()

test('every code is explained, and no other', () => {
  assert.equal([...new Set([...Object.values(ERROR_CODES).flat(), 'usage'])].sort(), known)
  assert.equal([...documented.keys()].sort(), known)
})

test('every code has the class and the status that are documented', () => {
  for (const code of known) {
    const classes = Object.keys(CLASSES).filter((name) => CLASSES[name]?.includes(code))
    const status = STATUSES.get(code)
    const words = documented.get(code)?.filter((word) => word !== '5xx')
    // What the library never causes has a status alone; what it concludes from many answers has no status.
    assert.equal(words?.sort(), [...classes, ...(status === undefined ? [] : [String(status)])].sort(), code)
  }
})

test.run()
