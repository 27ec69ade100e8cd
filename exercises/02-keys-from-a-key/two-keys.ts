/**
 * The two keys that are made of a token, and that one of them tells nothing about the other.
 *
 * @module
 */
import { EMPTY, equal, Secret, secureRandomBytes } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import {
  count,
  type Derivation,
  freshToken,
  guesses,
  hex,
  SID_INFO,
  secretOfCarols,
  TICKET_INFO,
} from './derivation.ts'
import { hmac, rightExpand, rightHkdf, sha256, wayOf } from './examine.ts'

export const ofTheTwoKeys: readonly Property<Derivation>[] = [
  {
    name: 'a reader of the session id is no nearer to the token or to a ticket key',
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
]
