/**
 * The student's program, as the grader calls it: it guesses, and it guards a door.
 *
 * @module
 */
import { pbkdf2Sync } from 'node:crypto'
import { seal, secureRandomBytes, utf8, ZERO_NONCE } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import type { Kept } from '../examiner/values.ts'
import type { RecordedLogin } from './given.ts'
import { WORDS } from './words.ts'

export const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value))
/** Of so many things one, by chance. */
export const chosen = (count: number) => Buffer.from(secureRandomBytes(4)).readUInt32BE() % count
export const someWord = (words: readonly string[] = WORDS) => words[chosen(words.length)] ?? ''
export const freshWord = () => `${someWord()} ${Buffer.from(secureRandomBytes(6)).toString('base64url')}`

export const PASSWORDS = { alice: 'sunshine', bob: 'dragon', constructor: 'maverick' }
export const TRIES = 5
const SECONDS = 900

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
export function recorded(
  password: string,
  { username = 'alice', realm = 'EXAMPLE.ORG', rounds = 60 } = {},
): RecordedLogin {
  const key = pbkdf2Sync(password, realm + username, rounds, 32, 'sha256')
  const time = utf8('2026-11-20T12:00:00Z')
  return { username, realm, rounds, proof: seal(key, ZERO_NONCE, utf8(username), time) }
}

export class Guesser {
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

export class StudentDoor {
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
