/**
 * The direct channel beside Node's TLS 1.3: bulk, small messages, there and back, new connections. Alice and bob are two
 * processes, for both alike.
 *
 * @module
 */
import { once } from 'node:events'
import {
  type Alice,
  type Bob,
  BULK_BYTES,
  type Mode,
  PINGS,
  SMALL_BYTES,
  SMALL_COUNT,
  SMALL_TLS_COUNT,
} from './channel-cases.ts'
import { aliceOnOurs } from './channel-ours.ts'
import { aliceOnTls } from './channel-tls.ts'
import { compare, interleave, type Row, runBenchmark, say } from './harness.ts'
import { startTs } from './processes.ts'

const ROUNDS = 7
const [ONE_BY_ONE, AT_ONCE] = [100, 200]

interface Figure {
  readonly what: string
  readonly unit: string
  readonly better: Row['better']
  readonly against: string
  readonly mode: Mode
  readonly run: (alice: Alice) => Promise<number>
  /** Against TLS with small messages put together by hand. */
  readonly batched?: boolean
  /** Processor time is told for one of so many ... */
  readonly count: number
  /** TLS did so many, where that is another number. */
  readonly tlsCount?: number
  /** ... that are called this. */
  readonly one: string
}

interface Measured {
  readonly value: number
  readonly cpu: number
}

const small = {
  what: 'messages of 32 bytes',
  unit: '/s',
  better: 'higher',
  mode: { mode: 'messages', count: SMALL_TLS_COUNT },
  run: (alice) => alice.small(),
  count: SMALL_COUNT,
  tlsCount: SMALL_TLS_COUNT,
  one: 'message',
} as const satisfies Partial<Figure>

const connections = {
  unit: '/s',
  better: 'higher',
  against: 'TLS 1.3, both certified',
  mode: { mode: 'sink', bytes: SMALL_BYTES },
  one: 'connection',
} as const satisfies Partial<Figure>

const FIGURES: readonly Figure[] = [
  {
    what: 'bulk',
    unit: 'MB/s',
    better: 'higher',
    against: 'TLS 1.3',
    mode: { mode: 'sink', bytes: BULK_BYTES },
    run: (alice) => alice.bulk(),
    count: BULK_BYTES / 1e6,
    one: 'MB',
  },
  { ...small, against: 'TLS 1.3, one write each' },
  { ...small, against: 'TLS 1.3, batched by hand', batched: true },
  {
    what: 'there and back, 32 bytes, p50',
    unit: 'us',
    better: 'lower',
    against: 'TLS 1.3',
    mode: { mode: 'echo' },
    run: (alice) => alice.ping(),
    count: PINGS,
    one: 'there and back',
  },
  {
    ...connections,
    what: 'new connections, one at a time',
    run: (alice) => alice.connections(ONE_BY_ONE, 1),
    count: ONE_BY_ONE,
  },
  {
    ...connections,
    what: 'new connections, eight at once',
    run: (alice) => alice.connections(AT_ONCE, 8),
    count: AT_ONCE,
  },
]

function rowsOf(figure: Figure, measured: Record<'ours' | 'theirs', Measured[]>): Row[] {
  const pick = (key: keyof Measured) => ({
    ours: measured.ours.map((round) => round[key]),
    theirs: measured.theirs.map((round) => round[key]),
  })
  const cpu = { what: `  CPU of both sides, a ${figure.one}`, unit: 'us', better: 'lower' } as const
  return [compare({ ...figure, ...pick('value') }), compare({ ...figure, ...cpu, ...pick('cpu') })]
}

await runBenchmark('channel', async () => {
  const child = startTs('bench/channel-bob.ts', [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [bob] = (await once(child, 'message')) as [Bob]
  const [ours, tls, batched] = [aliceOnOurs(bob), aliceOnTls(bob), aliceOnTls(bob, { batched: true })]

  /** Processor time of both processes so far, in microseconds. */
  const cpu = async () => {
    child.send({ mode: 'cpu' })
    const [bobs] = (await once(child, 'message')) as [NodeJS.CpuUsage]
    const ours = process.cpuUsage()
    return bobs.user + bobs.system + ours.user + ours.system
  }
  const measure = async (figure: Figure) => {
    say(figure.what)
    child.send(figure.mode)
    await once(child, 'message')
    const timed = async (alice: Alice, count = figure.count) => {
      const before = await cpu()
      const value = await figure.run(alice)
      return { value, cpu: ((await cpu()) - before) / count }
    }
    const measured = await interleave(ROUNDS, {
      ours: () => timed(ours),
      theirs: () => timed(figure.batched ? batched : tls, figure.tlsCount),
    })
    return rowsOf(figure, measured)
  }
  const rows: Row[] = []
  for (const figure of FIGURES) rows.push(...(await measure(figure)))
  child.disconnect()
  return { rows }
})
