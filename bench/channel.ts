/**
 * The direct channel beside Node's TLS 1.3, secret-stream and plain C with OpenSSL: bulk, small messages, there and back, new
 * connections. Alice and bob are two processes, for all of them alike.
 *
 * @module
 */
import { limit } from './channel/limit.ts'
import { type Outcome, Pair, PINNED } from './channel/pair.ts'
import type { KindName } from './channel/process.ts'
import type { Task } from './channel/tasks.ts'
import { compare, interleave, quantile, runBenchmark, say } from './harness.ts'
import { packageVersion, reasonOf } from './peers/installed.ts'
import type { Row } from './result.ts'
import { digits } from './table.ts'

const ROUNDS = 7
const MIB = 1024 * 1024
const [PINGS, ONE_BY_ONE, AT_ONCE] = [2000, 300, 600]

type PeerName = KindName | 'limit'
type Peers = Partial<Record<PeerName, (task: Task) => Promise<Outcome>>>

interface Figure {
  readonly what: string
  readonly group: string
  readonly unit: string
  readonly better: Row['better']
  readonly task: Task
  /** Processor time is told for one of so many ... */
  readonly count: number
  /** ... that are called this. */
  readonly one: string
  readonly against: readonly Against[]
}

interface Against {
  readonly peer: PeerName
  readonly name: string
  /** What the peer does, where it is not the same task: more of it, when it is so much quicker. */
  readonly task?: Task
  readonly count?: number
  readonly goal?: number | undefined
}

const TLS = { peer: 'tls', name: 'TLS 1.3' } as const
const SECRET_STREAM = { peer: 'secret-stream', name: 'secret-stream' } as const

const BULK = { what: 'bulk', bytes: 512 * MIB } as const

/** Messages of one size, written without a promise for each. */
function written(size: number, count: number, goal: number): Figure {
  const task = { what: 'small', size, count, batched: true } as const
  return {
    what: `messages of ${size} bytes, write and flush`,
    group: 'small',
    unit: '/s',
    better: 'higher',
    task,
    count,
    one: 'message',
    against: [{ ...TLS, name: 'TLS 1.3, batched by hand', goal }],
  }
}

/** The same, each sent with a promise. */
function sent(size: number, count: number, goal?: number): Figure {
  const task = { what: 'small', size, count } as const
  return {
    what: `messages of ${size} bytes, a send each`,
    group: 'small',
    unit: '/s',
    better: 'higher',
    task,
    count,
    one: 'message',
    against: [
      { ...TLS, name: 'TLS 1.3, one write each', goal },
      { ...SECRET_STREAM, task: { ...task, count: count / 8 }, count: count / 8 },
    ],
  }
}

function connections(what: string, count: number, atOnce: number): Figure {
  return {
    what: `new connections, ${what}`,
    group: 'connections',
    unit: '/s',
    better: 'higher',
    task: { what: 'connections', count, atOnce },
    count,
    one: 'connection',
    against: [{ ...TLS, name: 'TLS 1.3, both certified', goal: 1.8 }, SECRET_STREAM],
  }
}

const FIGURES: readonly Figure[] = [
  {
    what: 'bulk, 64 KiB a write',
    group: 'bulk',
    unit: 'MB/s',
    better: 'higher',
    task: BULK,
    count: BULK.bytes / 1e6,
    one: 'MB',
    against: [{ ...TLS, goal: 1.2 }, { peer: 'limit', name: 'plain C, OpenSSL' }, SECRET_STREAM],
  },
  written(32, 2_000_000, 0.8),
  written(256, 1_000_000, 1),
  sent(32, 1_000_000, 0.8),
  sent(256, 500_000),
  {
    what: 'there and back, 32 bytes, p50',
    group: 'ping',
    unit: 'us',
    better: 'lower',
    task: { what: 'ping', count: PINGS },
    count: PINGS,
    one: 'there and back',
    against: [{ ...TLS, goal: 1.1 }, SECRET_STREAM],
  },
  connections('one at a time', ONE_BY_ONE, 1),
  connections('eight at once', AT_ONCE, 8),
]

await runBenchmark('channel', async () => {
  const missing: string[] = []
  const peers: Peers = {}
  for (const name of ['ours', 'tls', 'secret-stream', 'limit'] as const) {
    try {
      peers[name] = await starter(name)
    } catch (error) {
      if (name === 'ours') throw error
      missing.push(reasonOf(error))
    }
  }
  const rows: Row[] = []
  const notes = [
    PINNED
      ? 'alice and bob have a processor each, by taskset'
      : 'alice and bob are not pinned to processors: there is no taskset, or only one processor',
  ]
  for (const figure of FIGURES) {
    say(figure.what)
    const measured = await measure(figure, peers)
    rows.push(...measured.rows)
    notes.push(measured.note)
  }
  return { rows, notes, missing }
})

/** @throws when there is no such peer. */
async function starter(name: PeerName): Promise<(task: Task) => Promise<Outcome>> {
  if (name === 'limit') return limit()
  if (name === 'secret-stream') packageVersion('@hyperswarm/secret-stream')
  const pair = await Pair.start(name)
  return (task) => pair.run(task)
}

async function measure(figure: Figure, peers: Peers): Promise<{ rows: Row[]; note: string }> {
  const present = figure.against.filter(({ peer }) => peers[peer])
  const run = (peer: PeerName, task: Task) => () => peers[peer]?.(task) as Promise<Outcome>
  const measured: Record<string, Outcome[]> = await interleave(ROUNDS, {
    ours: run('ours', figure.task),
    ...Object.fromEntries(
      present.map(({ name, peer, task }) => [name, run(peer, task ?? figure.task)] as const),
    ),
  })
  const { ours = [] } = measured
  const rows = present.flatMap(({ name, peer, count = figure.count, goal }, index) => {
    const theirs = measured[name] ?? []
    const value = compare({
      ...figure,
      against: name,
      goal,
      ours: ours.map(({ value }) => value),
      theirs: theirs.map(({ value }) => value),
    })
    if (index > 0 && peer !== 'limit') return [value]
    const cpu = compare({
      what: `  CPU of both sides, a ${figure.one}`,
      group: figure.group,
      parent: figure.what,
      unit: 'us',
      better: 'lower',
      against: name,
      ours: ours.map((outcome) => (outcome.alice + outcome.bob) / figure.count),
      theirs: theirs.map((outcome) => (outcome.alice + outcome.bob) / count),
    })
    return [value, cpu]
  })
  const sides = [{ name: 'ours', count: figure.count }, ...present].map(({ name, count = figure.count }) => {
    const side = (end: 'alice' | 'bob') =>
      digits(
        quantile(
          (measured[name] ?? []).map((outcome) => outcome[end] / count),
          0.5,
        ),
      )
    return `${name} ${side('alice')} and ${side('bob')}`
  })
  const note = `${figure.group}: ${figure.what}: CPU of alice and of bob, us a ${figure.one}: ${sides.join('; ')}`
  return { rows, note }
}
