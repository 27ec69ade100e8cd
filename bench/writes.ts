/**
 * Durable writes of the KDC's store: accounts made by many callers at once, beside one after the other. Those of one turn of the event
 * loop share a commit, and so the wait for the disk.
 *
 * @module
 */
import { join } from 'node:path'
import { openData } from '../src/kdc/data.ts'
import { systemClock } from '../src/lib/clock.ts'
import { compare, interleave, runBenchmark } from './harness.ts'
import { freshName } from './opaque-accounts.ts'
import { temporaryDirectory } from './processes.ts'
import { rate, repeat } from './rate.ts'

const ROUNDS = 7
/** Callers at once, and how many accounts they make in a round. */
const CALLERS: readonly (readonly [callers: number, accounts: number])[] = [
  [1, 300],
  [8, 1500],
  [64, 6000],
  [256, 12_000],
]
/** As long as a registration's; the store looks at nothing in it. */
const RECORD = 'r'.repeat(256)

await runBenchmark('writes', async () => {
  const { store } = await openData(join(temporaryDirectory(), 'kdc'))
  const make = (callers: number, count: number) => async () =>
    rate(count, () =>
      repeat(count, callers, async () => {
        await store.accounts.create({ username: freshName(), record: RECORD, createdAt: systemClock() })
      }),
    )
  const measured: Record<string, number[]> = await interleave(
    ROUNDS,
    Object.fromEntries(CALLERS.map(([callers, count]) => [`callers ${callers}`, make(callers, count)])),
  )
  await store.close()
  const rows = CALLERS.slice(1).map(([callers]) =>
    compare({
      what: `durable writes, ${callers} callers`,
      group: 'writes',
      unit: '/s',
      better: 'higher',
      against: 'one caller',
      ours: measured[`callers ${callers}`] ?? [],
      theirs: measured['callers 1'] ?? [],
    }),
  )
  return { rows }
})
