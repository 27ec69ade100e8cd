import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, utf8 } from '../../../src/lib/bytes.ts'
import {
  type ChannelRecord,
  decodeRecords,
  encodeMessage,
  encodeRecord,
  MAX_PLAINTEXT_BYTES,
  MAX_RECORD_BODY_BYTES,
} from '../../../src/lib/channel/records.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('records')

const body = fc.uint8Array({ maxLength: 300 })
const plain = { noNullPrototype: true }
const record: fc.Arbitrary<ChannelRecord> = fc.oneof(
  fc.record({ type: fc.constant('message' as const), body }, plain),
  fc.record(
    { type: fc.constant('part' as const), body: fc.uint8Array({ minLength: 1, maxLength: 300 }) },
    plain,
  ),
  fc.record({ type: fc.constant('ack' as const), count: fc.maxSafeNat() }, plain),
  fc.record({ type: fc.constant('end' as const) }, plain),
  fc.record({ type: fc.constant('abort' as const), code: fc.stringMatching(/^[a-z_]{1,64}$/) }, plain),
)

test('come back as they were, however many share a transport message', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      assert.equal(decodeRecords(concat(...records.map(encodeRecord))), records)
    }),
  )
})

test('decode to themselves or are refused, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      let records: ChannelRecord[]
      try {
        records = decodeRecords(bytes)
      } catch (error) {
        assert.is((error as { code: string }).code, 'malformed')
        return
      }
      const large = records.some((r) => r.type === 'ack' && !Number.isSafeInteger(r.count))
      if (!large) assert.equal(concat(...records.map(encodeRecord)), bytes)
    }),
    { numRuns: 2000 },
  )
})

test('split a large message into parts that fit, and a small one not at all', () => {
  for (const length of [0, 1, MAX_RECORD_BODY_BYTES, MAX_RECORD_BODY_BYTES + 1, 3 * MAX_RECORD_BODY_BYTES]) {
    const encoded = encodeMessage(new Uint8Array(length).fill(1))
    const types = encoded.map((bytes) => decodeRecords(bytes)[0]?.type)
    assert.is(types.pop(), 'message')
    assert.is(types.length, Math.max(0, Math.ceil(length / MAX_RECORD_BODY_BYTES) - 1))
    for (const type of types) assert.is(type, 'part')
    for (const bytes of encoded) assert.ok(bytes.length <= MAX_PLAINTEXT_BYTES)
  }
})

test('are refused when they are cut, unknown, or of the wrong size', () => {
  const wrong = [
    [],
    [1],
    [1, 0],
    [1, 0, 2, 65],
    [0, 0, 0],
    [2, 0, 0],
    [3, 0, 1],
    [3, 0, 2, 65],
    [7, 0, 0],
    [255, 0, 0],
    [4, 0, 7, 0, 0, 0, 0, 0, 0, 1],
    [4, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    [5, 0, 1, 0],
    [6, 0, 0],
    [6, 0, 1, 65],
    [6, 0, 1, 255],
    [5, 0, 0, 5],
  ]
  for (const bytes of wrong) throws(() => decodeRecords(Uint8Array.from(bytes)), 'malformed')
  throws(() => decodeRecords(concat(Uint8Array.of(6, 0, 65), utf8('a'.repeat(65)))), 'malformed')
})

test.run()
