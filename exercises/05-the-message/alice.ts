/**
 * What takes the part of alice: a function that was loaded, or a program in whatever language.
 *
 * @module
 */
import type { Left } from '../examiner/left.ts'
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { Dialled } from '../examiner/values.ts'
import type { Invitation } from './given.ts'

/** Who sends one text. */
export interface Alice {
  /** Dials the port, sends the text, and tells how that ended. */
  send(port: number, to: Invitation, text: string): Promise<Ending>
  /** From now on her random bytes are these, while there are some. Of a command they cannot be. */
  draws?(pool: Uint8Array): Promise<void>
  /** Lets time pass for her: so much, or as much as there is for it. */
  wait(seconds: number): Promise<void>
  /** Comes when she has had her turn. */
  beat(): Promise<void>
  /** Ends what still runs: what she kept in memory is gone. It may be later than the first time, by her own clock. */
  restart(laterSec?: number): Promise<void>
  /** What her calls have left behind. Of a command that is nothing. */
  left?(): Promise<Left>
  /** All that she has printed. */
  readonly printed: string
  /** Where she is told that bob is; of this machine. */
  readonly address: string
  /** How long one conversation may take, in seconds. */
  readonly patienceSec: number
  /** How many conversations are held at once. */
  readonly atOnce: number
  /** Whether there is no time to try everything that is a matter of chance. */
  readonly isSlow: boolean
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
  /** When rejected: whether she said so before she had promised anything. */
  readonly atOnce?: boolean
}

/** Alice is a function that was loaded; time is as fake as she is. */
export function programmed(program: StudentProgram): Alice {
  let started: Promise<void> | undefined
  return {
    async send(port, to, text) {
      try {
        // That a process takes its time to start is not the conversation's.
        started ??= program.advance(0)
        await started
        await program.call('sendMessage', new Dialled(port), to, text)
        return { result: 'resolved', why: '', isError: true, told: '' }
      } catch (error) {
        // What is not written yet has no property.
        if (!(error instanceof StudentError) || error.message.startsWith('exercise ')) throw error
        const { isError, message, all, atOnce } = error.thrown
        return {
          result: 'rejected',
          why: error.message,
          isError: isError && message !== '',
          told: `${message}\n${all}`,
          atOnce: atOnce === true,
        }
      }
    },
    draws: (pool) => program.draws(pool),
    wait: (seconds) => program.advance(seconds),
    beat: () => program.advance(0),
    restart(laterSec) {
      started = undefined
      return program.end(laterSec)
    },
    left: () => program.left(),
    get printed() {
      return program.printed
    },
    address: '127.0.0.1',
    patienceSec: 5,
    atOnce: 1,
    isSlow: false,
  }
}
