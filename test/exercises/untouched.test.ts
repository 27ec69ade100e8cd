/** What a student's program is given stays as it was: whatever the exercise, and whatever is done to it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Notes, noted } from '../../exercises/examiner/untouched.ts'
import { Secret } from '../../src/lib/protocol.ts'

const untouched = suite('arguments of a student')

const given = () => {
  const key = new Secret('session token', new Uint8Array(32).fill(7))
  const randomBytes = (length: number) => new Uint8Array(length)
  const list = [{ port: 4 }]
  return [{ name: 'bob', key, bytes: Uint8Array.of(1, 2, 3), list, randomBytes }, 'text'] as const
}
type Given = ReturnType<typeof given>[0]

const CHANGES: Readonly<Record<string, readonly [(bob: Given) => unknown, RegExp]>> = {
  'a secret is filled with zeros': [({ key }) => key.reveal().fill(0), /'key': its bytes are others now$/],
  'a secret is wiped': [({ key }) => key.wipe(), /'key': it was wiped$/],
  'a byte is another': [({ bytes }) => bytes.set([9], 1), /'bytes': its bytes are others now$/],
  'a field is another': [(bob) => Reflect.set(bob, 'name', 'eve'), /: its 'name' is another now$/],
  'a field further in is another': [
    ({ list }) => Reflect.set(list[0] ?? {}, 'port', 5),
    /its 'port' is another now$/,
  ],
  'a field is gone': [(bob) => Reflect.deleteProperty(bob, 'name'), /: its 'name' is another now$/],
  'there is one more': [(bob) => Reflect.set(bob, 'sid', 1), /: it has 'sid' now$/],
  'there is one that does not show': [
    (bob) => Object.defineProperty(bob, 'sid', { value: 1 }),
    /: it has 'sid' now$/,
  ],
  'there is a symbol': [(bob) => Reflect.set(bob, Symbol('mine'), 1), /: it has 'Symbol\(mine\)' now$/],
  'a function has a field': [
    ({ randomBytes }) => Reflect.set(randomBytes, 'count', 1),
    /it has 'count' now$/,
  ],
  'a list is longer': [({ list }) => list.push({ port: 5 }), /'list': it has '1' now$/],
  'it is of another kind': [(bob) => Object.setPrototypeOf(bob, null), /: it is of another kind now$/],
  'it is frozen': [(bob) => Object.freeze(bob), /: it was frozen$/],
}

for (const [what, [change, words]] of Object.entries(CHANGES)) {
  untouched(`tells that ${what}`, () => {
    const values = given()
    const notes = noted(values, (i) => `argument ${i}`)
    assert.is(notes.changed(), undefined)
    change(values[0])
    assert.match(notes.changed() ?? '', words)
    assert.match(notes.changed() ?? '', /^argument 0/)
  })
}

untouched('looks at what it is told to look at only', () => {
  const [bob] = given()
  const isOwn = (object: object) => object === bob.list
  const notes: Notes = noted([bob], () => 'bob', isOwn)
  bob.list.push({ port: 6 })
  assert.is(notes.changed(), undefined)
  bob.bytes.fill(0)
  assert.is(
    notes.changed((object) => object !== bob.bytes),
    undefined,
  )
  assert.ok(notes.changed())
})

untouched.run()
