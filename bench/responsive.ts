/**
 * Whether logins, with their slow hash, stop the KDC from answering others; how many it manages; and whether the time of
 * a refusal tells who has an account.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { BareLogins } from './bare-logins.ts'
import {
  chance,
  chanceError,
  compare,
  interleave,
  percentiles,
  quantile,
  runBenchmark,
  say,
} from './harness.ts'
import { Load, PASSWORD, type Server, startKdc } from './kdc/server.ts'
import { digits } from './table.ts'

const ROUNDS = 5
const PHASE_MS = 1500
const CLIENTS = 4
/** Between one look at `/healthz` and the next. */
const PROBE_PAUSE_MS = 5
/** Refusals of each kind that are timed. */
const REFUSALS = 120
const BLOCK = 20

const FIGURES = [
  ['late99', 'event loop late during logins, p99'],
  ['lateMax', 'event loop late during logins, worst'],
  ['health50', '/healthz during logins, p50'],
  ['health99', '/healthz during logins, p99'],
] as const

await runBenchmark('logins', async () => {
  const probe = new URL('./kdc/loop-probe.ts', import.meta.url).href
  const kdc = await startKdc({ probe })
  const workers = Math.max(1, availableParallelism() - 1)
  const bare = await BareLogins.start(workers)
  const measured = await interleave(ROUNDS, {
    busy: () => observe(kdc, (until) => logIn(kdc.url, until)),
    idle: () => observe(kdc, () => sleep(PHASE_MS, 0)),
    // The same load on the machine, but not in the KDC: what is worse than this is the KDC's own doing.
    elsewhere: () => observe(kdc, (until) => bare.run(until)),
  })
  await bare.close()
  const seconds = PHASE_MS / 1000
  const rows = (['idle', 'elsewhere'] as const).flatMap((peer) => {
    const against = peer === 'idle' ? 'the same, idle' : 'hashing in another process'
    return FIGURES.map(([key, what]) => {
      const ours = measured.busy.map((round) => round[key])
      const theirs = measured[peer].map((round) => round[key])
      return compare({ what, unit: 'ms', better: 'lower', against, ours, theirs })
    })
  })
  const refusals = await timeRefusals(kdc.url)
  return {
    rows: [
      ...rows,
      compare({
        what: `plain logins, ${CLIENTS} clients`,
        unit: '/s',
        better: 'higher',
        against: `OPAQUE alone, ${workers} thread${workers > 1 ? 's' : ''}`,
        ours: measured.busy.map((round) => round.done / seconds),
        theirs: measured.elsewhere.map((round) => round.done / seconds),
      }),
      compare({
        what: `refusal of an unknown name, medians of ${BLOCK}`,
        unit: 'ms',
        better: 'one',
        against: 'of a wrong password',
        ours: blocks(refusals.unknown),
        theirs: blocks(refusals.wrong),
      }),
    ],
    notes: [
      `unknown name, p10 p50 p90: ${percentiles(refusals.unknown)} ms; wrong password: ${percentiles(refusals.wrong)} ms`,
      `an unknown name took longer than a wrong password in ${digits(100 * chance(refusals.unknown, refusals.wrong))} % of all pairs (no difference: 50 %; chance alone: +- ${digits(100 * 2 * chanceError(REFUSALS))} %)`,
    ],
  }
})

/** What others notice while `work` goes on. */
async function observe(kdc: Server, work: (until: number) => Promise<number>) {
  await eventLoop(kdc)
  const until = performance.now() + PHASE_MS
  const [health, done] = await Promise.all([watchHealth(kdc.url, until), work(until)])
  const late = await eventLoop(kdc)
  return {
    late99: quantile(late, 0.99),
    lateMax: quantile(late, 1),
    health50: quantile(health, 0.5),
    health99: quantile(health, 0.99),
    done,
  }
}

async function eventLoop({ child }: Server): Promise<number[]> {
  child.send('late?')
  const [late] = await once(child, 'message')
  return late as number[]
}

async function watchHealth(url: string, until: number): Promise<number[]> {
  const times: number[] = []
  while (performance.now() < until) {
    const from = performance.now()
    await (await fetch(`${url}/healthz`)).text()
    times.push(performance.now() - from)
    await sleep(PROBE_PAUSE_MS)
  }
  return times
}

async function logIn(url: string, until: number): Promise<number> {
  const load = new Load(url, 1)
  const body = JSON.stringify({ username: 'alice', password: PASSWORD })
  let done = 0
  const client = async () => {
    while (performance.now() < until) {
      await load.run('/login', body, 1)
      if (performance.now() < until) done++
    }
  }
  const loads = Array.from({ length: CLIENTS }, client)
  await Promise.all(loads)
  await load.close()
  return done
}

/** Refusals one at a time, of both kinds in turn, the order of each pair by chance. */
async function timeRefusals(url: string): Promise<{ unknown: number[]; wrong: number[] }> {
  say(`${2 * REFUSALS} refusals`)
  const load = new Load(url, 1)
  const times = { unknown: [] as number[], wrong: [] as number[] }
  for (let i = -5; i < REFUSALS; i++) {
    const kinds = ['unknown', 'wrong'] as const
    for (const kind of Math.random() < 0.5 ? kinds : kinds.toReversed()) {
      const username = kind === 'wrong' ? 'alice' : `u${randomBytes(2).toString('hex')}`
      const body = JSON.stringify({ username, password: randomBytes(8).toString('hex') })
      const ms = 1000 * (await load.run('/login', body, 1, 401))
      if (i >= 0) times[kind].push(ms)
    }
  }
  await load.close()
  return times
}

/** The medians of so many refusals at a time. */
function blocks(times: readonly number[]): number[] {
  const starts = Array.from({ length: times.length / BLOCK }, (_, block) => block * BLOCK)
  return starts.map((from) => quantile(times.slice(from, from + BLOCK), 0.5))
}
