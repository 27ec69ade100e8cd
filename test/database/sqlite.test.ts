/** SQLite's refusals while rows are gone through: their codes, on each Node. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sql } from '../../src/database/database.ts'
import { codeOf, isBusy, openDatabase, openSqlite } from '../../src/database/sqlite.ts'
import { asStateError, type StateError } from '../../src/state/errors.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'

const sqlite = suite('sqlite')
const PAGE = 4096
const SQLITE_CORRUPT = 11

const directory = temporaryDirectory()
sqlite.after(() => directory.remove())

const refused = (run: Promise<unknown>): Promise<Error> =>
  run.then(
    () => assert.unreachable() as never,
    (error) => error,
  )

sqlite('a page that is damaged has its code, and the state is said to be damaged', async () => {
  const path = join(directory.path, 'rows.sqlite')
  const whole = openDatabase(path)
  whole.exec(`create table rows (n integer primary key, data blob);
    insert into rows with recursive count (n) as (select 1 union all select n + 1 from count where n < 100)
    select n, zeroblob(500) from count`)
  whole.close()
  chmodSync(path, 0o600)
  const bytes = readFileSync(path)
  // No kind of page has this number (https://sqlite.org/fileformat.html#b_tree_pages).
  for (let page = 2; page * PAGE < bytes.length; page++) bytes[page * PAGE] = 0xee
  writeFileSync(path, bytes)
  const damaged = openSqlite(path)
  const error = await refused(damaged.read(sql`select * from rows`))
  assert.is((codeOf(error.cause) ?? 0) & 0xff, SQLITE_CORRUPT)
  assert.is((asStateError(path, error) as StateError).code, 'state_damaged')
  await damaged.close()
})

sqlite('a file that is locked is busy, by whichever call it is found out', () => {
  const path = join(directory.path, 'locked.sqlite')
  const one = openDatabase(path)
  one.exec('create table rows (n); begin exclusive')
  const other = openDatabase(path)
  for (const call of ['all', 'get', 'run'] as const) {
    assert.throws(() => other.prepare('select * from rows')[call](), isBusy, call)
    assert.throws(() => other.prepare('begin immediate')[call](), isBusy, call)
  }
  one.close()
  other.close()
  // While another recovers the log after a crash, and while it waits for its snapshot: https://sqlite.org/rescode.html
  for (const errcode of [261, 517]) assert.ok(isBusy(Object.assign(new Error('busy'), { errcode })))
  assert.not(isBusy(Object.assign(new Error('malformed'), { errcode: 11 })))
  assert.not(isBusy(new Error('another')))
})

sqlite.run()
