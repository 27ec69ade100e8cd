/**
 * A student's program in a process of its own: it is called from here, judged here, and can do nothing here. Node's permission
 * model keeps it from this machine's files, from other programs, and from the project it is graded with.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { bounded, visible } from '../../src/lib/text/visible.ts'
import type { Call, Outcome, Reply, Thrown } from './host.ts'
import type { Left } from './left.ts'
import { Missing, must } from './property.ts'
import { AS_TOLD, decode, encode, Kept } from './values.ts'
import type { Workbench } from './workbench.ts'

/** Of a line of the student's process: far more than any answer takes. */
const MAX_LINE_CHARS = 8 * 1024 * 1024
/** Of an error's message. */
const MAX_TOLD_CHARS = 500
const MAX_PRINTED_CHARS = 256 * 1024
/** Besides, for each call: what a student looks at while writing. */
const MAX_PRINTED_CHARS_EACH = 4 * 1024
/** Fake time begins here: 2026-11-20T12:00:00Z. */
export const NOW_SEC: number = 1_795_176_000

/** The program's error, told as the program threw it. */
export class StudentError extends Error {
  readonly thrown: Thrown

  constructor(thrown: Thrown) {
    super(inWords(thrown))
    this.thrown = thrown
    this.stack = ''
  }
}

/** What happened, in a sentence, with the line of the student's file that it came from. */
export function inWords({ isError, name, message, code, line }: Thrown): string {
  if (!isError) return `something that is no Error was thrown: ${told(message)}.`
  if (name === 'Missing' || message.startsWith('exercise ')) return told(message)
  const place = line === undefined ? '' : `, at line ${line}`
  return `your code threw ${name}${code === undefined ? '' : ` (${code})`}: ${told(message)}${place}.`
}

/** A program's own words, on one line. */
const told = (message: string) => visible(bounded(message.replace(/\s+/g, ' '), MAX_TOLD_CHARS))

interface Waiting {
  /** What was called. */
  readonly name: string
  resolve(came: Came): void
  reject(error: Error): void
}

/** What a call gave. */
export interface Returned {
  readonly value: unknown
  /** Whether it was a promise. */
  readonly async: boolean
  /** Whether JSON says all of it. */
  readonly plain: boolean
  /** Whether what it gave became another when it was called again. */
  readonly altered: boolean
}

/** Of one call, or of each of many. */
type Came = Returned | (Returned | StudentError)[]

export interface ProgramOptions {
  /** For one call. */
  readonly timeLimitSec: number
  /** Unix seconds, for the program's own clock. Default: `NOW_SEC`. */
  readonly nowSec?: number
}

/** Started when it is first called, and again when it has ended. */
export class StudentProgram {
  readonly #bench: Workbench
  readonly #options: ProgramOptions
  #child: ChildProcess | undefined
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #starts = 0
  #laterSec = 0
  #printed = ''
  #calls = 0
  #ended: Promise<unknown> | undefined
  /** An error that came when nothing was asked. */
  #late: Error | undefined
  /** What a call has changed that it was given, in words. */
  #changed: string | undefined

  constructor(bench: Workbench, options: ProgramOptions) {
    this.#bench = bench
    this.#options = options
  }

  /** What it has printed so far, on either output; at most 256 Ki characters, and 4 Ki for each call. */
  get printed(): string {
    return this.#printed
  }

  /**
   * Calls an exported function.
   *
   * @throws StudentError what it threw.
   * @throws Missing when it did not answer in time, or its process ended.
   */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    return (await this.#one('call', name, args)).value
  }

  /** The same, and what kind of value it gave. */
  returned(name: string, ...args: unknown[]): Promise<Returned> {
    return this.#one('call', name, args)
  }

  /** Calls an exported function with each of the lists of arguments, in one message; what it throws is in the place of what it gives. */
  async each(name: string, all: readonly unknown[][]): Promise<(Returned | StudentError)[]> {
    const came = await this.#ask('each', name, all)
    return Array.isArray(came) ? came : [came]
  }

  /** The same of a method of an object that was kept. */
  async methodEach(on: Kept, name: string, all: readonly unknown[][]): Promise<(Returned | StudentError)[]> {
    const came = await this.#ask('each', name, all, on.id)
    return Array.isArray(came) ? came : [came]
  }

  /** Calls an exported function, or makes an object of an exported class; what it gives stays there. */
  async keep(name: string, ...args: unknown[]): Promise<Kept> {
    const { value } = await this.#one('keep', name, args)
    must(value instanceof Kept, `${name} gave no object.`)
    return value
  }

  /** Calls a method of an object that was kept. */
  async method(on: Kept, name: string, ...args: unknown[]): Promise<unknown> {
    return (await this.#one('call', name, args, on.id)).value
  }

  /** The same, and what kind of value it gave. */
  methodReturned(on: Kept, name: string, ...args: unknown[]): Promise<Returned> {
    return this.#one('call', name, args, on.id)
  }

  /**
   * How often it has begun what Node calls by this name, such as a "SCRYPTREQUEST", since this was first asked: what it costs to
   * answer, without a clock.
   */
  async count(type: string): Promise<number> {
    return Number((await this.#one('count', type, [])).value)
  }

  /** How many bytes of memory its process has in use, garbage not counted. */
  async heap(): Promise<number> {
    return Number((await this.#one('heap', '', [])).value)
  }

  /** What its calls have left behind. To be asked when none is going on. */
  async left(): Promise<Left> {
    return (await this.#one('left', '', [])).value as Left
  }

  /**
   * From now on, and until its process ends, its random bytes are these, from the first, whatever it draws them with; when they are
   * used up, the platform's again.
   */
  async draws(pool: Uint8Array): Promise<void> {
    await this.#ask('draw', '', [pool])
  }

  /** Lets fake time pass for it. */
  async advance(seconds: number): Promise<void> {
    await this.#ask('advance', '', [seconds * 1000])
  }

  /**
   * Lets what goes on in the background have its turn.
   *
   * @throws Missing when an error came that nothing in the program waits for, its process ended, or a call has changed what it was given.
   */
  async settle(): Promise<void> {
    if (this.#child) await this.advance(0)
    const [late, changed] = [this.#late, this.#changed]
    this.#late = this.#changed = undefined
    if (late) throw late
    must(!changed, `${changed}. It is needed again, as it was.`)
  }

  /**
   * Ends its process; the next call starts another one.
   *
   * @param laterSec - how much later than the first time that is, by its own clock.
   */
  async end(laterSec = 0): Promise<void> {
    this.#laterSec = laterSec
    const child = this.#child
    if (child && this.#waiting.size > 0) this.#fail(child, new Missing('the program was ended.', 'stopped'))
    this.#child = undefined
    child?.kill('SIGKILL')
    await this.#ended
  }

  async #one(what: Call['do'], name: string, args: readonly unknown[], on?: number): Promise<Returned> {
    const came = await this.#ask(what, name, args, on)
    must(!Array.isArray(came), `${name} was called once, and answered many times.`)
    return came
  }

  async #ask(what: Call['do'], name: string, args: readonly unknown[], on?: number): Promise<Came> {
    const child = this.#child ?? this.#start()
    const id = ++this.#lastId
    const coded = args.map((part) =>
      Array.isArray(part) && what === 'each' ? part.map(encode) : encode(part),
    )
    const call: Call = { id, do: what, name, ...(on !== undefined && { on }), args: coded }
    this.#calls += what === 'each' ? args.length : 1
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      return await new Promise<Came>((resolve, reject) => {
        this.#waiting.set(id, { name, resolve, reject })
        timer = setTimeout(() => {
          this.#fail(
            child,
            new Missing(
              `nothing happened for ${this.#options.timeLimitSec} s: is there an endless loop?`,
              'stopped',
            ),
          )
        }, this.#options.timeLimitSec * 1000)
        child.stdin?.write(`${JSON.stringify(call)}\n`)
      })
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  #start(): ChildProcess {
    const { nowSec = NOW_SEC } = this.#options
    const child = spawn(
      process.execPath,
      [
        ...this.#bench.nodeOptions,
        this.#bench.host,
        String((nowSec + this.#laterSec) * 1000),
        String(this.#starts++),
      ],
      {
        cwd: this.#bench.folder,
        // Nothing of the grader's environment: it is none of the program's business.
        env: {},
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      },
    )
    this.#child = child
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    // A process that is gone is told by 'close'.
    for (const stream of child.stdio) stream?.on('error', () => {})
    child.once('error', (error) => this.#fail(child, error))
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => this.#print(child, text))
    }
    this.#listen(child, child.stdio[3] as Readable)
    this.#ended = once(child, 'close').then(() => {
      process.off('exit', kill)
      this.#fail(child, new Missing('the program ended by itself: is there a process.exit?', 'stopped'))
    })
    return child
  }

  #print(child: ChildProcess, text: string): void {
    const most = MAX_PRINTED_CHARS + this.#calls * MAX_PRINTED_CHARS_EACH
    this.#printed += text.slice(0, most - this.#printed.length)
    if (this.#printed.length >= most) {
      const problem = `it prints without end: what it printed is more than ${Math.floor(most / 1024)} Ki characters.`
      this.#fail(child, new Missing(problem, 'stopped'))
    }
  }

  #listen(child: ChildProcess, answers: Readable): void {
    let rest = ''
    answers.setEncoding('utf8').on('data', (text: string) => {
      // Only what has come is looked through: a line may come in many pieces.
      const [first = '', ...others] = text.split('\n')
      const lines = [rest + first, ...others]
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARS) {
        this.#fail(
          child,
          new Missing('it answers without end: what came is more than 8 Mi characters.', 'stopped'),
        )
        rest = ''
      }
      for (const line of lines) this.#hear(child, line)
    })
  }

  #hear(child: ChildProcess, line: string): void {
    let reply: Reply
    try {
      reply = JSON.parse(line)
      if ('stray' in reply) {
        this.#fail(
          child,
          new Missing(
            `an error came where nothing waited for it: is an await missing? ${inWords(reply.stray)}`,
          ),
        )
        return
      }
      const waiting = this.#waiting.get(reply.id)
      // The host answers what it was asked, once.
      if (!waiting) throw new TypeError('nothing was asked')
      const outcome = 'each' in reply ? reply.each.map(came) : came(reply)
      const outcomes = 'each' in reply ? reply.each : [reply]
      const changed = outcomes.find(({ changed }) => changed)?.changed
      this.#waiting.delete(reply.id)
      if (changed)
        this.#changed ??= `your ${waiting.name} has changed what it was given: ${told(String(changed))}`
      if (outcome instanceof Error) waiting.reject(outcome)
      else waiting.resolve(outcome)
    } catch {
      this.#garbage(child)
    }
  }

  #garbage(child: ChildProcess): void {
    this.#fail(
      child,
      new Missing('the program writes to where its answers are read, and what it writes is none.', 'stopped'),
    )
  }

  /** Ends a process: the calls that wait for it get the error, and the next one goes to a new process. */
  #fail(child: ChildProcess, error: Error): void {
    if (this.#child !== child) return
    this.#child = undefined
    if (this.#waiting.size === 0) this.#late = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    child.kill('SIGKILL')
  }
}

function came(outcome: Outcome): Returned | StudentError {
  if ('thrown' in outcome) return new StudentError(outcome.thrown)
  const { value, async, plain, altered } = outcome
  return {
    value: decode(value, AS_TOLD),
    async: async === true,
    plain: plain === true,
    altered: altered === true,
  }
}
