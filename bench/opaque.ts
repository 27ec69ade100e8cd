/**
 * What an OPAQUE login costs the KDC, beside Argon2id at the server; and whether the time of the answer to `/login/start` tells
 * who has an account.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Origin, Question } from './bare-crypto.ts'
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
import { Load, PASSWORD, type RunningKdc, startKdc } from './kdc/server.ts'
import { addAccounts, freshName, logIn, startRequest } from './opaque-accounts.ts'
import { startTs } from './processes.ts'
import type { Result } from './result.ts'
import { digits } from './table.ts'

const ROUNDS = 7
const CLIENTS = 8
/** In a round. */
const [LOGINS, LOGINS_ALONE, PLAIN_LOGINS, HASHES] = [400, 200, 15, 15]
/** Answers to `/login/start` of each kind that are timed, after some that are not. */
const [STARTS, FIRST_STARTS] = [4000, 200]
const BLOCK = 200

/** Of Argon2id alone, which took 17.9 ms in Node itself: 2 ms for a login by itself. */
const GOALS = { crowd: undefined, one: 0.112 } as const

const KINDS = {
  account: 'accounts, each asked for once',
  unknown: 'unknown names, each asked for once',
  accountAgain: 'one account again and again',
  unknownAgain: 'one unknown name again and again',
} as const
type Kind = keyof typeof KINDS

await runBenchmark('opaque', async () => {
  const kdc = await startKdc({ probe: new URL('./kdc/cpu-probe.ts', import.meta.url).href })
  const costs = await measureCosts(kdc)
  const times = await measureTimes(kdc)
  return { rows: [...costs.rows, ...times.rows], notes: times.notes ?? [] }
})

async function measureCosts(kdc: RunningKdc): Promise<Result> {
  const names = await addAccounts(kdc.data, LOGINS)
  const bare = startTs('bench/bare-crypto.ts', [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [origin] = (await once(bare, 'message')) as [Origin]
  const [crowd, one] = [new Load(kdc.url, CLIENTS), new Load(kdc.url, 1)]
  const plain = JSON.stringify({ username: 'alice', password: PASSWORD })
  const measured = await interleave(ROUNDS, {
    crowd: () => cpu(kdc, LOGINS, () => logAllIn(crowd, names, CLIENTS)),
    one: () => cpu(kdc, LOGINS_ALONE, () => logAllIn(one, names.slice(0, LOGINS_ALONE), 1)),
    plain: () => cpu(kdc, PLAIN_LOGINS, () => one.run('/login', plain, PLAIN_LOGINS)),
    argon2id: () => ask(bare, { task: 'argon2id', count: HASHES }),
    opaque: () => ask(bare, { task: 'opaque', count: LOGINS }),
  })
  bare.disconnect()
  await Promise.all([crowd.close(), one.close()])

  const cases = { crowd: `OPAQUE login, ${CLIENTS} clients`, one: 'OPAQUE login, one at a time' }
  const peers = { argon2id: `Argon2id alone, ${origin}`, plain: 'plain /login' }
  const cost = (what: string, ours: number[], against: string, theirs: number[], goal?: number) =>
    compare({
      what: `${what}, server CPU`,
      unit: 'ms',
      better: 'lower',
      goal,
      against,
      ours: ours.map((us) => us / 1000),
      theirs: theirs.map((us) => us / 1000),
    })
  const yields = (ours: number[], against: string, theirs: number[]) =>
    compare({
      what: '  logins a core-second',
      unit: '/s',
      better: 'higher',
      against,
      ours: ours.map((us) => 1e6 / us),
      theirs: theirs.map((us) => 1e6 / us),
    })
  const rows = (['crowd', 'one'] as const).flatMap((key) =>
    (['argon2id', 'plain'] as const).flatMap((peer) => [
      cost(
        cases[key],
        measured[key],
        peers[peer],
        measured[peer],
        peer === 'argon2id' ? GOALS[key] : undefined,
      ),
      yields(measured[key], peers[peer], measured[peer]),
    ]),
  )
  return {
    rows: [...rows, cost(cases.crowd, measured.crowd, "the server's OPAQUE alone", measured.opaque)],
  }
}

async function logAllIn(load: Load, names: readonly string[], clients: number): Promise<void> {
  let next = 0
  const client = async () => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) await logIn(load, name)
  }
  await Promise.all(Array.from({ length: clients }, client))
}

/** @returns microseconds of the KDC's processor time for one. */
async function cpu({ child }: RunningKdc, count: number, work: () => Promise<unknown>): Promise<number> {
  const before = await usage(child)
  await work()
  return ((await usage(child)) - before) / count
}

async function usage(kdc: ChildProcess): Promise<number> {
  kdc.send('cpu?')
  const [{ user, system }] = (await once(kdc, 'message')) as [NodeJS.CpuUsage]
  return user + system
}

async function ask(bare: ChildProcess, question: Question): Promise<number> {
  bare.send(question)
  const [microseconds] = (await once(bare, 'message')) as [number]
  return microseconds
}

async function measureTimes(kdc: RunningKdc): Promise<Result> {
  const times = await timeStarts(kdc)
  const [unknown, account] = [medians(times.unknown), medians(times.account)]
  const shown = (['account', 'unknown', 'accountAgain', 'unknownAgain'] as const).map(
    (kind) => `${KINDS[kind]}: ${percentiles(times[kind])} us`,
  )
  return {
    rows: [
      compare({
        what: `/login/start of an unknown name, medians of ${BLOCK}`,
        unit: 'us',
        better: 'one',
        against: 'of an account',
        ours: unknown,
        theirs: account,
      }),
    ],
    notes: [
      `/login/start, p10 p50 p90; ${shown.join('; ')}`,
      difference(times, 'unknown', 'account'),
      difference(times, 'unknownAgain', 'accountAgain'),
      difference(times, 'unknown', 'accountAgain'),
    ],
  }
}

/** Starts of logins one at a time on one connection, of all kinds in turn, the order by chance. @returns microseconds. */
async function timeStarts({ url, data }: RunningKdc): Promise<Record<Kind, number[]>> {
  const total = FIRST_STARTS + STARTS
  say(`${Object.keys(KINDS).length * total} starts of logins`)
  const accounts = await addAccounts(data, total + 1)
  const [account = '', unknown = freshName()] = [accounts.pop()]
  const request = await startRequest()
  const load = new Load(url, 1)
  const times: Record<Kind, number[]> = { account: [], unknown: [], accountAgain: [], unknownAgain: [] }
  for (const [i, name] of accounts.entries()) {
    const names = { account: name, unknown: freshName(), accountAgain: account, unknownAgain: unknown }
    for (const kind of shuffled(Object.keys(names) as Kind[])) {
      const body = JSON.stringify({ username: names[kind], request })
      const from = performance.now()
      await load.post('/login/start', body)
      const took = performance.now() - from
      if (i >= FIRST_STARTS) times[kind].push(1000 * took)
    }
  }
  await load.close()
  return times
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** The medians of so many at a time. */
function medians(times: readonly number[]): number[] {
  const starts = Array.from({ length: times.length / BLOCK }, (_, block) => block * BLOCK)
  return starts.map((from) => quantile(times.slice(from, from + BLOCK), 0.5))
}

/**
 * In words: how much longer one kind takes than another, and what that is worth to an attacker who guesses. The differences are those
 * within a turn, which what else the machine does disturbs least.
 */
function difference(times: Record<Kind, number[]>, a: Kind, b: Kind): string {
  const differences = times[a].map((time, turn) => time - (times[b][turn] ?? Number.NaN))
  // Median and its 95 % confidence interval, whatever the distribution: the sign test's.
  const margin = 0.98 / Math.sqrt(STARTS)
  const [low, median, high] = [0.5 - margin, 0.5, 0.5 + margin].map((part) =>
    digits(quantile(differences, part)),
  )
  const often = digits(100 * chance(times[a], times[b]))
  const oftenInTurn = digits((100 * differences.filter((us) => us > 0).length) / STARTS)
  return (
    `${KINDS[a]}, beside ${KINDS[b]}: longer in ${often} % of all pairs (no difference: 50 %; chance alone: ` +
    `+- ${digits(100 * 2 * chanceError(STARTS))} %) and ${oftenInTurn} % of those of one turn; ` +
    `difference within a turn, median: ${median} us (95 %: ${low} to ${high})`
  )
}
