/**
 * The grader of exercise 09: passwords that must be found, requests that must be explained, and a door that must be shut.
 *
 * @module
 */
import { pbkdf2Sync } from 'node:crypto'
import { seal, secureRandomBytes, utf8, ZERO_NONCE } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { Grader } from '../examiner/grading.ts'
import type { StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import type { Kept } from '../examiner/values.ts'
import { hashToGroup, P, Q, requestOf } from './examine.ts'
import type { RecordedLogin } from './given.ts'
import { WORDS } from './words.ts'

const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value))
/** Of so many things one, by chance. */
const chosen = (count: number) => Buffer.from(secureRandomBytes(4)).readUInt32BE() % count
const someWord = (words: readonly string[] = WORDS) => words[chosen(words.length)] ?? ''
const freshWord = () => `${someWord()} ${Buffer.from(secureRandomBytes(6)).toString('base64url')}`

const PASSWORDS = { alice: 'sunshine', bob: 'dragon', constructor: 'maverick' }
const [TRIES, SECONDS] = [5, 900] as const

/** How a key may be made that is not as it should be: with which hash, of which salt, and the aad of the proof. */
const WRONG_WAYS: Readonly<Record<string, [hash: string, salt: string, aad: string]>> = {
  'with no salt': ['sha256', '', 'alice'],
  'with the name first in the salt, then the realm': ['sha256', 'aliceEXAMPLE.ORG', 'alice'],
  'with the name alone for a salt': ['sha256', 'alice', 'alice'],
  'with the realm alone for a salt': ['sha256', 'EXAMPLE.ORG', 'alice'],
  'with a space between realm and name in the salt': ['sha256', 'EXAMPLE.ORG alice', 'alice'],
  'with @ between name and realm in the salt': ['sha256', 'alice@EXAMPLE.ORG', 'alice'],
  'with SHA-1': ['sha1', 'EXAMPLE.ORGalice', 'alice'],
  'with SHA-512': ['sha512', 'EXAMPLE.ORGalice', 'alice'],
  'as it should be, and the proof without aad': ['sha256', 'EXAMPLE.ORGalice', ''],
}

/** A login as somebody may have recorded it. */
function recorded(
  password: string,
  { username = 'alice', realm = 'EXAMPLE.ORG', rounds = 60 } = {},
): RecordedLogin {
  const key = pbkdf2Sync(password, realm + username, rounds, 32, 'sha256')
  const time = utf8('2026-11-20T12:00:00Z')
  return { username, realm, rounds, proof: seal(key, ZERO_NONCE, utf8(username), time) }
}

class Guesser {
  readonly #program: StudentProgram

  constructor(program: StudentProgram) {
    this.#program = program
  }

  crack(login: RecordedLogin, words: readonly string[] = WORDS): Promise<unknown> {
    return this.#program.call('crack', login, words)
  }

  /** How often it goes through PBKDF2 for this. */
  async tries(login: RecordedLogin, words: readonly string[]): Promise<number> {
    const before = await this.#program.count('PBKDF2REQUEST')
    await this.crack(login, words)
    return (await this.#program.count('PBKDF2REQUEST')) - before
  }

  async finds(
    password: string,
    login: RecordedLogin,
    words: readonly string[],
    what: string,
    whatInstead?: () => Promise<string | undefined>,
  ): Promise<void> {
    const found = await this.crack(login, words)
    const instead = found === password ? undefined : await whatInstead?.()
    must(
      found === password,
      `${what}: the password is ${shown(password)}, and crack found ${shown(found)}${instead ? `. It finds one where the key is made ${instead}` : ''}.`,
    )
  }

  /** Of which logins it finds the passwords instead. */
  async wrongWay(): Promise<string | undefined> {
    for (const [words, [hash, salt, aad]] of Object.entries(WRONG_WAYS)) {
      const login = recorded('sunshine')
      const key = pbkdf2Sync('sunshine', salt, login.rounds, 32, hash)
      const proof = seal(key, ZERO_NONCE, utf8(aad), utf8('2026-11-20T12:00:00Z'))
      const outcome = await attempt(this.crack({ ...login, proof }, ['dragon', 'sunshine']))
      if ('gave' in outcome && outcome.gave === 'sunshine') return words
    }
    return undefined
  }

  blindFor(request: number, word: string): Promise<unknown> {
    return this.#program.call('blindFor', request, word)
  }

  async door(
    passwords: Readonly<Record<string, string>> = PASSWORDS,
    tries = TRIES as number,
    seconds = SECONDS as number,
  ) {
    return new StudentDoor(this.#program, await this.#program.keep('makeDoor', passwords, tries, seconds))
  }
}

class StudentDoor {
  readonly #program: StudentProgram
  readonly #door: Kept

  constructor(program: StudentProgram, door: Kept) {
    this.#program = program
    this.#door = door
  }

  async login(username: string, password: string, now: number): Promise<unknown> {
    const outcome = await attempt(this.#program.method(this.#door, 'login', username, password, now))
    must(
      'gave' in outcome,
      `login(${shown(username)}, …) gave no answer. ${'error' in outcome ? outcome.error.message : ''}`,
    )
    return outcome.gave
  }

  async wrong(username: string, count: number, now: number): Promise<unknown[]> {
    const answers = []
    for (let i = 0; i < count; i++) answers.push(await this.login(username, `wrong ${i}`, now))
    return answers
  }
}

/** Eve at the door, with a list. */
async function guessed(
  door: StudentDoor,
  now: number,
  words = ['123456', 'letmein', 'qwerty', 'monkey', 'abc123', 'hello', 'summer', 'sunshine'],
) {
  for (const [i, word] of words.entries()) {
    if ((await door.login('alice', word, now)) === 'in')
      return `eve has tried ${i + 1} words within a second, and is in: "${word}".`
  }
  return undefined
}

export const grader: Grader<Guesser> = {
  file: 'guessing.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'seal',
    'TAG_BYTES',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Guesser(program),
  properties: [
    {
      name: 'crack finds the password of a recorded login',
      why: 'eve has listened once. What she has is enough to try every word she likes, on her own machine, asking nobody.',
      async check(guesser) {
        for (const password of ['sunshine', WORDS[0] ?? '', WORDS.at(-1) ?? '', someWord()]) {
          await guesser.finds(password, recorded(password), WORDS, 'of a login of alice', () =>
            guesser.wrongWay(),
          )
        }
        const odd = [
          'Sunshine',
          ' sunshine ',
          'crème brûlée',
          'cre\u0300me',
          '密码',
          'pass\nword',
          'constructor',
          '',
        ]
        for (const password of odd)
          await guesser.finds(
            password,
            recorded(password),
            ['sunshine', ...odd],
            'from a list with odd words',
          )
      },
    },
    {
      name: 'every login is tried with its own name, realm and rounds',
      why: 'they are in the key, so that one table of keys does not do for all. The thief reads them off the login.',
      async check(guesser) {
        const word = someWord()
        for (const [what, login] of [
          ["of bob's login", recorded(word, { username: 'bob' })],
          ['of a login in another realm', recorded(word, { realm: 'OTHER.EXAMPLE' })],
          ['of a login with 1 round', recorded(word, { rounds: 1 })],
          ['of a login with 97 rounds', recorded(word, { rounds: 97 })],
          ['of a login of élodie', recorded(word, { username: 'élodie', realm: 'CAFÉ.EXAMPLE' })],
          ["of alice's login once more", recorded(word)],
        ] as const) {
          await guesser.finds(word, login, WORDS, what)
        }
      },
    },
    {
      name: 'where no word is right it says nothing',
      why: 'a password that is not the right one helps nobody, and the thief goes on with a longer list.',
      async check(guesser) {
        const word = freshWord()
        for (const [what, login, words] of [
          ['a password that is not in the list', recorded(word), WORDS],
          ['an empty list', recorded('sunshine'), []],
          ['a password of which the list has the beginning', recorded('sunshine1'), ['sunshine', 'sun']],
          [
            'a password of which the list has other spellings',
            recorded('sunshine'),
            ['Sunshine', 'sunshine ', 'SUNSHINE'],
          ],
          [
            'a proof that was damaged',
            { ...recorded('sunshine'), proof: secureRandomBytes(36) },
            ['sunshine'],
          ],
          ['a proof that is empty', { ...recorded('sunshine'), proof: new Uint8Array() }, ['sunshine']],
        ] as const) {
          const outcome = await attempt(guesser.crack(login, words))
          must('gave' in outcome, `${what}: ${'error' in outcome ? outcome.error.message : ''}`)
          must(outcome.gave === undefined, `${what}: crack says it is ${shown(outcome.gave)}.`)
        }
      },
    },
    {
      name: 'each word is tried once, and none after the right one',
      why: 'PBKDF2 is slow, and the list is long: what one tries for nothing is lost. The likeliest words stand first.',
      async check(guesser) {
        const words = WORDS.slice(0, 60)
        for (const [what, password, most] of [
          ['the first of 60 words', words[0] ?? '', 1],
          ['the 20th of 60 words', words[19] ?? '', 20],
          ['none of 60 words', freshWord(), 60],
        ] as const) {
          const tries = await guesser.tries(recorded(password), words)
          must(
            tries <= most,
            `the password was ${what}, and it took ${tries} times PBKDF2; ${most} are enough.`,
          )
        }
      },
    },
    {
      name: 'blindFor finds for every word the blind that makes an OPAQUE request of it',
      why: 'if every word can have made the request, it says nothing about the password. So eve has nothing to try words on.',
      async check(guesser) {
        for (const request of [
          requestOf('sunshine', 77),
          requestOf(someWord(), 1 + chosen(Q - 1)),
          requestOf('sunshine', 1),
          requestOf('sunshine', Q - 1),
        ]) {
          for (const word of ['sunshine', 'dragon', '密码', '', someWord(), freshWord()]) {
            const blind = await guesser.blindFor(request, word)
            const of = `the request ${request} and the word ${shown(word)}`
            must(blind !== undefined, `for ${of} blindFor gave nothing, and there is a blind.`)
            must(
              typeof blind === 'number' && Number.isInteger(blind),
              `for ${of} blindFor gave ${shown(blind)}, which is no whole number.`,
            )
            must(blind >= 1 && blind < Q, `for ${of} blindFor gave ${blind}; a blind is from 1 to ${Q - 1}.`)
            const made = requestOf(word, blind)
            must(
              made === request,
              `for ${of} blindFor gave ${blind}, and with this blind the request would be ${made}.`,
            )
          }
        }
      },
    },
    {
      name: 'what is no number of the group is explained by no word',
      why: 'a client that sends such a number has not followed the protocol. Real OPAQUE refuses it: it may be there to spy out the key.',
      async check(guesser) {
        const squares = new Set(Array.from({ length: P }, (_, i) => (i * i) % P))
        const root = Array.from({ length: P }, (_, i) => i).find((i) => i > 500 && !squares.has(i)) ?? 0
        for (const request of [0, 1, P - 1, P, P + hashToGroup('sunshine'), -4, 2.5, root]) {
          for (const word of ['sunshine', someWord()]) {
            const outcome = await attempt(guesser.blindFor(request, word))
            must(
              'gave' in outcome,
              `for the request ${request}: ${'error' in outcome ? outcome.error.message : ''}`,
            )
            must(
              outcome.gave === undefined,
              `for the request ${request} blindFor gave ${shown(outcome.gave)}, and no blind makes it.`,
            )
          }
        }
      },
    },
    {
      name: 'the door lets in who knows the password, and nobody else',
      why: 'a name may be any text that somebody sends, `constructor` too.',
      async check(guesser) {
        const passwords = { alice: 'sunshine', bob: 'dragon', zoë: ' ' }
        const cases: [string, string, string][] = [
          ['alice', 'sunshine', 'in'],
          ['bob', 'dragon', 'in'],
          ['zoë', ' ', 'in'],
          ['alice', 'dragon', 'no'],
          ['alice', 'Sunshine', 'no'],
          ['alice', 'sunshine ', 'no'],
          ['bob', '', 'no'],
          ['Alice', 'sunshine', 'no'],
          ['mallory', '', 'no'],
          ['mallory', 'undefined', 'no'],
          ['constructor', 'function Object() { [native code] }', 'no'],
          ['__proto__', '[object Object]', 'no'],
          ['toString', '', 'no'],
        ]
        for (const [username, password, wanted] of cases) {
          const door = await guesser.door(passwords)
          const answer = await door.login(username, password, 1000)
          must(
            answer === wanted,
            `login(${shown(username)}, ${shown(password)}) said ${shown(answer)}, and not '${wanted}'.`,
            () =>
              answer === 'in' && !Object.hasOwn(passwords, username)
                ? `${username}, who has no account, is in.`
                : undefined,
          )
        }
        const [one, two] = [await guesser.door(), await guesser.door()]
        await one.wrong('alice', TRIES, 1000)
        const other = await two.login('alice', PASSWORDS.alice, 1000)
        must(
          other === 'in',
          `a second door answered ${shown(other)} to the right password: it counts the tries of the first.`,
        )
      },
    },
    {
      name: 'after so many wrong tries it says wait, to the right password too',
      why: 'that is all that stands between a list of words and the account. If the right one is told even then, the door is open.',
      async check(guesser) {
        for (const tries of [TRIES, 2, 1]) {
          const door = await guesser.door(PASSWORDS, tries)
          const answers = await door.wrong('alice', tries, 1000)
          must(
            answers.every((answer) => answer === 'no'),
            `with ${tries} tries, the first ${tries} wrong ones were answered ${answers.map(shown).join(', ')}.`,
          )
          const next = await door.login('alice', 'wrong', 1001)
          const eve = next === 'wait' ? undefined : await guessed(await guesser.door(PASSWORDS, tries), 1000)
          must(
            next === 'wait',
            `with ${tries} tries, wrong try ${tries + 1} was answered ${shown(next)}.`,
            () => eve,
          )
          const right = await door.login('alice', PASSWORDS.alice, 1002)
          must(
            right === 'wait',
            `after ${tries} wrong tries, the right password was answered ${shown(right)}.`,
            () => {
              return right === 'in'
                ? 'eve has gone on with her list while the door said wait, and is in: "sunshine".'
                : undefined
            },
          )
        }
        // A few at a time, spread over the time in which they count; then with alice herself in between.
        for (const logsIn of [false, true]) {
          const door = await guesser.door()
          for (let i = 0; i < TRIES; i++) {
            await door.login('alice', `wrong ${i}`, 1000 + 200 * i)
            await door.login('bob', PASSWORDS.bob, 1000 + 200 * i)
            if (i !== 2 || !logsIn) continue
            const own = await door.login('alice', PASSWORDS.alice, 1401)
            must(own === 'in', `after 3 wrong tries of 5, the right password was answered ${shown(own)}.`)
          }
          const answer = await door.login('alice', 'wrong', 1801)
          must(
            answer === 'wait',
            `five wrong tries in 800 s${logsIn ? ', and alice logged in after the third' : ''}: the sixth was answered ${shown(answer)}.`,
            () => {
              return logsIn
                ? 'eve tries four words, waits until alice has logged in, and tries four more: hundreds a day.'
                : 'eve tries a few words, waits a little, and tries a few more: thousands a day.'
            },
          )
        }
      },
    },
    {
      name: 'a name that is not there is answered in the same way',
      why: 'whoever is told which names exist has a list of them by evening, and tries words on those only.',
      async check(guesser) {
        for (const name of ['mallory', '', 'toString', '__proto__', 'hasOwnProperty']) {
          const [known, unknown] = [await guesser.door(), await guesser.door()]
          for (const now of [1000, 1001, 1002, 1300, 1400, 1500, 1900, 1901, 1902, 2300, 2900]) {
            const [one, other] = [
              await known.login('alice', 'wrong', now),
              await unknown.login(name, 'wrong', now),
            ]
            must(
              one === other,
              `the same tries at the same times: alice, who is there, gets ${shown(one)}, and ${shown(name)}, who is not, ${shown(other)}.`,
              () => `eve knows now that there is an account 'alice', and none '${name}'.`,
            )
          }
        }
      },
    },
    {
      name: 'a try counts for its time, and for its name only',
      why: 'otherwise mallory shuts others out with a few wrong passwords, for as long as she likes.',
      async check(guesser) {
        const door = await guesser.door()
        await door.wrong('alice', TRIES, 1000)
        const bob = await door.login('bob', PASSWORDS.bob, 1001)
        must(
          bob === 'in',
          `after five wrong tries for alice, bob's right password was answered ${shown(bob)}.`,
        )
        for (let now = 1010; now < 1900; now += 100) await door.login('alice', 'wrong', now)
        const early = await door.login('alice', PASSWORDS.alice, 1899)
        must(
          early === 'wait',
          `899 s after five wrong tries, the right password was answered ${shown(early)}: they count for 900 s.`,
        )
        const late = await door.login('alice', PASSWORDS.alice, 1900)
        must(
          late === 'in',
          `900 s after five wrong tries, with more in between that were answered 'wait', the right password was answered ${shown(late)}.`,
        )
        const sliding = await guesser.door(PASSWORDS, 3, 100)
        const answers: unknown[] = []
        for (const now of [0, 60, 90, 99, 100, 101, 159, 160])
          answers.push(await sliding.login('bob', 'wrong', now))
        const wanted = ['no', 'no', 'no', 'wait', 'no', 'wait', 'wait', 'no']
        must(
          answers.join() === wanted.join(),
          `with 3 tries in 100 s, wrong ones at 0, 60, 90, 99, 100, 101, 159 and 160 were answered ${answers.join(', ')}, and not ${wanted.join(', ')}.`,
        )
      },
    },
  ],
}
