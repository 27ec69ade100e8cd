/**
 * The student's KDC, asked with randomness that is recorded.
 *
 * @module
 */
import { type Returned, StudentError, type StudentProgram } from '../examiner/program.ts'
import { Missing, must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import { everybody, inOtherOrder } from './anybody.ts'
import type { UserinfoReply } from './given.ts'
import { alice, bob, CLOCK, freshPool, type Question } from './people.ts'

const A_WHILE_SEC = 60
/** Answers that are kept together. */
const AT_ONCE = 128
/** Random bytes. */
const TOO_FEW = [0, 1, 16, 31, 32, 33, 40, 48, 63]

/** A question, and what was answered. */
export interface Asked extends Question {
  readonly reply: UserinfoReply
  /** Whether the student's program has changed its arguments. */
  readonly changed: boolean
  /** Whether the answer, or the arguments, became others when the next questions were asked. */
  readonly altered: boolean
  readonly by: StudentKdc
}

/** A question, and how the student's program failed to answer it. */
export interface Unanswered extends Question {
  readonly error: Error
}

const given = ({ sender, receiver, clock, pool }: Question) => [
  sender,
  receiver,
  { ...clock, randomBytes: new Randomness(pool) },
]

/** What the student wrote. */
export class StudentKdc {
  readonly #program: StudentProgram
  /** All that it was asked so far. */
  readonly asked: Asked[] = []
  #without: ReturnType<StudentKdc['withoutRandomness']> | undefined
  #everybody: ReturnType<StudentKdc['everybody']> | undefined
  /** Whether a ticket of its could not be opened in any way: then not all of them are tried with the next ones. */
  isClosed = false

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  /** @throws Missing when the answer is none. */
  async ask(question: Partial<Question> = {}): Promise<Asked> {
    const asked = { ...{ sender: alice, receiver: bob, clock: CLOCK, pool: freshPool() }, ...question }
    return this.#answered(asked, await this.#program.returned('answerUserinfo', ...given(asked)))
  }

  /** Asks one question after the other, all that was answered kept. @throws Missing when an answer is none. */
  async askAll(questions: readonly Question[]): Promise<Asked[]> {
    const outcomes = await this.tryAll(questions)
    return outcomes.map((outcome) => {
      if ('error' in outcome) throw outcome.error
      return outcome
    })
  }

  /** The same, with what was not answered. */
  async tryAll(questions: readonly Question[]): Promise<(Asked | Unanswered)[]> {
    const outcomes: (Asked | Unanswered)[] = []
    for (let start = 0; start < questions.length; start += AT_ONCE) {
      const some = questions.slice(start, start + AT_ONCE)
      const came = await this.#program.each('answerUserinfo', some.map(given))
      for (const [i, question] of some.entries()) outcomes.push(this.#tried(question, came[i]))
    }
    return outcomes
  }

  /** What is asked for all properties: many kinds of people and times. All that was answered, and the first error. */
  everybody(): Promise<{ asked: readonly Asked[]; failed: Unanswered | undefined }> {
    this.#everybody ??= this.tryAll(everybody()).then((outcomes) => {
      const asked = outcomes.filter((outcome) => 'reply' in outcome)
      const failed = outcomes.find((outcome) => 'error' in outcome)
      if (failed && asked.length === 0) throw failed.error
      return { asked, failed }
    })
    return this.#everybody
  }

  /**
   * What comes when kdc.randomBytes has not enough for an answer, and throws: it takes 64.
   *
   * @returns each with the answer to the same question when there was enough.
   */
  withoutRandomness(): Promise<{ full: Asked; came: Asked | Unanswered }[]> {
    this.#without ??= this.everybody().then(async ({ asked: [first, ...others] }) => {
      const some = first ? [first, ...inOtherOrder(others).slice(0, 15)] : []
      const full = some.flatMap((asked) =>
        TOO_FEW.map((count) => ({ asked, pool: asked.pool.subarray(0, count) })),
      )
      const came = await this.tryAll(
        full.map(({ asked: { sender, receiver, clock }, pool }) => ({ sender, receiver, clock, pool })),
      )
      return full.map(({ asked }, i) => ({ full: asked, came: came[i] as Asked | Unanswered }))
    })
    return this.#without
  }

  /** How much memory its process has in use. */
  heap(): Promise<number> {
    return this.#program.heap()
  }

  #tried(question: Question, came: Returned | StudentError | undefined): Asked | Unanswered {
    if (came instanceof StudentError || !came) {
      return { ...question, error: came ?? new Missing('one of many questions was not answered.') }
    }
    try {
      return this.#answered(question, came)
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      return { ...question, error }
    }
  }

  #answered(question: Question, { value, async, plain, changed, altered }: Returned): Asked {
    must(!async, 'answerUserinfo returned a promise: nothing in it needs async.')
    must(value !== undefined, 'answerUserinfo returned nothing: is there a return?')
    must(
      typeof value === 'object' && value && !Array.isArray(value),
      'answerUserinfo did not return an object.',
    )
    must(
      plain,
      'the object that answerUserinfo returned is no plain one: it has a getter, a toJSON, a class, or bytes in it. ' +
        'JSON cannot say that.',
    )
    const reply = value as UserinfoReply
    const asked = { ...question, changed, altered, reply, by: this }
    this.asked.push(asked)
    return asked
  }

  /** Ends its process; the next question goes to a new one. */
  async restart(): Promise<void> {
    await this.#program.settle()
    // What waits for a timer prints now.
    await this.#program.advance(A_WHILE_SEC)
    await this.#program.end()
  }
}
