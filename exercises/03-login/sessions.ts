/**
 * What becomes of tokens: how they are made, for whom they speak, and how long.
 *
 * @module
 */
import { secureRandomBytes, toBase64url, utf8 } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import type { Randomness } from '../examiner/values.ts'
import {
  base64url,
  described,
  forgedToken,
  mustRefuse,
  NOW,
  PASSWORDS,
  POOL_BYTES,
  type Realm,
  shown,
  TOKEN_BYTES,
} from './realm.ts'

export const ofSessions: readonly Property<Realm>[] = [
  {
    name: 'every login gives another token, of 32 random bytes',
    why:
      'for the next hours the token is alice: who can guess it is alice too. It says nothing, it is only hard to guess: what ' +
      'stands in it could be read, and written anew.',
    async check(realm) {
      const [first, second] = [await realm.token('alice'), await realm.token('alice')]
      const forged = await forgedToken(realm, first)
      const bytes = base64url(first)
      must(bytes, `the token is not base64url: ${shown(first)}.`, () => forged)
      must(bytes.length === TOKEN_BYTES, `the token has ${bytes.length} bytes, not 32.`, () => forged)
      must(
        !Buffer.from(bytes).toString('latin1').includes('alice'),
        "alice's name stands in the token.",
        () => forged,
      )
      must(
        first !== second,
        'two logins of alice got the same token: whoever had the old one has the new one.',
      )
      const make = (randoms: readonly Randomness[]) => realm.tokensOf(randoms, 'alice')
      const count = await randomBytesIn(make, secureRandomBytes(POOL_BYTES), TOKEN_BYTES, 'the token')
      must(count >= TOKEN_BYTES, `the token is made of ${count} random bytes, and 32 are needed.`)
    },
  },
  {
    name: 'a token speaks for the one who logged in, as often as it is shown, and beside others',
    why: 'carol has a token too. And alice is logged in on her telephone and at her desk: one login does not end the other.',
    async check(realm) {
      const tokens = {
        alice: await realm.token('alice'),
        bob: await realm.token('bob'),
        carol: await realm.token('carol'),
      }
      const second = await realm.token('alice')
      for (const [name, token] of [
        ...Object.entries(tokens),
        ['alice', second],
        ...Object.entries(tokens),
      ] as const) {
        const reply = await realm.authenticate(name, token)
        must(
          reply.status === 200,
          `${name} showed the token of a session that lasts, after others had logged in: ${described(reply)}.`,
        )
        must(
          reply.username === name,
          `${name} showed the right token, and authenticate says that it is ${shown(reply.username)}.`,
        )
      }
      for (const [owner, token] of Object.entries(tokens)) {
        for (const name of ['alice', 'bob', 'carol', 'mallory', 'constructor', '__proto__', '']) {
          if (name === owner) continue
          const reply = await realm.authenticate(name, token)
          must(
            reply.status !== 200,
            `${owner}'s token was shown with the name ${shown(name)}, and taken.`,
            () =>
              `with a token of ${owner}'s own, ${owner} now asks for tickets in the name of ${name || 'nobody'}.`,
          )
          must(
            !('thrown' in reply),
            `${owner}'s token was shown with the name ${shown(name)}. ${reply.thrown}`,
          )
          mustRefuse(reply, `a token of another principal (${owner}'s, with the name ${shown(name)})`)
        }
      }
    },
  },
  {
    name: 'nothing but the whole token is taken, and nothing else throws',
    why: 'what comes from the wire is any text. A comparison that stops early, or that throws, is a way in or a way to stop the KDC.',
    async check(realm) {
      const token = await realm.token('alice')
      const others = [
        '',
        'A',
        token.slice(0, -1),
        token.slice(1),
        token.slice(0, 8),
        `${token}A`,
        token + token,
        token.toLowerCase(),
        'A'.repeat(43),
        toBase64url(secureRandomBytes(32)),
        '!'.repeat(43),
        'é'.repeat(43),
        'constructor',
        '__proto__',
        'undefined',
        'null',
        '*',
        'x'.repeat(5000),
      ]
      for (const other of others) {
        for (const name of ['alice', 'mallory', 'toString']) {
          const reply = await realm.authenticate(name, other)
          const what = `the text ${shown(other.length > 60 ? `${other.slice(0, 60)}…` : other)} as a token${other && token.startsWith(other) ? ', the beginning of the right one,' : ''}`
          must(
            reply.status !== 200,
            `${name} showed ${what} and was let in.`,
            () => `whoever sends ${shown(other.slice(0, 60))} is ${name}.`,
          )
          must(!('thrown' in reply), `${name} showed ${what}, and no answer came. ${reply.thrown}`)
          mustRefuse(reply, what)
        }
      }
      const still = await realm.authenticate('alice', token)
      must(
        still.status === 200,
        `after some wrong tokens alice's right one is not taken any more: ${described(still)}.`,
      )
    },
  },
  {
    name: "a session ends at its expires_at, by the KDC's clock",
    why: 'a token that somebody finds next year, in a log or an old telephone, must not be alice.',
    async check(realm) {
      for (const [name, sessionLifetimeSec] of [
        ['alice', 3600],
        ['bob', 100],
      ] as const) {
        const token = await realm.token(name, { sessionLifetimeSec })
        const end = NOW + sessionLifetimeSec
        const before = await realm.authenticate(name, token, end - 1)
        must(before.status === 200, `a second before its end the session was over: ${described(before)}.`)
        for (const late of [0, 1, 3600, 40_000_000]) {
          const reply = await realm.authenticate(name, token, end + late)
          must(
            reply.status !== 200,
            `the token was taken ${late} s after its expires_at.`,
            () => `a token of ${name}'s, found ${late} s after its end, is ${name}.`,
          )
          must(!('thrown' in reply), `the token was shown ${late} s after its expires_at. ${reply.thrown}`)
          mustRefuse(reply, 'a token that is past its time')
        }
      }
      const [short, long] = [
        await realm.token('carol', { sessionLifetimeSec: 50 }),
        await realm.token('carol', { sessionLifetimeSec: 3600 }),
      ]
      for (const _ of ['once', 'twice']) {
        const over = await realm.authenticate('carol', short, NOW + 60)
        must(
          over.status !== 200,
          'a new login has prolonged an older session: its token was taken after its expires_at.',
        )
        const lasting = await realm.authenticate('carol', long, NOW + 60)
        must(
          lasting.status === 200,
          `one of carol's two sessions had ended, and the other as well: ${described(lasting)}.`,
        )
      }
    },
  },
  {
    name: 'passwords, records and tokens get out in no other way',
    why: 'replies cross the wire, and what is printed is a log: read by many, copied, and kept for years.',
    async check(realm) {
      const token = await realm.token('carol')
      await realm.authenticate('carol', token)
      await realm.login('carol', 'not the password: Zq9')
      const { salt = '', hash = '' } = realm.accounts.carol ?? {}
      const printed = `${realm.printed} ${realm.errors.join(' ')}`
      const replied = realm.replies.map(({ token: _, ...reply }) => JSON.stringify(reply)).join(' ')
      const { carol } = PASSWORDS
      const secrets = {
        "carol's password": carol,
        'a password that was tried': 'not the password: Zq9',
        "the hash in carol's record": hash,
        "the salt of carol's record": salt,
        "carol's token": token,
      }
      for (const [name, secret] of Object.entries(secrets)) {
        for (const [where, text] of [
          ['printed, or said in an error', printed],
          ['in a reply, where it does not belong', replied],
        ] as const) {
          must(
            !text.includes(secret) && !standsIn(text, base64url(secret) ?? utf8(secret)),
            `${name} is ${where}.`,
            () => `it was read there: ${secret}`,
          )
        }
      }
    },
  },
]
