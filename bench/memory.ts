/**
 * Whether the KDC's memory grows with the tickets it issues: its resident memory over 100,000 of them.
 *
 * Garbage collections are not forced: what is read is what an operator sees.
 *
 * @module
 */
import { quantile, runBenchmark, say, spread } from './harness.ts'
import { Load, startKdc, userinfoRequest } from './kdc/server.ts'
import { residentMemory } from './processes.ts'
import { digits } from './table.ts'

const CLIENTS = 8
const PLATEAUS = 5
const TICKETS = 20_000
/** Read so often within a plateau: its median takes the garbage collector's teeth off the curve. */
const SAMPLES = 20

await runBenchmark('memory', async () => {
  const { url, pid } = await startKdc()
  const load = new Load(url, CLIENTS)
  const request = await userinfoRequest(url)
  const fresh = residentMemory(pid)
  const plateaus: number[][] = []
  for (let plateau = 1; plateau <= PLATEAUS; plateau++) {
    const samples: number[] = []
    for (let i = 0; i < SAMPLES; i++) {
      await load.run('/userinfo', request, TICKETS / SAMPLES)
      samples.push(residentMemory(pid))
    }
    plateaus.push(samples)
    say(`after ${plateau * TICKETS} tickets: ${digits(quantile(samples, 0.5))} MiB`)
  }
  await load.close()
  const [first = [], last = []] = [plateaus[0], plateaus.at(-1)]
  const medians = plateaus.map((samples) => quantile(samples, 0.5))
  const ratio = quantile(last, 0.5) / quantile(first, 0.5)
  return {
    rows: [
      {
        what: `KDC's memory, tickets ${(PLATEAUS - 1) * TICKETS} to ${PLATEAUS * TICKETS}`,
        unit: 'MiB',
        ours: spread(last),
        against: `tickets 0 to ${TICKETS}`,
        theirs: spread(first),
        ratio: {
          median: ratio,
          min: Math.min(...last) / Math.max(...first),
          max: Math.max(...last) / Math.min(...first),
        },
        better: 'one',
      },
    ],
    notes: [
      `memory before the first ticket ${digits(fresh)} MiB, then medians of ${TICKETS} tickets each: ${medians.map(digits).join(', ')}`,
      ...(process.platform === 'linux' ? [] : ['memory is read from /proc: there is none on this system']),
    ],
  }
})
