/**
 * Passwords, for those who send them: the KDC plays the client's part of OPAQUE too (RFC 9807), so that an account has
 * one credential whichever way its owner logs in.
 *
 * @module
 */
import { availableParallelism } from 'node:os'
import { identifiers, KEY_STRETCHING } from '../../lib/opaque.ts'
import { WorkerPool } from './worker-pool.ts'

export interface PasswordChecker {
  /**
   * Whether this is the password of the record.
   *
   * @param record - null when there is no such account; the answer is then false, after the same work.
   * @param signal - aborted when the client is gone.
   * @throws Problem `kdc_busy` when too many logins are under way.
   */
  check(username: string, password: string, record: string | null, signal?: AbortSignal): Promise<boolean>
  /** @returns the OPAQUE registration record of a new password, base64url. */
  register(username: string, password: string): Promise<string>
  close(): Promise<void>
}

/** About two seconds' worth of logins for one thread. Who waits longer has given up. */
const MAX_WAITING = 64

interface Job {
  readonly task: 'check' | 'register'
  readonly username: string
  readonly identifiers: { readonly client: string }
  readonly password: string
  readonly record: string | null
}

type Reply = { readonly value: boolean | string } | { readonly error: string }

/**
 * A password checker that works in threads of its own.
 *
 * @param opaqueSetup - `OpaqueKeys.setup` of the KDC.
 * @param options.workers - how many threads. Default: all processors but one, which answers.
 */
export function createPasswordChecker(
  opaqueSetup: string,
  options: { workers?: number; maxWaiting?: number } = {},
): PasswordChecker {
  const { workers = Math.max(1, availableParallelism() - 1), maxWaiting = MAX_WAITING } = options
  const pool = new WorkerPool<Job, Reply>({
    file: new URL('./password-worker.mjs', import.meta.url),
    workerData: { serverSetup: opaqueSetup, keyStretching: KEY_STRETCHING },
    size: workers,
    maxWaiting,
  })
  const run = async (
    task: Job['task'],
    username: string,
    password: string,
    record: string | null,
    signal?: AbortSignal,
  ): Promise<boolean | string> => {
    const job = {
      task,
      username,
      identifiers: identifiers(username),
      // The same keys pressed on two systems give the same bytes (RFC 8265 §4.2.2).
      password: password.normalize('NFC'),
      record,
    }
    const reply = await pool.run(job, signal)
    if ('error' in reply) throw new Error(`OPAQUE: ${reply.error}`)
    return reply.value
  }
  return {
    check: async (username, password, record, signal) =>
      (await run('check', username, password, record, signal)) === true,
    register: async (username, password) => String(await run('register', username, password, null)),
    close: () => pool.close(),
  }
}
