/**
 * Passwords, for those who send them: the KDC plays the client's part of OPAQUE too (RFC 9807), so that an account has
 * one credential whichever way its owner logs in. It does so in a few worker threads, each with one job at a time, and a queue that does
 * not grow without end.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { identifiers, KEY_STRETCHING } from '../../lib/opaque.ts'
import { Problem } from '../problems.ts'

export interface WorkerPoolOptions {
  /** The worker's JavaScript. It answers each message with one message. */
  readonly file: URL
  readonly workerData: unknown
  /** How many threads at most; they start when there is work for them. */
  readonly size: number
  /** How many jobs may wait for a thread; more are refused. */
  readonly maxWaiting: number
}

interface Task<Job, Reply> {
  readonly job: Job
  readonly signal: AbortSignal | undefined
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

export class WorkerPool<Job, Reply> {
  readonly #options: WorkerPoolOptions
  /** What each thread works on; nothing, when it is idle. */
  readonly #workers = new Map<Worker, Task<Job, Reply> | undefined>()
  readonly #waiting: Task<Job, Reply>[] = []
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /**
   * Has a job done.
   *
   * @param signal - aborted when the client is gone: a job that has not begun by then is not done.
   * @throws Problem `kdc_busy` when too many are waiting, or the pool is closed.
   */
  run(job: Job, signal?: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#dropAbandoned()
      if (this.#closed || this.#waiting.length >= this.#options.maxWaiting) {
        reject(new Problem('kdc_busy', 'too many logins at once: try again'))
        return
      }
      this.#waiting.push({ job, signal, resolve, reject })
      this.#dispatch()
    })
  }

  /** Stops the threads. Jobs that are not done are refused. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Problem('kdc_busy', 'the KDC is stopping'))
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()))
  }

  #dispatch(): void {
    this.#dropAbandoned()
    const worker = this.#waiting.length > 0 ? this.#freeWorker() : undefined
    const task = worker && this.#waiting.shift()
    if (!worker || !task) return
    this.#workers.set(worker, task)
    worker.postMessage(task.job)
  }

  #dropAbandoned(): void {
    for (const task of this.#waiting.splice(0)) {
      if (task.signal?.aborted)
        task.reject(new Problem('kdc_busy', 'no client waits for this login any more'))
      else this.#waiting.push(task)
    }
  }

  #freeWorker(): Worker | undefined {
    for (const [worker, task] of this.#workers) if (!task) return worker
    return this.#workers.size < this.#options.size ? this.#start() : undefined
  }

  #start(): Worker {
    const { file, workerData } = this.#options
    // Without our loader, our arguments and our environment: the worker needs none of them.
    const worker = new Worker(file, { workerData, execArgv: [], argv: [], env: {} })
    this.#workers.set(worker, undefined)
    let failure: unknown
    worker.on('message', (reply: Reply) => {
      const task = this.#workers.get(worker)
      this.#workers.set(worker, undefined)
      task?.resolve(reply)
      this.#dispatch()
    })
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', () => {
      const task = this.#workers.get(worker)
      this.#workers.delete(worker)
      task?.reject(new Error('a worker thread died at its work', { cause: failure }))
      this.#dispatch()
    })
    return worker
  }
}

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

/** About two seconds' worth of logins for one thread. A client that waits longer has gone. */
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
  const run = async (job: Omit<Job, 'identifiers'>, signal?: AbortSignal): Promise<boolean | string> => {
    // The same keys pressed on two systems give the same bytes (RFC 8265 §4.2.2).
    const password = job.password.normalize('NFC')
    const reply = await pool.run({ ...job, password, identifiers: identifiers(job.username) }, signal)
    if ('error' in reply) throw new Error(`OPAQUE: ${reply.error}`)
    return reply.value
  }
  return {
    check: async (username, password, record, signal) =>
      (await run({ task: 'check', username, password, record }, signal)) === true,
    register: async (username, password) =>
      String(await run({ task: 'register', username, password, record: null })),
    close: () => pool.close(),
  }
}
