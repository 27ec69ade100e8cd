/**
 * What a connection that is not used costs in memory, at either end: a thousand of them, ours and TLS's, in processes of their
 * own, after a garbage collection.
 *
 * @module
 */
import { Pair } from './channel/pair.ts'
import type { KindName, Memory } from './channel/process.ts'
import { compare, interleave, runBenchmark } from './harness.ts'
import { packageVersion, reasonOf } from './peers/installed.ts'
import type { Row } from './result.ts'

const ROUNDS = 5
const CONNECTIONS = 1000
/** Opened first, so that what is loaded and made once is there before the look at the memory. */
const WARM = 50

const PEERS = { tls: 'TLS 1.3', 'secret-stream': 'secret-stream' } as const
const ENDS = { alice: 'initiator', bob: 'responder' } as const

await runBenchmark('idle', async () => {
  const missing: string[] = []
  const peers: (keyof typeof PEERS)[] = ['tls']
  try {
    packageVersion('@hyperswarm/secret-stream')
    await (await Pair.start('secret-stream')).stop()
    peers.push('secret-stream')
  } catch (error) {
    missing.push(reasonOf(error))
  }
  const kinds: KindName[] = ['ours', ...peers]
  const measured: Record<string, Record<'alice' | 'bob', Memory>[]> = await interleave(
    ROUNDS,
    Object.fromEntries(kinds.map((kind) => [kind, () => idle(kind)])),
  )
  const rows: Row[] = peers.flatMap((peer) =>
    (['alice', 'bob'] as const).flatMap((end) =>
      (['rss', 'known'] as const).map((key) => {
        const values = (kind: string) => (measured[kind] ?? []).map((round) => round[end][key] / 1024)
        const all = key === 'rss'
        const what = `memory of an idle connection, ${ENDS[end]}`
        return compare({
          what: all ? what : '  of it known to V8',
          group: 'idle',
          parent: all ? undefined : what,
          unit: 'KiB',
          better: 'lower',
          against: PEERS[peer],
          goal: all && peer === 'tls' ? 0.75 : undefined,
          ours: values('ours'),
          theirs: values(peer),
        })
      }),
    ),
  )
  return { rows, missing }
})

/** @returns bytes for one connection. */
async function idle(kind: KindName): Promise<Record<'alice' | 'bob', Memory>> {
  const pair = await Pair.start(kind)
  await pair.run({ what: 'connections', count: WARM, atOnce: 8 })
  const before = await pair.memory()
  await pair.run({ what: 'idle', count: CONNECTIONS })
  const after = await pair.memory()
  await pair.stop()
  const each = (end: 'alice' | 'bob') => ({
    rss: (after[end].rss - before[end].rss) / CONNECTIONS,
    known: (after[end].known - before[end].known) / CONNECTIONS,
  })
  return { alice: each('alice'), bob: each('bob') }
}
