/**
 * Messages that wait, and groups: what they cost the KDC by the number of members and of messages; what a large group, and a full
 * mailbox, cost a client.
 *
 * @module
 */
import { runBenchmark, say } from './harness.ts'
import { largeGroup } from './stored-group.ts'
import { waiting } from './stored-memory.ts'
import { reading } from './stored-reading.ts'
import { sending } from './stored-sending.ts'

await runBenchmark('stored', async () => {
  say('messages to groups')
  const toGroups = await sending()
  say('a large group')
  const large = await largeGroup()
  say('a full mailbox')
  const { rows, notes = [] } = await reading()
  say('a full KDC')
  return { rows: [...toGroups, ...large, ...rows, ...(await waiting())], notes }
})
