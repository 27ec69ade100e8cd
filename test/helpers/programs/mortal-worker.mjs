/** A worker for worker-pool.test.ts: answers what it is told, and dies when it is told to. */
import { parentPort, threadId } from 'node:worker_threads'

parentPort?.on('message', (/** @type {string} */ job) => {
  if (job === 'exit') process.exit(1)
  if (job === 'throw') throw new Error('as it was told')
  const own = { env: Object.keys(process.env), argv: process.argv.slice(2), execArgv: process.execArgv }
  parentPort?.postMessage({ job, threadId, own })
})
