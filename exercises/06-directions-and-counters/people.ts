/**
 * The student's two halves of a conversation, as the grader uses them.
 *
 * @module
 */
import { Secret, secureRandomBytes } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { StudentError, StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import type { Kept } from '../examiner/values.ts'
import type { Keys, Side } from './given.ts'

export const shown = (value: unknown): string => {
  const text = value === undefined ? 'undefined' : (JSON.stringify(value) ?? String(value))
  const seen = text.replaceAll('\ufeff', '\\ufeff')
  return seen.length > 60 ? `${seen.slice(0, 60)}…` : seen
}

const bytes = (length: number) => Buffer.from(secureRandomBytes(length))

export function freshKeys(): Keys {
  return {
    aliceToBob: new Secret('channel secret', bytes(32)),
    bobToAlice: new Secret('channel secret', bytes(32)),
  }
}

export class Sealing {
  readonly #program: StudentProgram
  readonly #kept: Kept
  readonly #errors: StudentError[]

  constructor(program: StudentProgram, kept: Kept, errors: StudentError[]) {
    this.#program = program
    this.#kept = kept
    this.#errors = errors
  }

  async seal(text: string): Promise<Uint8Array> {
    return this.#record('seal', text)
  }

  async end(): Promise<Uint8Array> {
    return this.#record('end')
  }

  /** What `seal` or `end` gave when it should throw; nothing when it did. */
  async refused(method: 'seal' | 'end', ...args: string[]): Promise<{ gave: Uint8Array } | undefined> {
    const outcome = await attempt(this.#record(method, ...args))
    if ('gave' in outcome) return { gave: outcome.gave as Uint8Array }
    this.#errors.push(outcome.error)
    return undefined
  }

  async #record(method: 'seal' | 'end', ...args: string[]): Promise<Uint8Array> {
    const { value, async } = await this.#program.methodReturned(this.#kept, method, ...args)
    must(!async, `${method} returned a promise: nothing in it needs async.`)
    must(
      value instanceof Uint8Array,
      `${method} returned ${value === null ? 'null' : typeof value}, not bytes (a Uint8Array).`,
    )
    return value
  }
}

export class Opening {
  readonly #program: StudentProgram
  readonly #kept: Kept
  readonly #errors: StudentError[]
  /** The texts that came out, for people: what this side has read. */
  readonly read: string[] = []

  constructor(program: StudentProgram, kept: Kept, errors: StudentError[]) {
    this.#program = program
    this.#kept = kept
    this.#errors = errors
  }

  /** A record that is right. @throws StudentError when it was refused. */
  async open(record: Uint8Array): Promise<unknown> {
    const { value, async } = await this.#program.methodReturned(this.#kept, 'open', record)
    must(!async, 'open returned a promise: nothing in it needs async.')
    if (value !== undefined) this.read.push(shown(value))
    return value
  }

  /** @throws StudentError when it says that the conversation was cut. */
  async close(): Promise<void> {
    const { async } = await this.#program.methodReturned(this.#kept, 'close')
    must(!async, 'close returned a promise: nothing in it needs async.')
  }

  /** What `open` gave for what should be refused; nothing when it threw. */
  async refused(record: Uint8Array): Promise<{ gave: unknown } | undefined> {
    return this.#refused(this.open(record))
  }

  /** The same of `close`. */
  async closeRefused(): Promise<{ gave: unknown } | undefined> {
    return this.#refused(this.close())
  }

  async #refused(call: Promise<unknown>): Promise<{ gave: unknown } | undefined> {
    const outcome = await attempt(call)
    if ('gave' in outcome) return outcome
    this.#errors.push(outcome.error)
    return undefined
  }

  get all(): string {
    return this.read.length === 0 ? 'nothing' : this.read.join(', then ')
  }
}

/** The student's program. */
export class Conversation {
  readonly #program: StudentProgram
  readonly errors: StudentError[] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  /** Lets an hour pass for the program. */
  async waitAnHour(): Promise<void> {
    await this.#program.advance(3600)
  }

  /** @param count - left out where the conversation begins. */
  async sealer(keys: Keys, side: Side, count?: number): Promise<Sealing> {
    const kept = await this.#program.keep('makeSealer', keys, side, ...(count === undefined ? [] : [count]))
    return new Sealing(this.#program, kept, this.errors)
  }

  async opener(keys: Keys, side: Side, count?: number): Promise<Opening> {
    const kept = await this.#program.keep('makeOpener', keys, side, ...(count === undefined ? [] : [count]))
    return new Opening(this.#program, kept, this.errors)
  }
}
