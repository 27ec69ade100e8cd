/**
 * Passwords that must be found in what was recorded, asking nobody.
 *
 * @module
 */
import { secureRandomBytes } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import { must, type Property } from '../examiner/property.ts'
import { freshWord, type Guesser, recorded, shown, someWord } from './guesser.ts'
import { WORDS } from './words.ts'

export const ofGuessingOffline: readonly Property<Guesser>[] = [
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
        await guesser.finds(password, recorded(password), ['sunshine', ...odd], 'from a list with odd words')
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
        ['a proof that was damaged', { ...recorded('sunshine'), proof: secureRandomBytes(36) }, ['sunshine']],
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
]
