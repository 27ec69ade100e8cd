/**
 * The KDC's tickets, good and bad, and the student's receiver as the grader uses it.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  hkdf,
  Secret,
  seal,
  secureRandomBytes,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { attempt, refusal } from '../examiner/attempt.ts'
import { NOW_SEC, type Returned, StudentError, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import type { Kept } from '../examiner/values.ts'

export const HEADER_BYTES: number = 1 + 16 + 32
/** Far more than any property sends. */
const MUCH = 10_000

const bytes = (length: number) => Uint8Array.from(secureRandomBytes(length))

export const freshToken = (): Secret => new Secret('session token', bytes(32))

export const shown = (value: unknown): string => {
  const text = value === undefined ? 'undefined' : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export interface TicketOptions {
  readonly salt?: Uint8Array
  readonly version?: number
  readonly sid?: Uint8Array
  /** What is sealed in place of the JSON. */
  readonly plaintext?: Uint8Array
  /** The associated data in place of the header. */
  readonly aad?: Uint8Array
}

/** The six fields of a good ticket from alice to bob, changed here and there. */
export function fields(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const secret = toBase64url(bytes(32))
  const times = { issued_at: NOW_SEC - 10, expires_at: NOW_SEC + 290 }
  return { username: 'alice', ip_addr: '192.0.2.10', secret, receiver: 'bob', ...times, ...changed }
}

export const headerOf = (token: Secret, { salt = bytes(32), version = 1, sid }: TicketOptions): Uint8Array =>
  concat(Uint8Array.of(version), sid ?? hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16), salt)

export function ticket(token: Secret, content: unknown = fields(), options: TicketOptions = {}): Uint8Array {
  const header = headerOf(token, options)
  const key = hkdf(token.reveal(), header.subarray(17), 'symbolon/1 ticket', 32)
  const { plaintext = utf8(JSON.stringify(content)), aad = header } = options
  return concat(header, seal(key, ZERO_NONCE, aad, plaintext))
}

export interface Judged {
  readonly username: unknown
  readonly ip_addr: unknown
  readonly secret: unknown
}

/** One login of bob's. */
export class BobsLogin {
  readonly token: Secret
  readonly #program: StudentProgram
  readonly #kept: Kept
  readonly #errors: StudentError[]

  constructor(program: StudentProgram, kept: Kept, token: Secret, errors: StudentError[]) {
    this.#program = program
    this.#kept = kept
    this.token = token
    this.#errors = errors
  }

  /** What judge gave, for a ticket that should be refused; nothing when it threw. */
  async refused(sent: Uint8Array, now: number = NOW_SEC): Promise<{ gave: Judged } | undefined> {
    const outcome = await attempt(this.#program.methodReturned(this.#kept, 'judge', sent, now))
    if ('error' in outcome) {
      this.#errors.push(outcome.error)
      return undefined
    }
    return { gave: judged(outcome.gave as Returned) }
  }

  /** The same of many tickets. */
  async allRefused(sent: readonly Uint8Array[]): Promise<({ gave: Judged } | undefined)[]> {
    const came = await this.#program.methodEach(
      this.#kept,
      'judge',
      sent.map((one) => [one, NOW_SEC]),
    )
    return came.map((one) => {
      if (!(one instanceof StudentError)) return { gave: judged(one) }
      this.#errors.push(refusal(one).error)
      return undefined
    })
  }

  /** @param what - the ticket, in words, at the beginning of a sentence. */
  async accepts(sent: Uint8Array, what: string, now: number = NOW_SEC): Promise<Judged> {
    const outcome = await this.refused(sent, now)
    must(outcome, `${what} was refused: ${this.#errors.at(-1)?.message}`)
    return outcome.gave
  }

  async log(): Promise<readonly unknown[]> {
    const log = await this.#program.method(this.#kept, 'log')
    must(Array.isArray(log), `log() returned ${shown(log)}, not a list.`)
    return log
  }
}

function judged({ value, async }: Returned): Judged {
  must(!async, 'judge returned a promise: nothing in it needs async.')
  return (typeof value === 'object' && value !== null ? value : { username: value }) as Judged
}

/** The student's program. */
export class Bob {
  readonly #program: StudentProgram
  readonly errors: StudentError[] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  async login(memory: number = MUCH, token: Secret = freshToken()): Promise<BobsLogin> {
    const kept = await this.#program.keep('makeReceiver', { username: 'bob', token, memory })
    return new BobsLogin(this.#program, kept, token, this.errors)
  }
}
