/**
 * The grader of exercise 02: what HKDF must give, what its keys tell about each other, looked at from outside.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  equal,
  Secret,
  seal,
  secureRandomBytes,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import type { StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import {
  extended,
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
import type { Keys } from './given.ts'

const MAX_BYTES = 255 * HASH_BYTES
const SID_INFO = utf8('symbolon/1 session id')
const TICKET_INFO = utf8('symbolon/1 ticket')

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const count = (first: number, length: number) => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff)
const short = (found: Uint8Array) => (found.length > 8 ? `${hex(found.subarray(0, 8))}…` : hex(found))
const freshToken = () => new Secret('session token', secureRandomBytes(32))

/** RFC 5869, appendix A: the cases with SHA-256. */
const RFC = [
  {
    name: 'A.1',
    ikm: new Uint8Array(22).fill(0x0b),
    salt: count(0, 13),
    info: count(0xf0, 10),
    prk: bytes('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5'),
    okm: bytes('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
  },
  {
    name: 'A.2',
    ikm: count(0x00, 80),
    salt: count(0x60, 80),
    info: count(0xb0, 80),
    prk: bytes('06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244'),
    okm: bytes(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ),
  },
  {
    name: 'A.3',
    ikm: new Uint8Array(22).fill(0x0b),
    salt: EMPTY,
    info: EMPTY,
    prk: bytes('19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04'),
    okm: bytes('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'),
  },
] as const

/** The student's four functions: bytes, or a sentence about what came instead. */
class Derivation {
  readonly #program: StudentProgram
  readonly token: Secret = freshToken()

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  async value(name: string, ...args: unknown[]): Promise<unknown> {
    const { value, async } = await this.#program.returned(name, ...args)
    must(!async, `${name} returned a promise: nothing in it needs async.`)
    return value
  }

  async bytes(name: 'extract' | 'expand' | 'hkdf', ...args: unknown[]): Promise<Uint8Array> {
    const value = await this.value(name, ...args)
    must(
      value instanceof Uint8Array,
      `${name} returned ${value === null ? 'null' : typeof value}, not bytes (a Uint8Array).`,
    )
    return value
  }

  async keys(token: Secret = this.token, salt: Uint8Array = secureRandomBytes(32)): Promise<Keys> {
    const value = await this.value('keysOf', token, salt)
    must(typeof value === 'object' && value, 'keysOf did not return an object.')
    const keys = value as Keys
    for (const [name, length] of [
      ['sessionId', 16],
      ['ticketKey', 32],
    ] as const) {
      const key: unknown = keys[name]
      must(key instanceof Uint8Array, `${name} is ${typeof key}, not bytes (a Uint8Array).`)
      must(key.length === length, `${name} has ${key.length} bytes, and ${length} are needed.`)
    }
    return keys
  }
}

export const grader: Grader<Derivation> = {
  file: 'keys.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'KEY_BYTES',
    'Secret',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Derivation(program),
  properties: [
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
    {
      name: 'who reads the session id is no nearer to the token or to a ticket key',
      why:
        'the session id stands in every ticket for all to read, and the salt beside it. The token opens every ticket, and the ' +
        'ticket key one of them.',
      async check(derive) {
        const salt = secureRandomBytes(32)
        const { sessionId, ticketKey } = await derive.keys(derive.token, salt)
        const token = derive.token.reveal()
        for (const [name, key] of Object.entries({ sessionId, ticketKey })) {
          must(!standsIn(key, token), `a piece of the token stands in ${name}.`, () =>
            name === 'sessionId'
              ? `the token, or ${sessionId.length} of its bytes, read from a ticket: ${hex(sessionId)}.`
              : undefined,
          )
        }
        must(
          !standsIn(ticketKey, sessionId),
          'a piece of the session id stands in the ticket key: the same bytes were handed out twice.',
          () => `read from a ticket: ${hex(sessionId)}, half of the key that it is sealed with.`,
        )
        const way = wayOf(ticketKey, guesses(sessionId, salt))
        must(
          !way,
          `the ticket key can be computed from what stands in the ticket: it is ${way}.`,
          () => `the ticket key, computed without the token: ${hex(ticketKey)}.`,
        )
      },
    },
    {
      name: 'every salt makes another ticket key, and the session keeps its name',
      why:
        'every ticket is sealed with a key of its own (exercise 01: never the same key and nonce twice). But bob must find his ' +
        'token by the session id before he has read anything else.',
      async check(derive) {
        const salts = [secureRandomBytes(32), secureRandomBytes(32), new Uint8Array(32)]
        const last = Uint8Array.from(salts[0] ?? EMPTY)
        last[31] = (last[31] ?? 0) ^ 1
        const made = await Promise.all([...salts, last].map((salt) => derive.keys(derive.token, salt)))
        const [first] = made
        for (const [i, keys] of made.entries()) {
          if (!first || i === 0) continue
          must(!equal(keys.ticketKey, first.ticketKey), 'two salts make the same ticket key.', () =>
            secretOfCarols(keys.ticketKey),
          )
          must(
            equal(keys.sessionId, first.sessionId),
            'with another salt the session has another id: bob does not find it.',
          )
        }
      },
    },
    {
      name: 'the two keys are those of docs/protocol.md',
      why: "bob's program derives them too. One letter of the info differs, and no ticket opens.",
      async check(derive) {
        const salt = secureRandomBytes(32)
        const { sessionId, ticketKey } = await derive.keys(derive.token, salt)
        const token = derive.token.reveal()
        const sid = wayOf(sessionId, {
          'derived with the salt of the ticket': () => rightHkdf(token, salt, SID_INFO, 16),
          'derived with the info of the ticket key': () => rightHkdf(token, EMPTY, TICKET_INFO, 16),
          'derived without extract': () => rightExpand(token, SID_INFO, 16),
          'derived without an info': () => rightHkdf(token, EMPTY, EMPTY, 16),
          'the last 16 bytes of 32': () => rightHkdf(token, EMPTY, SID_INFO, 32).subarray(16),
          'SHA-256 of the token': () => sha256(token).subarray(0, 16),
        })
        must(!sid, `the session id is ${sid}.`)
        must(
          equal(sessionId, rightHkdf(token, EMPTY, SID_INFO, 16)),
          'the session id is not HKDF(token, "", "symbolon/1 session id", 16): is the info this text, letter by letter?',
        )
        const key = wayOf(ticketKey, {
          'derived without the salt': () => rightHkdf(token, EMPTY, TICKET_INFO, 32),
          'derived with the info of the session id': () => rightHkdf(token, salt, SID_INFO, 32),
          'derived without an info': () => rightHkdf(token, salt, EMPTY, 32),
          'derived with salt and token exchanged': () => rightHkdf(salt, token, TICKET_INFO, 32),
          'derived without extract': () => rightExpand(token, TICKET_INFO, 32),
        })
        must(!key, `the ticket key is ${key}.`)
        must(
          equal(ticketKey, rightHkdf(token, salt, TICKET_INFO, 32)),
          'the ticket key is not HKDF(token, salt, "symbolon/1 ticket", 32): is the info this text, letter by letter?',
        )
      },
    },
    {
      name: 'every token has keys of its own, whichever came before',
      why: 'the KDC has one token for each session, and makes tickets under all of them in turn.',
      async check(derive) {
        const tokens = { alice: freshToken(), bob: derive.token, carol: freshToken(), dave: freshToken() }
        const salts = [secureRandomBytes(32), secureRandomBytes(32)]
        const seen = new Map<string, string>()
        for (const salt of [...salts, ...salts]) {
          for (const [name, token] of Object.entries(tokens)) {
            const { sessionId, ticketKey } = await derive.keys(token, salt)
            const other = seen.get(hex(ticketKey)) ?? name
            must(
              other === name,
              `with the same salt, ${name}'s token makes the ticket key that ${other}'s has made.`,
              () => `${other} opens the tickets for ${name}, without the token: ${hex(ticketKey)}.`,
            )
            seen.set(hex(ticketKey), name)
            must(
              equal(sessionId, rightHkdf(token.reveal(), EMPTY, SID_INFO, 16)),
              `after another's, the session id is not that of ${name}'s token.`,
            )
            must(
              equal(ticketKey, rightHkdf(token.reveal(), salt, TICKET_INFO, 32)),
              `after another's, the ticket key is not that of ${name}'s token and the salt.`,
            )
          }
        }
        const worked = await derive.keys(new Secret('session token', count(0, 32)), count(0x20, 32))
        must(
          hex(worked.sessionId) === 'f9c0678e36f99f2e8af92e47ab328808' &&
            hex(worked.ticketKey) === 'e70a75a74fcbc92be4f506431529620129869f72445868365d05e1fbfb1cadca',
          'they are not those of the worked example in README.md.',
        )
      },
    },
    {
      name: 'the token gets out in no other way',
      why: 'a key that stands in a log, or in an object that somebody prints, is a key of everybody who reads it.',
      async check(derive) {
        const salt = secureRandomBytes(32)
        const keys = await derive.keys(derive.token, salt)
        const token = derive.token.reveal()
        const secrets = {
          'the token': token,
          'the prk': hmac(salt, token),
          'the prk of the session id': hmac(EMPTY, token),
        }
        const more = Object.keys(keys).filter((name) => name !== 'sessionId' && name !== 'ticketKey')
        const text = JSON.stringify(
          more.map((name) => (keys as unknown as Record<string, unknown>)[name]),
          (_, part: unknown) =>
            part instanceof Secret ? part.toText() : part instanceof Uint8Array ? hex(part) : part,
        )
        for (const [name, secret] of Object.entries(secrets)) {
          must(
            !standsIn(text, secret),
            `keysOf also returned ${name}, as ${more}.`,
            () => 'with it all keys of this session can be made.',
          )
          const spelling = standsIn(derive.printed, secret)
          must(
            !spelling,
            `${name} was printed, ${spelling}.`,
            () => 'whoever reads the log makes all keys of this session.',
          )
        }
        must(more.length === 0, `keysOf also returned ${more}: two keys were asked for.`)
        must(
          !standsIn(derive.printed, keys.ticketKey),
          'the ticket key was printed.',
          () => 'whoever reads the log opens the ticket.',
        )
      },
    },
  ],
}

/** Two tickets under one key and the nonce zero: what exercise 01 has shown. */
function secretOfCarols(key: Uint8Array): string {
  const content = (username: string) =>
    utf8(JSON.stringify({ username, secret: toBase64url(secureRandomBytes(32)) }))
  const [mine, carols] = [content('alice'), content('carol')]
  const [sealedMine, sealedCarols] = [mine, carols].map((text) => seal(key, ZERO_NONCE, EMPTY, text))
  const read = mine.map((byte, i) => byte ^ (sealedMine?.[i] ?? 0) ^ (sealedCarols?.[i] ?? 0))
  return `alice has a ticket under this key and knows what hers says. From it and carol's ticket she has computed, without any key, what carol's says: ${Buffer.from(read)}`
}

/** What somebody would try who sees a ticket. */
function guesses(sid: Uint8Array, salt: Uint8Array) {
  const infos = { 'symbolon/1 ticket': TICKET_INFO, 'symbolon/1 session id': SID_INFO, '': EMPTY }
  return Object.fromEntries([
    ...Object.entries(infos).flatMap(([name, info]) => [
      [`HKDF(session id, salt, "${name}")`, () => rightHkdf(sid, salt, info, 32)],
      [`HKDF(session id, "", "${name}")`, () => rightHkdf(sid, EMPTY, info, 32)],
      [`HKDF(salt, session id, "${name}")`, () => rightHkdf(salt, sid, info, 32)],
      [`HKDF(salt, "", "${name}")`, () => rightHkdf(salt, EMPTY, info, 32)],
      [`SHA-256(session id || salt || "${name}")`, () => sha256(sid, salt, info)],
      [`SHA-256(salt || "${name}")`, () => sha256(salt, info)],
    ]),
    ['SHA-256(session id)', () => sha256(sid)],
    ['SHA-256(salt || session id)', () => sha256(salt, sid)],
    ['the salt', () => salt],
  ] as [string, () => Uint8Array][])
}

/** Length extension: from a key that was seen to another one, without what both were made from. */
async function goneOn(derive: Derivation): Promise<string | undefined> {
  const [ikm, salt, info] = [secureRandomBytes(32), secureRandomBytes(32), utf8('for bob')]
  const seen = await derive.bytes('hkdf', ikm, salt, info, HASH_BYTES)
  if (seen.length !== HASH_BYTES) return undefined
  const known = ikm.length + salt.length + info.length
  const { added, hash } = extended(seen, known, utf8(' and carol'))
  const outcome = await attempt(derive.bytes('hkdf', ikm, salt, concat(info, added), HASH_BYTES))
  if (!('gave' in outcome) || !equal(outcome.gave as Uint8Array, hash)) return undefined
  return `the key for the info "for bob" was seen, and nothing else. From it the grader has computed your key for "for bob… and carol": ${hex(hash)}.`
}

/** Two different pairs of salt and info that make one key. */
async function joined(derive: Derivation): Promise<string | undefined> {
  const ikm = secureRandomBytes(32)
  const one = await derive.bytes('hkdf', ikm, utf8('alice'), utf8(' and bob'), HASH_BYTES)
  const other = await derive.bytes('hkdf', ikm, utf8('alice and'), utf8(' bob'), HASH_BYTES)
  return equal(one, other)
    ? 'the salt "alice" with the info " and bob" makes the same key as the salt "alice and" with the info " bob".'
    : undefined
}
