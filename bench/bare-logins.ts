/**
 * The yardstick for plain logins: the KDC's password threads without the KDC, so as many logins as OPAQUE and Argon2id
 * allow.
 *
 * @module
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import * as opaque from '@serenity-kit/opaque'
import { identifiers, KEY_STRETCHING } from '../src/lib/opaque.ts'
import { PASSWORD } from './kdc/server.ts'

/** Some password threads. */
export class BareLogins {
  readonly #workers: Worker[]

  private constructor(workers: Worker[]) {
    this.#workers = workers
  }

  static async start(count: number): Promise<BareLogins> {
    await opaque.ready
    const workerData = { serverSetup: opaque.server.createSetup(), keyStretching: KEY_STRETCHING }
    const file = new URL('../src/kdc/passwords/password-worker.mjs', import.meta.url)
    const options = { workerData, execArgv: [], argv: [], env: {} }
    return new BareLogins(Array.from({ length: count }, () => new Worker(file, options)))
  }

  /**
   * @param until - on the clock of `performance.now`.
   * @returns how many logins were done.
   */
  async run(until: number): Promise<number> {
    const job = {
      task: 'check',
      username: 'alice',
      identifiers: identifiers('alice'),
      password: PASSWORD,
      record: null,
    }
    const counts = this.#workers.map(async (worker) => {
      let done = 0
      while (performance.now() < until) {
        worker.postMessage(job)
        await once(worker, 'message')
        if (performance.now() < until) done++
      }
      return done
    })
    const done = await Promise.all(counts)
    return done.reduce((sum, count) => sum + count, 0)
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
