/** A worker for store.test.ts: makes a table in a new database, and is not done before another process opens it. */
import { parentPort, workerData } from 'node:worker_threads'

const builtin = 'node:sqlite'
const hasBuiltin = Number(process.versions.node.split('.')[0]) >= 24
const { DatabaseSync } = await import(hasBuiltin ? builtin : '@photostructure/sqlite')

const db = new DatabaseSync(workerData.path)
db.exec('begin immediate; create table made (n)')
parentPort?.postMessage('begun')
Atomics.wait(workerData.shared, 0, 0)
// Work enough for the other one to come in the middle of it; if it came later, it would only have it easier.
for (let n = 0; n < 20_000; n++) db.exec(`insert into made values (${n})`)
db.exec('commit')
db.close()
