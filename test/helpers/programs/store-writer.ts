/**
 * Creates accounts for ever, several at a time, and writes the name of each on a line once it is on disk.
 * A child process of store.test.ts: `store-writer.ts FILE PREFIX`.
 */
import { openSqlite } from '../../../src/database/sqlite.ts'
import { Store } from '../../../src/kdc/store/store.ts'

const [, , path = '', prefix = ''] = process.argv
const store = await Store.open(openSqlite(path))

for (let n = 0; ; n += 8) {
  const names = Array.from({ length: 8 }, (_, i) => `${prefix}${n + i}`)
  await Promise.all(
    names.map(async (username) => {
      await store.accounts.create({ username, record: 'r', createdAt: n })
      process.stdout.write(`${username}\n`)
    }),
  )
}
