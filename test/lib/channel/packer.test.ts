import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, EMPTY, u16 } from '../../../src/lib/bytes.ts'
import { Packer, release } from '../../../src/lib/channel/packer.ts'
import {
  type ChannelRecord,
  decodeRecords,
  MAX_PLAINTEXT_BYTES,
  RECORD_TYPES,
} from '../../../src/lib/channel/records.ts'

const test = suite('packer')

/** Type, length, u64. */
const ACK_BYTES = 11
const HEADER_BYTES = 3
/** What a plaintext has beside an acknowledgement. */
const ROOM = MAX_PLAINTEXT_BYTES - ACK_BYTES
/** The longest body in it. */
const MOST = ROOM - HEADER_BYTES

/** No two that are near one another are alike. */
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => first + i + (i >> 8))

/** All that waits, a plaintext each. */
function taken(packer: Packer): Uint8Array[] {
  const plaintexts: Uint8Array[] = []
  while (!packer.empty) {
    const plaintext = packer.next()
    assert.ok(plaintext)
    plaintexts.push(plaintext.bytes.slice(ACK_BYTES, plaintext.length))
    release(plaintext)
  }
  assert.is(packer.next(), undefined)
  return plaintexts
}

const bodies = (records: ChannelRecord[]) => records.map((record) => ('body' in record ? record.body : EMPTY))
const types = (records: ChannelRecord[]) => records.map(({ type }) => type)

test('what is put in comes out, in its order, in plaintexts with room for an acknowledgement', () => {
  const lengths = [0, 1, 47, 48, 49, 253, 1023, 1024, 20_000, MOST - 1, MOST, MOST + 1, ROOM, 200_000]
  // In two orders, so that each length meets a plaintext with much in it, and one with little.
  for (const order of [lengths, [...lengths].reverse()]) {
    const packer = new Packer()
    const put: [string, Uint8Array][] = []
    for (const [i, length] of [...order, ...order].entries()) {
      const [message, piece, code] = [bytes(length, i), bytes(length, i + 100), bytes(3, i)]
      packer.message(message)
      packer.data(piece)
      packer.record(RECORD_TYPES.message, code)
      put.push(['message', message], ['data', piece], ['message', code])
    }
    const plaintexts = taken(packer)
    for (const { length } of plaintexts) assert.ok(length <= ROOM, `${length} bytes`)
    // Parts and pieces put together again.
    const got: [string, Uint8Array][] = []
    let open: Uint8Array[] = []
    let last = ''
    const close = () => {
      if (open.length > 0) got.push([last, concat(...open)])
      open = []
    }
    for (const record of plaintexts.flatMap((plaintext) => decodeRecords(plaintext))) {
      const [body = EMPTY] = bodies([record])
      const kind = record.type === 'part' ? 'message' : record.type
      if (kind !== last) close()
      last = kind
      open.push(body)
      if (record.type === 'message') close()
    }
    close()
    const wanted = put.filter(([kind, body]) => kind === 'message' || body.length > 0)
    assert.is(got.length, wanted.length)
    for (const [i, [kind, body]] of wanted.entries()) {
      assert.is(got[i]?.[0], kind)
      assert.ok(Buffer.from(body).equals(got[i]?.[1] ?? EMPTY), `${kind} of ${body.length}`)
    }
  }
})

test('a plaintext is filled to the last byte before another is begun', () => {
  for (const [what, put] of [
    ['message', (packer: Packer, length: number) => packer.message(bytes(length))],
    ['data', (packer: Packer, length: number) => void packer.data(bytes(length))],
  ] as const) {
    const packer = new Packer()
    put(packer, MOST)
    assert.not(packer.several)
    const [exact, ...none] = taken(packer)
    assert.is(exact?.length, ROOM, what)
    assert.is(none.length, 0)
    put(packer, 3 * MOST + 1)
    assert.ok(packer.several)
    assert.equal(
      taken(packer).map(({ length }) => length),
      [ROOM, ROOM, ROOM, HEADER_BYTES + 1],
      what,
    )
  }
})

test('a record that fits exactly is not divided, and one byte more begins another plaintext', () => {
  for (const [second, plaintexts] of [
    [ROOM - 100 - 2 * HEADER_BYTES, 1],
    [ROOM - 100 - 2 * HEADER_BYTES + 1, 2],
  ] as const) {
    const packer = new Packer()
    packer.record(RECORD_TYPES.message, bytes(100))
    packer.record(RECORD_TYPES.message, bytes(second))
    const all = taken(packer).map((plaintext) => bodies(decodeRecords(plaintext)).map(({ length }) => length))
    assert.equal(all, plaintexts === 1 ? [[100, second]] : [[100], [second]])
  }
})

test('where there is room for a header and nothing behind it, nothing is put', () => {
  for (const left of [0, 1, HEADER_BYTES, HEADER_BYTES + 1]) {
    const packer = new Packer()
    packer.message(bytes(MOST - left))
    packer.data(bytes(500))
    const [first = EMPTY, second = EMPTY] = taken(packer)
    const fits = Math.max(0, left - HEADER_BYTES)
    assert.equal(
      [first, second].map((plaintext) => bodies(decodeRecords(plaintext)).map(({ length }) => length)),
      [fits > 0 ? [MOST - left, fits] : [MOST - left], [500 - fits]],
    )
  }
})

test('what was put in may change at once, short or long', () => {
  for (const length of [1, 1000, 100_000]) {
    const packer = new Packer()
    const [piece, message] = [bytes(length, 1), bytes(length, 2)]
    const before = concat(piece, message)
    packer.data(piece)
    packer.message(message)
    piece.fill(0)
    message.fill(0)
    const records = taken(packer).flatMap((plaintext) => decodeRecords(plaintext))
    assert.ok(Buffer.from(before).equals(concat(...bodies(records))), `${length}`)
  }
})

test('says what waits', () => {
  const packer = new Packer()
  const state = () => [packer.empty, packer.several]
  assert.equal(state(), [true, false])
  packer.message(bytes(5))
  assert.equal(state(), [false, false])
  packer.message(bytes(3 * MOST))
  assert.equal(state(), [false, true])
  packer.next()
  packer.next()
  assert.equal(state(), [false, true])
  packer.next()
  assert.equal(state(), [false, false])
  packer.next()
  assert.equal(state(), [true, false])
})

test('forgets all of it', () => {
  const packer = new Packer()
  packer.message(bytes(3 * MOST))
  packer.next()
  packer.clear()
  assert.ok(packer.empty)
  assert.is(packer.next(), undefined)
  packer.record(RECORD_TYPES.end, EMPTY)
  assert.equal(
    taken(packer).map((plaintext) => types(decodeRecords(plaintext))),
    [['end']],
  )
})

test('many small messages share a plaintext', () => {
  const packer = new Packer()
  for (let i = 0; i < 10_000; i++) packer.message(u16(i))
  const [plaintext = EMPTY, ...none] = taken(packer)
  assert.is(none.length, 0)
  assert.equal(
    bodies(decodeRecords(plaintext)),
    Array.from({ length: 10_000 }, (_, i) => u16(i)),
  )
})

test('little is set aside for little, and all of it at once after much', () => {
  const setAside = (packer: Packer) => packer.next()?.bytes.buffer.byteLength ?? 0
  const packer = new Packer()
  packer.message(bytes(5))
  assert.ok(setAside(packer) < 100)
  packer.message(bytes(40_000))
  packer.next()
  packer.message(bytes(5))
  assert.is(setAside(packer), MAX_PLAINTEXT_BYTES)
  packer.message(bytes(5))
  assert.ok(setAside(packer) < 100)
})

test('memory that was given back serves another packer, and what waits keeps its own', () => {
  const [one, other] = [new Packer(), new Packer()]
  one.message(bytes(40_000, 1))
  const sealed = one.next()
  assert.ok(sealed)
  one.message(bytes(40_000, 2))
  release(sealed)
  other.message(bytes(40_000, 3))
  one.message(bytes(20_000, 4))
  const again = other.next()
  assert.is(again?.bytes, sealed.bytes)
  assert.equal(bodies(decodeRecords(sealed.bytes.slice(ACK_BYTES, again?.length))), [bytes(40_000, 3)])
  assert.equal(
    taken(one).flatMap((plaintext) => bodies(decodeRecords(plaintext))),
    [bytes(40_000, 2), bytes(20_000, 4)],
  )
})

test('memory that waits for the next plaintext holds nothing of the last', () => {
  const packer = new Packer()
  packer.message(bytes(40_000, 1))
  const plaintext = packer.next()
  assert.ok(plaintext)
  const memory = plaintext.bytes
  assert.is(memory.length, MAX_PLAINTEXT_BYTES)
  assert.ok(memory.some((byte) => byte !== 0))
  release(plaintext)
  assert.ok(memory.every((byte) => byte === 0))
  // The same memory, so that this is what is looked at.
  packer.message(bytes(40_000, 1))
  assert.is(packer.next()?.bytes, memory)
})

test.run()
