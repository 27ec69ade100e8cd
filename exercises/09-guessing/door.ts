/**
 * A door that must be shut after some wrong passwords, and to nobody else.
 *
 * @module
 */
import { must, type Property } from '../examiner/property.ts'
import { type Guesser, PASSWORDS, type StudentDoor, shown, TRIES } from './guesser.ts'

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

export const ofTheDoor: readonly Property<Guesser>[] = [
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
      must(bob === 'in', `after five wrong tries for alice, bob's right password was answered ${shown(bob)}.`)
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
]
