/**
 * Whether one account, or one stranger, can stop the KDC from serving others: what a well-behaved client notices of attacks, and what
 * memory they take. It fails when a goal is missed.
 *
 * @module
 */
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../src/lib/session.ts'
import { ATTACKS } from './abuse/attacks.ts'
import { compare, quantile, ROUNDS_VARIABLE, runBenchmark, say } from './harness.ts'
import { PASSWORD, post, type RunningKdc, startKdc } from './kdc/server.ts'
import { addAccounts } from './opaque-accounts.ts'
import { residentMemory, startTs, stop } from './processes.ts'
import type { Row } from './result.ts'
import { logIn, random } from './stored-people.ts'
import { digits } from './table.ts'

const ROUNDS = 3
const QUIET_MS = 2000
const ATTACK_MS = 4000
/** What an attacker's process takes to be at work. */
const ATTACKER_MS = 1500
/** Between two requests of the well-behaved client. */
const PAUSE_MS = 10
/** Until the KDC has heard of the end of an attack's connections. */
const AFTERMATH_MS = 500
/** A client's p99 during an attack is at most so many times its p99 when it is quiet. */
const GOAL = 10
/** What the KDC may occupy, MiB: docs/operating.md. */
const MEMORY_BUDGET = 512
const MAILBOX_MESSAGES = 3
const MESSAGE_BYTES = 340_000
const NAMES = 1000

await runBenchmark('abuse', async () => {
  const kdc = await startKdc({ names: ['alice', 'bob', 'carol'] })
  const names = await addAccounts(kdc.data, NAMES)
  const [alice, bob] = await Promise.all([logIn(kdc, 'alice'), logIn(kdc, 'bob')])
  await fill(alice)
  const { token } = await post(`${kdc.url}/login`, { username: 'alice', password: PASSWORD })
  const target = JSON.stringify({ url: kdc.url, token, names })
  await observe(kdc, bob, QUIET_MS)
  const quiet: Noticed[] = []
  const during = new Map<string, Noticed[]>([...ATTACKS.keys()].map((name) => [name, []]))
  const rounds = Number(process.env[ROUNDS_VARIABLE] ?? ROUNDS)
  for (let round = 1; round <= rounds; round++) {
    quiet.push(await observe(kdc, bob, QUIET_MS))
    for (const [name, noticed] of during) {
      noticed.push(await attacked(kdc, bob, name, target))
      say(`${name}: p99 ${digits(noticed.at(-1)?.p99 ?? 0)} ms, ${digits(noticed.at(-1)?.memory ?? 0)} MiB`)
    }
  }
  const failures = [...during].flatMap(([name, rounds]) =>
    rounds.flatMap(({ failed }) => failed).map((why) => `${name}: a request failed: ${why}`),
  )
  if (failures.length > 0) throw new Error(failures.slice(0, 5).join('; '))
  return {
    rows: [...during].flatMap(([name, noticed]) => rowsOf(name, noticed, quiet)),
    mustMeet: true,
  }
})

/** What the well-behaved client noticed. */
interface Noticed {
  /** Milliseconds until an answer. */
  readonly p99: number
  /** The most that the KDC occupied, MiB. */
  readonly memory: number
  readonly failed: readonly string[]
}

function rowsOf(name: string, noticed: readonly Noticed[], quiet: readonly Noticed[]): Row[] {
  return [
    compare({
      what: name,
      unit: 'ms, p99',
      better: 'lower',
      goal: GOAL,
      against: 'when it is quiet',
      ours: noticed.map(({ p99 }) => p99),
      theirs: quiet.map(({ p99 }) => p99),
    }),
    compare({
      what: '  memory',
      parent: name,
      unit: 'MiB',
      better: 'lower',
      goal: 1,
      against: 'the budget',
      ours: noticed.map(({ memory }) => memory),
      theirs: noticed.map(() => MEMORY_BUDGET),
    }),
  ]
}

/** A group of her own, whose messages she never acknowledges. */
async function fill(alice: Session): Promise<void> {
  const group = random(16)
  await alice.request('/groups/create', {
    group,
    kind: 'named',
    name: 'notes',
    members: [],
    group_info: random(30),
  })
  for (let i = 0; i < MAILBOX_MESSAGES; i++) {
    await alice.request('/groups/send', { group, epoch: 0, message: random(MESSAGE_BYTES) })
  }
}

async function attacked(kdc: RunningKdc, bob: Session, name: string, target: string): Promise<Noticed> {
  const attacker = startTs('bench/abuse/attacker.ts', [name], { stdio: ['pipe', 'ignore', 'inherit'] })
  attacker.stdin?.end(target)
  await sleep(ATTACKER_MS)
  const noticed = await observe(kdc, bob, ATTACK_MS)
  await stop(attacker)
  await sleep(AFTERMATH_MS)
  return noticed
}

/** A client that asks one thing after the other: in its session, and over a new connection. */
async function observe({ url, pid }: RunningKdc, bob: Session, ms: number): Promise<Noticed> {
  const times: number[] = []
  const failed: string[] = []
  let memory = 0
  const asks = [
    () => bob.request('/mailbox', { after: 0 }),
    () => bob.request('/users/online', { usernames: ['alice'] }),
    () => health(url),
  ]
  const until = performance.now() + ms
  for (let i = 0; performance.now() < until; i++) {
    const from = performance.now()
    await asks[i % asks.length]?.().catch((error: Error) => failed.push(error.message))
    times.push(performance.now() - from)
    memory = Math.max(memory, residentMemory(pid))
    await sleep(PAUSE_MS)
  }
  return { p99: quantile(times, 0.99), memory, failed }
}

function health(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/healthz`, { agent: false }, (response) => response.resume().once('end', resolve)).once(
      'error',
      reject,
    )
  })
}
