import type { Worker } from 'node:worker_threads'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WorkerPool } from '../../../src/kdc/passwords/passwords.ts'
import { rejects } from '../../helpers/throws.ts'

const workers = suite('worker pool')

const createPool = (size: number, maxWaiting = 10) =>
  new WorkerPool<string, { job: string; threadId: number; own: object }>({
    file: new URL('../../helpers/programs/mortal-worker.mjs', import.meta.url),
    workerData: undefined,
    size,
    maxWaiting,
  })

workers('does every job, in no more threads than it may have', async () => {
  const pool = createPool(2)
  const replies = await Promise.all(['a', 'b', 'c', 'd'].map((job) => pool.run(job)))
  assert.equal(
    replies.map(({ job }) => job),
    ['a', 'b', 'c', 'd'],
  )
  assert.is(new Set(replies.map(({ threadId }) => threadId)).size, 2)
  await pool.close()
})

workers('uses an idle thread before it starts another', async () => {
  const pool = createPool(2)
  const [first, second] = [await pool.run('a'), await pool.run('b')]
  assert.is(first.threadId, second.threadId)
  await pool.close()
})

for (const death of ['exit', 'throw']) {
  workers(
    `of a thread that dies (${death}) only its own job is lost, and another takes its place`,
    async () => {
      const pool = createPool(1)
      const results = await Promise.allSettled(['a', death, 'b'].map((job) => pool.run(job)))
      assert.equal(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      await pool.close()
    },
  )
}

workers('refuses jobs beyond the queue', async () => {
  const pool = createPool(1, 1)
  const accepted = [pool.run('a'), pool.run('b')]
  await rejects(pool.run('c'), 'kdc_busy')
  await Promise.all(accepted)
  await pool.close()
})

workers('does no job that nobody waits for any more, and gives its place to others', async () => {
  const pool = createPool(1, 2)
  const gone = new AbortController()
  const first = pool.run('a')
  const abandoned = [pool.run('b', gone.signal), pool.run('c', gone.signal)]
  gone.abort()
  // The queue was full; it is not any more.
  const next = pool.run('d')
  for (const job of abandoned) await rejects(job, 'kdc_busy')
  assert.is((await first).job, 'a')
  assert.is((await next).job, 'd')
  await pool.close()
})

workers('a thread is told nothing of the process: no environment, no arguments', async () => {
  process.env.SYMBOLON_PASSWORD = 'correct horse'
  const pool = createPool(1)
  const { own } = await pool.run('a')
  delete process.env.SYMBOLON_PASSWORD
  assert.equal(own, { env: [], argv: [], execArgv: [] })
  await pool.close()
})

workers('once it is closed, used or not, it has no thread and takes no job', async () => {
  const threads: Worker[] = []
  const keep = (thread: Worker) => threads.push(thread)
  process.on('worker', keep)
  const [used, unused] = [createPool(1), createPool(1)]
  await used.run('a')
  for (const pool of [used, unused]) {
    await pool.close()
    await rejects(pool.run('b'), 'kdc_busy')
  }
  process.off('worker', keep)
  // What Node says of a thread that has ended: one that goes on would keep the process from ending.
  assert.equal(
    threads.map(({ threadId }) => threadId),
    [-1],
  )
})

workers.run()
