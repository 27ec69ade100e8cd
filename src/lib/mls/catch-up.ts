/**
 * When the KDC says that a group has more entries than it has given. docs/protocol.md §7.5.
 *
 * @module
 */

import { breakGroup, isBreaking, passGap } from './entries/group-errors.ts'
import type { ListedGroup } from './group-list.ts'
import type { MlsClient } from './mls-client.ts'
import type { Puller } from './sync/puller.ts'

/**
 * Compares what the KDC says of groups with what it has given. A KDC that once gave a position beyond all others gives nothing after it
 * any more, even when it is honest again: so everything is fetched from the beginning. What it does not give then either is lost.
 */
export async function catchUp(
  client: MlsClient,
  puller: Puller,
  listed: readonly ListedGroup[],
): Promise<void> {
  const behind = () =>
    listed.filter(({ group: id, seq }) => {
      const group = client.mlsStore.groups.get(id)
      return group?.status === 'active' && group.chain.seq < seq
    })
  // It may have come since we asked for what waits.
  if (behind().length > 0) await puller.pull()
  if (behind().length > 0) await puller.pullAgain()
  const transaction = client.transaction()
  const context = client.context(transaction)
  for (const { group: id, seq, epoch } of behind()) {
    const group = transaction.group(id)
    if (!group) continue
    try {
      passGap(context, { seq: seq + 1, epoch }, group)
    } catch (error) {
      if (!isBreaking(error)) throw error
      breakGroup(context, { group: id }, error)
    }
  }
  await client.write(transaction)
}
