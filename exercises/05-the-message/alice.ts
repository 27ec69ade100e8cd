/**
 * What takes the part of alice: a function that was loaded, or a program in whatever language.
 *
 * @module
 */
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { Dialled } from '../examiner/values.ts'
import type { Invitation } from './given.ts'

/** Who sends one text. */
export interface Alice {
  /** Dials the port, sends the text, and tells how that ended. */
  send(port: number, to: Invitation, text: string): Promise<Ending>
  /** Lets time pass for her: so much, or as much as there is for it. */
  wait(seconds: number): Promise<void>
  /** Ends what still runs: what she kept in memory is gone. */
  restart(): Promise<void>
  /** All that she has printed. */
  readonly printed: string
  /** How long one conversation may take, in seconds, besides the time that was waited. */
  readonly patienceSec: number
  /** Of many cases as many as there is time to try with her. */
  few<T>(cases: readonly T[]): readonly T[]
}

/** How she ended, by her own word. */
export interface Ending {
  readonly result: 'resolved' | 'rejected'
  /** When rejected: with what, in words. */
  readonly why: string
  /** When rejected: whether it was said as an error is said. */
  readonly isError: boolean
  /** When rejected: all that can be read of it. */
  readonly told: string
}

/** Alice is a function that was loaded; time is as fake as she is. */
export function programmed(program: StudentProgram): Alice {
  return {
    async send(port, to, text) {
      try {
        await program.call('sendMessage', new Dialled(port), to, text)
        return { result: 'resolved', why: '', isError: true, told: '' }
      } catch (error) {
        if (!(error instanceof StudentError)) throw error
        const { isError, message, all } = error.thrown
        return {
          result: 'rejected',
          why: error.message,
          isError: isError && message !== '',
          told: `${message}\n${all}`,
        }
      }
    },
    wait: (seconds) => program.advance(seconds),
    restart: () => program.end(),
    get printed() {
      return program.printed
    },
    patienceSec: 3,
    few: (cases) => cases,
  }
}
