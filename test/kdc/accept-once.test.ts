/** How many requests are remembered of one principal. docs/protocol.md §7.3. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sql } from '../../src/database/database.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { REQUEST_IDS } from '../../src/kdc/accept-once.ts'
import { Store } from '../../src/kdc/store/store.ts'
import { anotherNode, classKdc, elsewhere, newId } from '../helpers/kdc-principals.ts'

const remembering = suite('requests that are remembered')

remembering(
  'one account cannot make their table grow, nor a thief of a session keep its owner from ending that',
  async () => {
    const database = openSqlite(':memory:')
    const kdc = await classKdc(['alice', 'bob'], { store: await Store.open(database) })
    const { who, time } = kdc
    const rows = async () =>
      (await database.read<{ n: number }>(sql`select count(*) as n from requests`))[0]?.n
    const [listen, wait] = [
      (port = 4444, id = newId()) => who('alice').ask('/listen', { port }, id),
      async () => {
        const { status, body } = await who('alice').open('/mailbox/wait', { after: 0 })
        await body?.cancel()
        return status
      },
    ]
    const first = newId()
    assert.is((await listen(4444, first)).status, 200)
    for (let i = 1; i < REQUEST_IDS.burst; i++) assert.is(i % 2 ? await wait() : (await listen()).status, 200)
    for (let i = 0; i < 10; i++) {
      assert.is((await listen()).body.code, 'too_many_attempts')
      assert.is(await wait(), 429)
    }
    assert.is(await rows(), REQUEST_IDS.burst)
    assert.is((await listen(4444, first)).status, 200, 'a copy is not counted')
    assert.is((await who('bob').ask('/listen', { port: 5555 })).status, 200)

    const end = () => who('alice').ask('/sessions/end')
    for (let i = 0; i < REQUEST_IDS.burst; i++) assert.is((await end()).status, 200)
    assert.is((await end()).body.code, 'too_many_attempts')
    assert.is(await rows(), 2 * REQUEST_IDS.burst + 1)

    time.now += 1
    assert.is((await listen()).status, 200)
    assert.is((await listen()).status, 429)
    assert.is((await end()).status, 200)

    const restarted = anotherNode(kdc, { store: await Store.open(database) })
    const again = await elsewhere(restarted, who('alice'))
    assert.is((await again.ask('/listen', { port: 4444 })).status, 429)
    // Set back, the clock keeps none away for longer than an empty budget takes.
    time.now -= 3600
    assert.is((await again.ask('/listen', { port: 4444 })).status, 429)
    time.now += 1
    assert.is((await again.ask('/listen', { port: 4444 })).status, 200)
    assert.is((await again.ask('/listen', { port: 4444 })).status, 429)
  },
)

remembering.run()
