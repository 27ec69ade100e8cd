/**
 * What becomes of passwords: records, and answers that tell nothing.
 *
 * @module
 */
import { fromBase64url, secureRandomBytes, toBase64url } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import { fastScheme, otherScrypt, recordOf, rob, scrypt } from './examine.ts'
import {
  described,
  isKnown,
  LEAST,
  mustBeRecord,
  NOW,
  PASSWORDS,
  POOL_BYTES,
  type Realm,
  SALT_BYTES,
  shown,
} from './realm.ts'

export const ofPasswords: readonly Property<Realm>[] = [
  {
    name: 'a record is what scrypt makes of the password, and shows nothing of it',
    why:
      'tables are stolen. A hash like SHA-256 cannot be turned round, but it is fast: the thief tries every word of a ' +
      'dictionary on it, billions in a second.',
    async check(realm) {
      const record = await realm.own()
      const scheme = fastScheme(record, PASSWORDS.alice)
      const table = { alice: record, ...(scheme && { bob: await realm.record(PASSWORDS.bob) }) }
      must(!scheme, `the password is kept as ${scheme}.`, () =>
        rob(table, (word, stolen) => (fastScheme(stolen, word) === scheme ? word : undefined)),
      )
      mustBeRecord(record)
      const isRight = record.hash === toBase64url(scrypt(PASSWORDS.alice, fromBase64url(record.salt), record))
      const other = isRight ? undefined : otherScrypt(record, PASSWORDS.alice)
      must(
        !other,
        `the hash is ${other}, and the record says N = ${record.N}, r = ${record.r}, p = ${record.p}.`,
      )
      must(
        isRight,
        'the hash is not scrypt(password, salt, 32) with the N, r and p that stand in the record.',
      )
    },
  },
  {
    name: 'every record has a salt of its own, of 16 random bytes',
    why:
      'without a salt the same password makes the same record: the thief sees who has the same one, and tries each word ' +
      'once for the whole table, or has computed it years ago.',
    async check(realm) {
      const record = await realm.own()
      const pool = secureRandomBytes(POOL_BYTES)
      const bobs = await realm.record(PASSWORDS.alice, new Randomness(pool))
      must(bobs.salt !== record.salt, 'two records have the same salt.', () =>
        bobs.hash === record.hash
          ? 'one look at the stolen table: two people have the same password. The thief tries each word once for both.'
          : undefined,
      )
      const length = fromBase64url(record.salt).length
      must(length === SALT_BYTES, `the salt has ${length} bytes, not 16.`)
      const again = await realm.record(PASSWORDS.alice, new Randomness(pool))
      must(
        again.salt === bobs.salt,
        'randomBytes gave the same bytes as before, and the salt was another: it came from somewhere else.',
      )
      const changed = pool.map((byte, i) => (i < 8 ? byte : byte ^ 0xff))
      const other = await realm.record(PASSWORDS.alice, new Randomness(changed))
      must(other.salt !== bobs.salt, 'the salt is made of no more than 8 random bytes, and 16 are needed.')
    },
  },
  {
    name: 'one try costs 16 MiB of memory, for the thief as well',
    why:
      'a login may take a twentieth of a second. For the thief each word takes as long, and a machine that tries thousands ' +
      'at once needs thousands of memories.',
    async check(realm) {
      const { N, r, p, salt, hash } = await realm.own()
      must(
        N * r >= LEAST,
        `N × r × 128 is ${(N * r * 128) / 1024} KiB (N = ${N}, r = ${r}); 16 MiB are N = 16384 and r = 8.`,
        () =>
          N * r > 2 ** 15
            ? undefined
            : rob({ alice: { salt, hash } }, (word) =>
                toBase64url(scrypt(word, fromBase64url(salt), { N, r, p })) === hash ? word : undefined,
              ),
      )
    },
  },
  {
    name: 'the right password logs in, and message 2 says who, until when, and what time it is',
    why: "alice's program renews the session before it ends, and judges tickets by the KDC's clock, not by its own.",
    async check(realm) {
      const accounts = { ...realm.accounts, alice: await realm.own() }
      for (const [now, sessionLifetimeSec] of [
        [NOW, 3600],
        [NOW + 5, 120],
      ] as const) {
        const reply = await realm.login('alice', PASSWORDS.alice, { accounts, now, sessionLifetimeSec })
        must(reply.status === 200, `alice gave the right password, and did not get in: ${described(reply)}.`)
        must(typeof reply.token === 'string', `the token in the reply is ${typeof reply.token}, not text.`)
        must(reply.username === 'alice', `username in the reply is ${shown(reply.username)}.`)
        for (const [name, wanted] of [
          ['expires_at', now + sessionLifetimeSec],
          ['time', now],
        ] as const) {
          const found = reply[name]
          must(typeof found === 'number', `${name} in the reply is ${typeof found}, not a number.`)
          must(found < wanted * 10, `${name} in the reply is ${found}: these are milliseconds.`)
          must(
            found === wanted,
            `${name} in the reply is ${found}, and ${wanted} was expected: kdc.now was ${now}.`,
          )
        }
      }
    },
  },
  {
    name: 'a record is read with its own cost, and a password in any spelling of its letters',
    why:
      "next year N will be higher, and this year's records must still open. And é can be one character or two, e and an accent: " +
      'which one, the keyboard decides. Normalisation form C makes them one.',
    async check(realm) {
      for (const cost of [
        { N: 16, r: 1, p: 1 },
        { N: 1024, r: 8, p: 1 },
        { N: 512, r: 4, p: 3 },
      ]) {
        const accounts = { alice: recordOf(PASSWORDS.alice, secureRandomBytes(SALT_BYTES), cost) }
        const reply = await realm.login('alice', PASSWORDS.alice, { accounts })
        must(
          reply.status === 200,
          `with a record that says N = ${cost.N}, r = ${cost.r}, p = ${cost.p}, the right password did not get in: ${described(reply)}.`,
        )
      }
      const [one, two] = ['café au lait', 'cafe\u0301 au lait']
      const accounts = { alice: recordOf(one, secureRandomBytes(SALT_BYTES)) }
      for (const typed of [one, two]) {
        const reply = await realm.login('alice', typed, { accounts })
        must(
          reply.status === 200,
          `"${one}" did not get in with its é as ${typed === one ? 'one character' : 'an e and an accent'}: ${described(reply)}.`,
        )
      }
      const record = await realm.record(two)
      const made = (text: string) => toBase64url(scrypt(text, fromBase64url(record.salt), record, text))
      const isRight = record.hash === made(one)
      must(
        isRight || record.hash !== made(two),
        `makeRecord takes the é of "${one}" as it comes, as an e and an accent.`,
      )
      must(isRight, `makeRecord made of "${one}" another hash than scrypt makes.`)
    },
  },
  {
    name: 'a wrong password and an unknown name are answered alike',
    why:
      'whoever is told "no such account" has a list of all accounts by evening, and tries passwords on them only. A name is ' +
      'whatever somebody sends: `constructor` too.',
    async check(realm) {
      const wrong = [
        ['alice', ''],
        ['alice', 'sunshin'],
        ['alice', 'sunshine '],
        ['alice', 'Sunshine'],
        ['alice', PASSWORDS.bob],
        ['bob', PASSWORDS.alice],
        ['alice', realm.accounts.alice?.hash ?? ''],
      ] as const
      const unknown = ['mallory', 'constructor', '__proto__', 'toString', ''].map(
        (name) => [name, PASSWORDS.alice] as const,
      )
      await realm.token('alice')
      const changed = { alice: recordOf(PASSWORDS.carol, secureRandomBytes(SALT_BYTES)) }
      const old = await realm.login('alice', PASSWORDS.alice, { accounts: changed })
      must(
        old.status !== 200,
        'alice has another password since a minute, and the old one still let her in.',
        () => `the one from whom she wanted to be rid has a session of hers, with the token ${old.token}.`,
      )
      for (const at of [0, 15, 31]) {
        const record = recordOf(PASSWORDS.alice, secureRandomBytes(SALT_BYTES))
        const hash = fromBase64url(record.hash).map((byte, i) => (i === at ? byte ^ 1 : byte))
        const reply = await realm.login('alice', PASSWORDS.alice, {
          accounts: { alice: { ...record, hash: toBase64url(hash) } },
        })
        must(
          reply.status !== 200,
          `the hash in the record was another in byte ${at}, and alice was let in: only a part of it is compared.`,
        )
      }
      const answers = new Map<string, string>()
      for (const [username, password] of [...wrong, ...unknown, ['constructor', ''] as const]) {
        const reply = await realm.counted(username, password)
        const what = isKnown(username)
          ? `for ${username} with the password ${shown(password)}`
          : `for ${shown(username)}, which has no account,`
        must(!('thrown' in reply), `${what} came no answer. ${reply.thrown}`)
        must(
          reply.status !== 200,
          `${what} was let in.`,
          () => `a session of ${username || 'nobody'}, with the token ${reply.token}.`,
        )
        if (!answers.has(shown(reply))) answers.set(shown(reply), what)
        const [first = ''] = answers.keys()
        must(answers.size === 1, `${answers.get(first)} came ${first}, and ${what} ${shown(reply)}.`, () => {
          return `whoever asks once for each name of a telephone book has a list of who has an account here: alice and bob do, ${isKnown(username) ? 'and others do not' : `${shown(username)} does not`}.`
        })
        must(
          reply.status === 401 && reply.code === 'login_refused',
          `${what} came ${shown(reply)}, not status 401 with the code login_refused.`,
        )
      }
    },
  },
  {
    name: 'an unknown name costs as much as a wrong password',
    why:
      'scrypt takes a twentieth of a second. If it is left out for names that do not exist, the clock says what the answer does ' +
      'not. The grader counts how often you compute it.',
    async check(realm) {
      // The first time something may be prepared, and a name that comes again may be remembered.
      await realm.scrypts('mallory')
      await realm.counted('mallory', 'x')
      await realm.counted('alice', 'x')
      const wrong = await realm.scrypts('alice')
      const names = ['mallory', 'toString', 'constructor']
      const unknown: number[] = []
      for (const name of names) unknown.push(await realm.scrypts(name))
      must(wrong > 0, 'no scrypt was computed for a wrong password: it must come from memory.')
      must(
        unknown.every((count) => count === wrong),
        `for a wrong password scrypt was computed ${wrong === 1 ? 'once' : `${wrong} times`}, and for unknown names ${unknown.join(', ')} times.`,
        () =>
          `by the time it took: alice has an account, ${names.filter((_, i) => unknown[i] !== wrong).join(' and ')} have none. Every name can be tried so.`,
      )
    },
  },
]
