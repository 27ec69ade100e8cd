/** The small parts: payloads, the chain, what is kept. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, equal, utf8 } from '../../../src/lib/bytes.ts'
import { decodePayload, encodePayload, kindOf } from '../../../src/lib/mls/payload.ts'
import { loadMls } from '../../../src/lib/mls/rfc9420/suite.ts'
import {
  beginChain,
  type Chain,
  comparePosition,
  decodePosition,
  encodePosition,
  extendChain,
  positionOf,
} from '../../../src/lib/mls/state/chain.ts'
import {
  decodeGroup,
  encodeChain,
  encodeGroup,
  type Group,
  unknownGroup,
  withChain,
} from '../../../src/lib/mls/state/group.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('parts')
const mls = await loadMls()
const chainFrom = (seq: number): Promise<Chain> => beginChain(mls, new Uint8Array(32).fill(7), seq)

test('a payload comes out as it went in', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 64 }),
      fc.option(fc.nat(), { nil: undefined }),
      fc.uint8Array({ maxLength: 100 }),
      (kind, sentAt, body) => {
        const payload = { kind, ...(sentAt === undefined ? {} : { sentAt }), body }
        assert.equal(decodePayload(encodePayload(payload)), payload)
      },
    ),
    { numRuns: 50 },
  )
})

test('the bytes of a payload', () => {
  const bytes = encodePayload({ kind: 'text', sentAt: 5, body: utf8('hi') })
  const header = '{"kind":"text","sent_at":5}'
  assert.equal([...bytes], [1, 0, header.length, ...utf8(header), ...utf8('hi')])
})

test('what is no payload of ours is kept whole', () => {
  const good = encodePayload({ kind: 'text', sentAt: 5, body: utf8('hi') })
  const other = (version: number) => Uint8Array.from([version, ...good.subarray(1)])
  const cases = [
    other(0),
    other(2),
    new Uint8Array(),
    Uint8Array.of(1),
    Uint8Array.of(1, 0),
    good.subarray(0, 20),
  ]
  cases.push(
    encodePayload({ kind: '', body: utf8('hi') }),
    encodePayload({ kind: 'x'.repeat(65), body: utf8('hi') }),
  )
  for (const bytes of cases)
    assert.equal(decodePayload(bytes), { kind: 'unknown', body: Uint8Array.from(bytes) })
})

test('what is UTF-8 is a text, anything else is bytes', () => {
  for (const body of [utf8('grüß dich'), new Uint8Array()]) assert.is(kindOf(body), 'text')
  for (const body of [Uint8Array.of(0xff), utf8('ü').subarray(0, 1)]) assert.is(kindOf(body), 'bytes')
})

test('the chain: the same entries give the same, and others something else', async () => {
  const start = await chainFrom(4)
  const one = extendChain(start, 'message', utf8('a'))
  assert.is(one.seq, 5)
  const place = positionOf(one)
  assert.is(place.hash.length, 32)
  comparePosition(one, positionOf(start))
  comparePosition(one, decodePosition(encodePosition(place)))
  comparePosition(extendChain(one, 'message', utf8('b')), place)
  for (const other of [
    extendChain(start, 'message', utf8('b')),
    extendChain(start, 'proposal', utf8('a')),
    extendChain(
      await chainFrom(4).then((chain) => extendChain(chain, 'message', utf8('a'))),
      'message',
      utf8('a'),
    ),
    extendChain(await chainFrom(3), 'message', utf8('a')),
    extendChain(await beginChain(mls, new Uint8Array(32), 4), 'message', utf8('a')),
  ]) {
    throws(() => comparePosition(one, positionOf(other)), 'history_forked')
  }
})

test('a place before the epoch, or after what we have', async () => {
  const chain = extendChain(await chainFrom(4), 'message', utf8('a'))
  const { hash } = positionOf(chain)
  throws(() => comparePosition(chain, { seq: 3, hash }), 'history_forked')
  throws(() => comparePosition(chain, { seq: 6, hash }), 'history_forked')
})

test('the chain remembers the last 1024 hashes, and does not judge what is older', async () => {
  let chain = await chainFrom(0)
  const first = positionOf(chain)
  const places = [first]
  for (let seq = 1; seq <= 1500; seq++) {
    chain = extendChain(chain, 'message', utf8(`${seq}`))
    places.push(positionOf(chain))
  }
  for (const seq of [1500, 1000, 477]) {
    const place = places[seq]
    if (!place) throw new Error('no place')
    comparePosition(chain, place)
    throws(() => comparePosition(chain, { ...place, hash: first.hash }), 'history_forked')
  }
  // Some more at most: they go by 64 at once.
  assert.ok(concat(...chain.hashes).length < (1024 + 64) * 32)
  comparePosition(chain, { seq: 400, hash: first.hash })
})

test('a place is 40 bytes, and no number that cannot be', () => {
  throws(() => decodePosition(new Uint8Array(39)), 'malformed')
  throws(() => decodePosition(new Uint8Array(41)), 'malformed')
  throws(() => decodePosition(new Uint8Array(40).fill(255)), 'malformed')
  assert.is(decodePosition(Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 2, ...new Uint8Array(32)])).seq, 258)
})

test('a group comes out as it was kept', async () => {
  const group: Group = {
    id: 'x'.repeat(22),
    descriptor: { kind: 'named', name: 'team', admin: 'alice' },
    status: 'broken',
    reason: 'history_forked',
    formerAdmin: 'carol',
    epoch: 7,
    members: ['alice', 'bob'],
    leaving: new Map([['bob', 9]]),
    chain: extendChain(await chainFrom(8), 'proposal', utf8('x')),
  }
  const bytes = encodeGroup(group)
  const read = decodeGroup(group.id, bytes)
  assert.ok(equal(concat(...read.chain.hashes), concat(...group.chain.hashes)))
  assert.equal(
    { ...read, chain: { ...read.chain, hashes: 0 } },
    { ...group, chain: { ...group.chain, hashes: 0 } },
  )
  for (const cut of [0, 3, 30, bytes.length - 1])
    throws(() => decodeGroup(group.id, bytes.subarray(0, cut)), 'state_damaged')
  const unread = { ...unknownGroup(group.id), reason: 'history_damaged' as const }
  assert.equal(decodeGroup(group.id, encodeGroup(unread)), unread)
})

test('a chain that is short of whole hashes, or has too many, is damaged', async () => {
  let chain = await chainFrom(8)
  for (const length of [1, 2, 3, 1024, 1025, 1300]) {
    while (chain.seq < 7 + length) chain = extendChain(chain, 'message', utf8('x'))
    const bytes = encodeChain(chain)
    const group = unknownGroup('x'.repeat(22))
    assert.equal(withChain(group, bytes).chain.seq, chain.seq)
    const missing = Math.max(1, concat(...chain.hashes).length / 32 - 1023)
    throws(() => withChain(group, bytes.subarray(0, -32 * missing)), 'state_damaged')
    if (length <= 1024) throws(() => withChain(group, concat(bytes, bytes.subarray(-32))), 'state_damaged')
  }
})

test.run()
