/**
 * The student's login, as the grader uses it: people, records, and what a reply must be.
 *
 * @module
 */
import { fromBase64url, secureRandomBytes } from 'symbolon/protocol'
import { attempt, type Outcome, refusal } from '../examiner/attempt.ts'
import { NOW_SEC, StudentError, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import { recordOf } from './examine.ts'
import type { Kdc, PasswordRecord } from './given.ts'

export const POOL_BYTES = 1024
export const SALT_BYTES = 16
export const TOKEN_BYTES = 32
/** What N × r must be at least: 16 MiB of memory for each try. */
export const LEAST = 2 ** 14 * 8
/** More than a KDC with many logins at once can afford: 256 MiB. */
const MOST = 2 ** 21
export const PASSWORDS = { alice: 'sunshine', bob: 'moonlight', carol: 'no word at all: 7fK!x' } as const
/** Not the program's own clock. */
export const NOW = NOW_SEC + 86_400

type Reply = Readonly<Record<string, unknown>>
type Table = Readonly<Record<string, PasswordRecord>>

export const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
export const shown = (value: unknown) => JSON.stringify(value) ?? String(value)

/** The student's KDC. */
export class Realm {
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
  /** How often scrypt was computed, by the name. */
  readonly #scrypts = new Map<string, number>()

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
    const call = this.#program.call('login', { username, password }, this.#kdc(kdc, random))
    return this.#reply('login', await attempt(call))
  }

  #kdc(kdc: Partial<Kdc> = {}, randomBytes = fresh()) {
    return { now: NOW, sessionLifetimeSec: 3600, accounts: this.accounts, ...kdc, randomBytes }
  }

  async authenticate(username: string, token: unknown, now = NOW): Promise<Reply> {
    const call = this.#program.call('authenticate', { username, token }, this.#kdc({ now }))
    return this.#reply('authenticate', await attempt(call))
  }

  #reply(name: string, outcome: Outcome): Reply {
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
    return mustHaveToken(username, await this.login(username, PASSWORDS[username], kdc, random))
  }

  /** The same, one for each of these sources of randomness. */
  async tokensOf(randoms: readonly Randomness[], username: keyof typeof PASSWORDS): Promise<string[]> {
    const request = { username, password: PASSWORDS[username] }
    const came = await this.#program.each(
      'login',
      randoms.map((random) => [request, this.#kdc({}, random)]),
    )
    return came.map((one) => {
      const outcome = one instanceof StudentError ? refusal(one) : { gave: one.value }
      return mustHaveToken(username, this.#reply('login', outcome))
    })
  }

  /** A login, of which is remembered how often scrypt was computed for it. */
  async counted(username: string, password: string): Promise<Reply> {
    const before = await this.#program.count('SCRYPTREQUEST')
    const reply = await this.login(username, password)
    this.#scrypts.set(username, (await this.#program.count('SCRYPTREQUEST')) - before)
    return reply
  }

  /** How often it computes scrypt for a login with this name, that fails. */
  async scrypts(username: string): Promise<number> {
    if (!this.#scrypts.has(username)) await this.counted(username, 'x')
    return this.#scrypts.get(username) ?? 0
  }
}

function mustHaveToken(username: string, reply: Reply): string {
  must(reply.status === 200, `${username} did not get in with the right password: ${described(reply)}.`)
  must(typeof reply.token === 'string', `the token in the reply is ${typeof reply.token}, not text.`)
  return reply.token
}

export const isKnown = (username: string) => Object.hasOwn(PASSWORDS, username)

export function described(reply: Reply): string {
  return 'thrown' in reply ? String(reply.thrown).replace(/\.$/, '') : `it answered ${shown(reply)}`
}

/** Parts of a record, each of which must be as given.ts says. */
export function mustBeRecord(record: PasswordRecord): void {
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

export function mustRefuse(reply: Reply, what: string): void {
  must(
    reply.status === 401 && (reply.code === 'token_unknown' || reply.code === 'token_expired'),
    `for ${what} came ${shown(reply)}, not status 401 with the code token_unknown or token_expired.`,
  )
}

export function base64url(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}

/** Where something stands in a token, the same is written for bob. */
export async function forgedToken(realm: Realm, token: string): Promise<string | undefined> {
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
