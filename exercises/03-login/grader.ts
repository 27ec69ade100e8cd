/**
 * The grader of exercise 03: what a record, a login and a token must be, looked at from outside.
 *
 * @module
 */
import { fromBase64url, secureRandomBytes, toBase64url, utf8 } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import { NOW_SEC, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import { Randomness } from '../examiner/values.ts'
import { fastScheme, otherScrypt, recordOf, rob, scrypt } from './examine.ts'
import type { Kdc, PasswordRecord } from './given.ts'

const POOL_BYTES = 1024
const SALT_BYTES = 16
const TOKEN_BYTES = 32
/** What N × r must be at least: 16 MiB of memory for each try. */
const LEAST = 2 ** 14 * 8
/** More than a KDC with many logins at once can afford: 256 MiB. */
const MOST = 2 ** 21
const PASSWORDS = { alice: 'sunshine', bob: 'moonlight', carol: 'no word at all: 7fK!x' } as const
/** Not the program's own clock. */
const NOW = NOW_SEC + 86_400

type Reply = Readonly<Record<string, unknown>>
type Table = Readonly<Record<string, PasswordRecord>>

const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
const shown = (value: unknown) => JSON.stringify(value) ?? String(value)

/** The student's KDC. */
class Realm {
  readonly #program: StudentProgram
  #own: PasswordRecord | undefined
  /** Cheap records, so that a login takes no time. */
  readonly accounts: Table = Object.fromEntries(
    Object.entries(PASSWORDS).map(([name, password]) => [
      name,
      recordOf(password, secureRandomBytes(SALT_BYTES)),
    ]),
  )
  readonly replies: Reply[] = []
  readonly errors: string[] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  /** What the student's own code keeps of alice's password. */
  async own(): Promise<PasswordRecord> {
    this.#own ??= await this.record(PASSWORDS.alice)
    return this.#own
  }

  async record(password: string, random = fresh()): Promise<PasswordRecord> {
    return (await this.#program.call('makeRecord', password, random)) as PasswordRecord
  }

  async login(username: string, password: string, kdc: Partial<Kdc> = {}, random = fresh()): Promise<Reply> {
    const given = { now: NOW, sessionLifetimeSec: 3600, accounts: this.accounts, ...kdc, randomBytes: random }
    return this.#reply('login', { username, password }, given)
  }

  async authenticate(username: string, token: unknown, now = NOW): Promise<Reply> {
    const given = { now, sessionLifetimeSec: 3600, accounts: this.accounts, randomBytes: fresh() }
    return this.#reply('authenticate', { username, token }, given)
  }

  async #reply(name: string, request: object, given: object): Promise<Reply> {
    const outcome = await attempt(this.#program.call(name, request, given))
    if ('error' in outcome) {
      this.errors.push(`${outcome.error.message} ${outcome.error.thrown.all}`)
      return { thrown: outcome.error.message }
    }
    const reply = outcome.gave
    must(
      typeof reply === 'object' && reply,
      `${name} returned ${reply === null ? 'null' : typeof reply}, not an object.`,
    )
    this.replies.push(reply as Reply)
    return reply as Reply
  }

  /** A login that is right. @returns its token. */
  async token(username: keyof typeof PASSWORDS, kdc: Partial<Kdc> = {}, random = fresh()): Promise<string> {
    const reply = await this.login(username, PASSWORDS[username], kdc, random)
    must(reply.status === 200, `${username} did not get in with the right password: ${described(reply)}.`)
    must(typeof reply.token === 'string', `the token in the reply is ${typeof reply.token}, not text.`)
    return reply.token
  }

  /** How often it computes scrypt for a login. */
  async scrypts(username: string, password: string): Promise<number> {
    const before = await this.#program.count('SCRYPTREQUEST')
    await this.login(username, password)
    return (await this.#program.count('SCRYPTREQUEST')) - before
  }
}

const isKnown = (username: string) => Object.hasOwn(PASSWORDS, username)

function described(reply: Reply): string {
  return 'thrown' in reply ? String(reply.thrown).replace(/\.$/, '') : `it answered ${shown(reply)}`
}

/** Parts of a record, each of which must be as given.ts says. */
function mustBeRecord(record: PasswordRecord): void {
  must(
    typeof record === 'object' && record,
    `makeRecord returned ${record === null ? 'null' : typeof record}, not an object.`,
  )
  for (const name of ['N', 'r', 'p'] as const) {
    must(
      Number.isInteger(record[name]) && record[name] > 0,
      `${name} in the record is ${shown(record[name])}, not a whole number.`,
    )
  }
  const { N, r, p } = record
  must(N > 1 && Number.isInteger(Math.log2(N)), `N is ${N}; scrypt takes powers of 2.`)
  must(
    N * r <= MOST && p <= 16,
    `one login would take ${Math.round((N * r) / 8192)} MiB, ${p} times: ten at once, and the KDC stands still.`,
  )
  const bytes: Record<string, Uint8Array> = {}
  for (const name of ['salt', 'hash'] as const) {
    must(
      typeof record[name] === 'string',
      `${name} in the record is ${typeof record[name]}, not text in base64url.`,
    )
    try {
      bytes[name] = fromBase64url(record[name])
    } catch {
      must(false, `${name} in the record is not base64url without padding: ${shown(record[name])}.`)
    }
  }
  must(bytes.hash?.length === 32, `the hash in the record has ${bytes.hash?.length} bytes, not 32.`)
}

export const grader: Grader<Realm> = {
  file: 'login.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'Secret',
    'toBase64url',
    'utf8',
  ],
  subject: (program) => new Realm(program),
  properties: [
    {
      name: 'a record is what scrypt makes of the password, and shows nothing of it',
      why:
        'tables are stolen. A hash like SHA-256 cannot be turned round, but it is fast: the thief tries every word of a ' +
        'dictionary on it, billions in a second.',
      async check(realm) {
        const record = await realm.own()
        const table = { alice: record, bob: await realm.record(PASSWORDS.bob) }
        const scheme = fastScheme(record, PASSWORDS.alice)
        must(!scheme, `the password is kept as ${scheme}.`, () =>
          rob(table, (word, stolen) => (fastScheme(stolen, word) === scheme ? word : undefined)),
        )
        mustBeRecord(record)
        const isRight =
          record.hash === toBase64url(scrypt(PASSWORDS.alice, fromBase64url(record.salt), record))
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
          must(
            reply.status === 200,
            `alice gave the right password, and did not get in: ${described(reply)}.`,
          )
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
        must(
          record.hash !== made(two),
          `makeRecord takes the é of "${one}" as it comes, as an e and an accent.`,
        )
        must(record.hash === made(one), `makeRecord made of "${one}" another hash than scrypt makes.`)
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
        const unknown = ['mallory', 'constructor', '__proto__', 'toString', 'hasOwnProperty', ''].map(
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
          const reply = await realm.login(username, password)
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
          must(
            answers.size === 1,
            `${answers.get(first)} came ${first}, and ${what} ${shown(reply)}.`,
            () => {
              return `whoever asks once for each name of a telephone book has a list of who has an account here: alice and bob do, ${isKnown(username) ? 'and others do not' : `${shown(username)} does not`}.`
            },
          )
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
        // The first time something may be prepared.
        await realm.scrypts('mallory', 'x')
        const wrong = await realm.scrypts('alice', 'x')
        const names = ['mallory', 'trent', 'constructor']
        const unknown: number[] = []
        for (const name of names) unknown.push(await realm.scrypts(name, 'x'))
        must(wrong > 0, 'no scrypt was computed for a wrong password: it must come from memory.')
        must(
          unknown.every((count) => count === wrong),
          `for a wrong password scrypt was computed ${wrong === 1 ? 'once' : `${wrong} times`}, and for unknown names ${unknown.join(', ')} times.`,
          () =>
            `by the time it took: alice has an account, ${names.filter((_, i) => unknown[i] !== wrong).join(' and ')} have none. Every name can be tried so.`,
        )
      },
    },
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
        const make = (random: Randomness) => realm.token('alice', {}, random)
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
  ],
}

function mustRefuse(reply: Reply, what: string): void {
  must(
    reply.status === 401 && (reply.code === 'token_unknown' || reply.code === 'token_expired'),
    `for ${what} came ${shown(reply)}, not status 401 with the code token_unknown or token_expired.`,
  )
}

function base64url(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}

/** Where something stands in a token, the same is written for bob. */
async function forgedToken(realm: Realm, token: string): Promise<string | undefined> {
  for (const encoding of ['base64url', 'base64', 'hex', 'utf8'] as const) {
    const text = Buffer.from(token, encoding).toString('utf8')
    if (!text.includes('alice')) continue
    const forged = Buffer.from(text.replaceAll('alice', 'bob')).toString(encoding)
    const reply = await realm.authenticate('bob', forged)
    if (reply.status === 200)
      return `the grader has read the token, "${text}", written another for bob, and is bob now.`
    return `whoever sees the token reads in it: "${text}".`
  }
  return undefined
}
