/**
 * One process at a time, and others that wait for it.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { tryLock } from '../database/lock.ts'
import { StateError } from './errors.ts'
import { asStateError } from './trouble.ts'

/** How long between two tries, in milliseconds; others' pieces of work take a few. */
const PAUSE_MS = 10

/**
 * @param path - of the lock's file.
 * @param waitMs - how long to try while another has it; 0 tries once.
 * @returns what gives it back.
 * @throws StateError `state_busy`, `state_unavailable`; FileError `file_not_private`.
 */
export async function takeLock(path: string, waitMs: number): Promise<() => void> {
  const until = performance.now() + waitMs
  for (;;) {
    const release = attempt(path)
    if (release) return release
    if (performance.now() >= until) {
      throw new StateError('state_busy', `another process is at work on what ${path} is for`)
    }
    // Not all at the same moment.
    await pause(PAUSE_MS * (0.5 + Math.random()))
  }
}

function attempt(path: string): (() => void) | undefined {
  try {
    return tryLock(path)
  } catch (error) {
    throw asStateError(path, error)
  }
}
