/**
 * The student's KDC, asked with randomness that is recorded.
 *
 * @module
 */
import { type Returned, StudentError, type StudentProgram } from '../examiner/program.ts'
import { Missing, must } from '../examiner/property.ts'
import { Frozen, Randomness, Same } from '../examiner/values.ts'
import { type Sealed, sealedByItself } from './by-itself.ts'
import type { Session, UserinfoReply } from './given.ts'
import { alice, bob, CLOCK, freshPool, idOf, type Question } from './people.ts'
import { everybody, inOtherOrder, otherwise, USUAL } from './questions.ts'

/** Five of them are more than ten minutes: a program that looks at its own clock is another then. */
const A_WHILE_SEC = 130
/** Answers that are kept together. */
const AT_ONCE = 128
/** Random bytes. */
const TOO_FEW = [0, 1, 16, 31, 32, 33, 40, 48, 63]
/** Enough to be asked when there was not enough. */
const SOME = 15
/** For each answer: what is kept of one takes more, and what else comes and goes in a process mostly takes less. */
export const LEFT_BEHIND_BYTES = 110
/** Of such rounds: now and then a process needs more or less memory for other reasons. */
export const ROUNDS = { more: 4, less: 2 }

/** A question, and what was answered. */
export interface Asked extends Question {
  readonly reply: UserinfoReply
  /** Whether the answer became another when the next questions were asked. */
  readonly altered: boolean
  readonly by: StudentKdc
}

/** The same question with enough randomness, and with less. */
export interface Tried {
  readonly full: Asked
  readonly came: Asked | Unanswered
}

/** A question, and how the student's program failed to answer it. */
export interface Unanswered extends Question {
  readonly error: Error
}

/** Of everybody's questions, asked once more. */
const AGAIN = 400

/** Many of everybody's questions once more, with other randomness. */
export interface Round {
  /** What was answered before, and what now. */
  readonly before: readonly Asked[]
  readonly asked: readonly Asked[]
  /** How much more memory was in use for each answer than before. */
  readonly bytes: number
}

const KDC = {}
const randomBytes = () => new Uint8Array()

function given({ sender, receiver, clock, pool, after, how }: Question): unknown[] {
  const random = new Randomness(pool, after)
  const all = [sender, receiver, { ...clock, randomBytes: random }]
  if (how === 'frozen') return all.map((part) => new Frozen(part))
  if (how !== 'same') return all
  const one = (session: Session) =>
    new Same(idOf(session), { ...session, token: new Same(idOf(session.token), session.token) })
  const kdc = { ...clock, randomBytes: new Same(idOf(randomBytes), random) }
  return [one(sender), one(receiver), new Same(idOf(KDC), kdc)]
}

/** Alice's for bob, but for what is said. */
export function questionWith({
  sender = alice,
  receiver = bob,
  clock = CLOCK,
  pool = freshPool(),
  how,
}: Partial<Question> = {}): Question {
  return { sender, receiver, clock, pool, how }
}

/** What was asked. */
export const asQuestion = ({ sender, receiver, clock, pool, how }: Question): Question => {
  return { sender, receiver, clock, pool, how }
}

/** What the student wrote. */
export class StudentKdc {
  readonly #program: StudentProgram
  /** All that it was asked so far. */
  readonly asked: Asked[] = []
  #without: ReturnType<StudentKdc['withoutRandomness']> | undefined
  #rounds: ReturnType<StudentKdc['rounds']> | undefined
  #sealed: ReturnType<StudentKdc['sealed']> | undefined
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
    const asked = questionWith(question)
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

  /** The same, with what was not answered. @param pauseSec - of the program's own clock, now and then. */
  async tryAll(questions: readonly Question[], pauseSec = 0): Promise<(Asked | Unanswered)[]> {
    const outcomes: (Asked | Unanswered)[] = []
    for (let start = 0; start < questions.length; start += AT_ONCE) {
      if (start > 0 && pauseSec > 0) await this.#program.advance(pauseSec)
      const some = questions.slice(start, start + AT_ONCE)
      const came = await this.#program.each('answerUserinfo', some.map(given))
      for (const [i, question] of some.entries()) outcomes.push(this.#tried(question, came[i]))
    }
    return outcomes
  }

  /** What is asked for all properties: many kinds of people and times. All that was answered, and the first error. */
  everybody(): Promise<{ asked: readonly Asked[]; failed: Unanswered | undefined }> {
    this.#everybody ??= this.tryAll(everybody(), A_WHILE_SEC).then((outcomes) => {
      const asked = outcomes.filter((outcome) => 'reply' in outcome)
      const failed = outcomes.find((outcome) => 'error' in outcome)
      if (failed && asked.length === 0) throw failed.error
      return { asked, failed }
    })
    return this.#everybody
  }

  /** Asks all that is asked of all. @throws Missing when there is nothing to be asked, or the program ends. */
  async useAll(): Promise<void> {
    try {
      await this.everybody()
      await this.sealed()
    } catch (error) {
      const isWritten = error instanceof StudentError && !/^(?:exercise |there is no)/.test(error.message)
      const isNoAnswer = error instanceof Missing && error.kind === 'missing'
      // Why there is no answer is another property's.
      if (!isWritten && !isNoAnswer) throw error
    }
  }

  /** What alice's first questions for bob gave. */
  async usual(): Promise<readonly Asked[]> {
    const { asked } = await this.everybody()
    return asked.slice(0, USUAL)
  }

  /** Many of those that were answered, in other order. */
  async someAgain(): Promise<readonly Asked[]> {
    const { asked } = await this.everybody()
    return inOtherOrder(asked).slice(0, AGAIN)
  }

  /** The same questions with other randomness, as often as it takes to see whether something is kept of each answer. */
  rounds(): Promise<Round[]> {
    this.#rounds ??= this.someAgain().then(async (before) => {
      const rounds: Round[] = []
      let last = 0
      const count = { more: 0, less: 0 }
      // What is kept of people is there after the first time.
      for (let i = 0; count.more < ROUNDS.more && count.less < ROUNDS.less; i++) {
        const asked = await this.askAll(otherwise(before))
        // What waits for a timer is over then.
        await this.#program.advance(A_WHILE_SEC)
        const now = await this.#program.heap()
        const bytes = Math.round((now - last) / asked.length)
        last = now
        if (i > 0) count[bytes > LEFT_BEHIND_BYTES ? 'more' : 'less']++
        rounds.push({ before, asked, bytes: i > 0 ? bytes : 0 })
      }
      return rounds
    })
    return this.#rounds
  }

  /** What makeSenderinfo seals when it is called by itself; nothing when the program does not export it. */
  sealed(): Promise<readonly Sealed[] | undefined> {
    this.#sealed ??= sealedByItself(this.#program)
    return this.#sealed
  }

  /**
   * What comes when kdc.randomBytes has not enough for an answer, and throws: it takes 64.
   *
   * @returns each with the answer to the same question when there was enough; and those questions asked again afterwards.
   */
  withoutRandomness(): Promise<{ failed: Tried[]; after: Tried[] }> {
    this.#without ??= this.everybody().then(async ({ asked: [first, ...others] }) => {
      const full = first ? [first, ...inOtherOrder(others).slice(0, SOME)] : []
      const tries = full.flatMap((asked) =>
        [...TOO_FEW, ...TOO_FEW, asked.pool.length].map((count, i) => {
          // One that fails for a moment, too.
          const after = i < TOO_FEW.length ? undefined : freshPool()
          return { asked, pool: asked.pool.subarray(0, count), after }
        }),
      )
      const came = await this.tryAll(
        tries.map(({ asked, pool, after }) => ({ ...asQuestion(asked), pool, after })),
      )
      const tried = tries.map(({ asked }, i) => ({ full: asked, came: came[i] as Asked | Unanswered }))
      const isFull = ({ full, came }: Tried) => full.pool.length === came.pool.length
      return { failed: tried.filter((one) => !isFull(one)), after: tried.filter(isFull) }
    })
    return this.#without
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

  #answered(question: Question, { value, async, plain, altered }: Returned): Asked {
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
    const asked = { ...question, altered, reply, by: this }
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
