/**
 * The direct channel beside Node's TLS 1.3: bulk, small messages, there and back, new connections. Alice and bob are two
 * processes, for both alike.
 *
 * @module
 */
import { once } from 'node:events'
import { type Alice, type Bob, BULK_BYTES, type Mode, SMALL_COUNT } from './channel-cases.ts'
import { aliceOnOurs } from './channel-ours.ts'
import { aliceOnTls } from './channel-tls.ts'
import { compare, interleave, type Row, runBenchmark, say } from './harness.ts'
import { startTs } from './processes.ts'

const ROUNDS = 7

await runBenchmark('channel', async () => {
  const child = startTs('bench/channel-bob.ts', [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [bob] = (await once(child, 'message')) as [Bob]
  const [ours, tls, batched] = [aliceOnOurs(bob), aliceOnTls(bob), aliceOnTls(bob, { batched: true })]

  const measure = async (
    row: Pick<Row, 'what' | 'unit' | 'better' | 'against'>,
    mode: Mode,
    run: (alice: Alice) => Promise<number>,
    peer = tls,
  ) => {
    say(row.what)
    child.send(mode)
    await once(child, 'message')
    const measured = await interleave(ROUNDS, { ours: () => run(ours), theirs: () => run(peer) })
    return compare({ ...row, ...measured })
  }

  const against = 'TLS 1.3'
  const messages = { mode: 'messages', count: SMALL_COUNT } as const
  const rows = [
    await measure(
      { what: 'bulk', unit: 'MB/s', better: 'higher', against },
      { mode: 'sink', bytes: BULK_BYTES },
      (alice) => alice.bulk(),
    ),
    await measure(
      { what: 'messages of 32 bytes', unit: '/s', better: 'higher', against: 'TLS 1.3, one write each' },
      messages,
      (alice) => alice.small(),
    ),
    await measure(
      { what: 'messages of 32 bytes', unit: '/s', better: 'higher', against: 'TLS 1.3, batched by hand' },
      messages,
      (alice) => alice.small(),
      batched,
    ),
    await measure(
      { what: 'there and back, 32 bytes, p50', unit: 'us', better: 'lower', against },
      { mode: 'echo' },
      (alice) => alice.ping(),
    ),
    await measure(
      {
        what: 'new connections, one at a time',
        unit: '/s',
        better: 'higher',
        against: 'TLS 1.3, both certified',
      },
      { mode: 'sink', bytes: 32 },
      (alice) => alice.connections(100, 1),
    ),
    await measure(
      {
        what: 'new connections, eight at once',
        unit: '/s',
        better: 'higher',
        against: 'TLS 1.3, both certified',
      },
      { mode: 'sink', bytes: 32 },
      (alice) => alice.connections(200, 8),
    ),
  ]
  child.disconnect()
  return { rows }
})
