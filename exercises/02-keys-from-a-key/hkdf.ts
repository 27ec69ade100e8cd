/**
 * HKDF itself: extract, and expand.
 *
 * @module
 */
import { EMPTY, equal, secureRandomBytes } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import { must, type Property } from '../examiner/property.ts'
import { type Derivation, goneOn, hex, joined, MAX_BYTES, RFC, short } from './derivation.ts'
import {
  HASH_BYTES,
  hmac,
  rightExpand,
  rightHkdf,
  sha256,
  wayOf,
  wrongChains,
  wrongExtracts,
  wrongFirstBlocks,
  wrongHkdfs,
} from './examine.ts'

export const ofHkdf: readonly Property<Derivation>[] = [
  {
    name: 'extract is one HMAC: the salt is its key, the ikm its message',
    why:
      'what a key begins with may be long, or uneven: some of its bits known, some always zero. Extract makes 32 even bytes ' +
      'of it, and the salt makes them others for each use.',
    async check(derive) {
      for (const { name, salt, ikm, prk } of RFC.filter((test) => test.salt.length > 0)) {
        const found = await derive.bytes('extract', salt, ikm)
        const way = wayOf(found, wrongExtracts(salt, ikm))
        must(equal(found, prk) || !way, `extract gives ${way}.`)
        must(
          equal(found, prk),
          `for the salt and ikm of RFC 5869 ${name} extract gives ${found.length} bytes, ${short(found)}; the RFC says ${short(prk)}.`,
        )
      }
    },
  },
  {
    name: 'without a salt it extracts all the same',
    why:
      'a salt is not always there: both sides must know it. RFC 5869 takes 32 zero bytes then, which are the same key for ' +
      'HMAC as none; extract is done even so.',
    async check(derive) {
      const [, , { ikm, prk }] = RFC
      const outcome = await attempt(derive.bytes('extract', EMPTY, ikm))
      must('gave' in outcome, `with an empty salt, ${'error' in outcome ? outcome.error.message : ''}`)
      const found = outcome.gave as Uint8Array
      const way = wayOf(found, {
        'the ikm itself': () => ikm,
        'SHA-256(ikm)': () => sha256(ikm),
        'no bytes': () => EMPTY,
        'the 32 zero bytes': () => new Uint8Array(32),
      })
      must(!way, `with an empty salt extract gives ${way}.`)
      must(
        equal(found, prk),
        `for RFC 5869 A.3, which has no salt, extract gives ${short(found)}; the RFC says ${short(prk)}. Another salt was taken in its place.`,
      )
    },
  },
  {
    name: 'expand: the first block is HMAC(prk, info || 0x01)',
    why: 'the info says what a key is for. Every program that is to come to the same key must hash the same bytes.',
    async check(derive) {
      for (const { name, prk, info, okm } of RFC) {
        const found = (await derive.bytes('expand', prk, info, HASH_BYTES)).subarray(0, HASH_BYTES)
        const wanted = okm.subarray(0, HASH_BYTES)
        const way = wayOf(found, wrongFirstBlocks(prk, info))
        must(equal(found, wanted) || !way, `its first 32 bytes are ${way}.`)
        must(
          equal(found, wanted),
          `for the prk and info of RFC 5869 ${name} expand gives ${short(found)}; the RFC says ${short(wanted)}.`,
        )
      }
    },
  },
  {
    name: 'expand: every further block is made from the one before',
    why:
      'one HMAC gives 32 bytes. Who needs more makes a chain: without the block before, or the counter, pieces of a long ' +
      'key would come twice.',
    async check(derive) {
      const [{ prk, info }] = RFC
      for (const length of [64, 96, 1000]) {
        const found = await derive.bytes('expand', prk, info, length)
        must(
          found.length >= length,
          `${length} bytes were asked for, and ${found.length} came: one block is not enough.`,
        )
        const way = wayOf(found.subarray(0, length), wrongChains(prk, info, length))
        const right = rightExpand(prk, info, length)
        must(equal(found.subarray(0, length), right) || !way, `${length} bytes are ${way}.`)
        const at = right.findIndex((byte, i) => byte !== found[i])
        must(
          at < 0,
          `of ${length} bytes those from byte ${at} on are others than RFC 5869 says: block ${Math.floor(at / HASH_BYTES) + 1}.`,
        )
      }
    },
  },
  {
    name: 'expand gives exactly as many bytes as were asked for, or an error',
    why:
      'a key that is too short or too long does not fit anywhere, and one that goes on after its 255 blocks is no key: the ' +
      'counter is one byte, and begins again.',
    async check(derive) {
      const { prk, info } = RFC[1]
      const lengths = [1, 12, 16, 31, 32, 33, 63, 64, 65, 200, MAX_BYTES - 1, MAX_BYTES]
      for (const length of lengths) {
        const outcome = await attempt(derive.bytes('expand', prk, info, length))
        must(
          'gave' in outcome,
          `${length} bytes were asked for, which HKDF can give. ${'error' in outcome ? outcome.error.message : ''}`,
        )
        const found = outcome.gave as Uint8Array
        must(found.length === length, `${length} bytes were asked for, and ${found.length} came.`)
        const isRight = equal(found, rightExpand(prk, info, length))
        must(
          isRight,
          `${length} bytes were asked for, and others came than the first ${length} of a longer key.`,
        )
      }
      for (const length of [MAX_BYTES + 1, MAX_BYTES + HASH_BYTES, 100_000, -1, -32]) {
        const outcome = await attempt(derive.value('expand', prk, info, length))
        const gave = 'gave' in outcome ? outcome.gave : undefined
        const what = gave instanceof Uint8Array ? `${gave.length} bytes` : String(gave)
        must(
          'error' in outcome,
          `${length} bytes were asked for, which HKDF cannot give, and instead of an error came ${what}.`,
          length > MAX_BYTES &&
            gave instanceof Uint8Array &&
            gave.length === length &&
            gave.subarray(MAX_BYTES).every((byte) => byte === 0)
            ? () =>
                `bytes ${MAX_BYTES} and after are zero: whoever seals with them seals with a key that all know.`
            : undefined,
        )
        must(outcome.error.thrown.isError, `for ${length} bytes, what was thrown is no Error.`)
      }
    },
  },
  {
    name: 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another',
    why:
      'hash(key || label) looks like the same thing. But SHA-256 shows the state in which it stopped, so that whoever sees one ' +
      'such key computes others; and where salt and info are only joined, "ab" and "c" are "a" and "bc".',
    async check(derive) {
      const cases = [...RFC.map(({ okm, ...test }) => ({ ...test, length: okm.length, okm }))]
      for (let i = 0; i < 20; i++) {
        const [a = 0, b = 0, c = 0, d = 0] = secureRandomBytes(4)
        const [ikm, salt, info] = [
          secureRandomBytes(1 + (a % 80)),
          secureRandomBytes(b % 70),
          secureRandomBytes(c % 90),
        ]
        const okm = rightHkdf(ikm, salt, info, 1 + d)
        const name = `with ikm ${hex(ikm)}, salt ${hex(salt)}, info ${hex(info)}`
        cases.push({
          name,
          ikm,
          salt,
          info,
          length: okm.length,
          prk: hmac(salt, ikm),
          okm,
        } as unknown as (typeof cases)[0])
      }
      for (const { name, ikm, salt, info, length, okm } of cases) {
        const found = await derive.bytes('hkdf', ikm, salt, info, length)
        if (equal(found, okm)) continue
        const way = wayOf(found, wrongHkdfs(ikm, salt, info, length))
        const loot = (await goneOn(derive)) ?? (await joined(derive))
        must(
          false,
          way
            ? `it is ${way}.`
            : `for ${name.startsWith('A') ? `RFC 5869 ${name}` : name} it gives ${found.length} bytes, ${short(found)}; right is ${short(okm)}, ${length} bytes.`,
          () => loot,
        )
      }
    },
  },
]
