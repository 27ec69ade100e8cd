/** Bringing changes of groups to the KDC, until it is known what became of them. docs/protocol.md §7.8. */
import { ProtocolError } from '../../errors.ts'
import { adopt } from '../entries/adopt.ts'
import { endlessList, type ListedGroup, listGroups, readStored } from '../kdc-answers.ts'
import { burnHandshakeKey } from '../make-commit.ts'
import type { MlsClient } from '../mls-client.ts'
import { hasCode, isolated, isRefusal } from '../refusals.ts'
import { type Group, labelOf } from '../state/group.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { Change } from '../state/pending.ts'
import { pull, pullUpTo } from './pull.ts'

/** How often something is tried against others who change the same group. */
export const MAX_TRIES = 8

export const tooManyTries = () =>
  new ProtocolError('epoch_passed', 'others change the group all the time: try again later')

/**
 * Keeps a change, and brings it to the KDC.
 *
 * @returns whether it happened; otherwise another member was first, and it may be made anew.
 * @throws what the KDC refuses it by; or, when that is unknown, why the KDC was not reached.
 */
export async function submitChange(
  client: MlsClient,
  id: string,
  change: Change,
  transaction: Transaction = client.transaction(),
): Promise<boolean> {
  transaction.changes.set(id, change)
  await client.write(transaction)
  return settleChange(client, id)
}

/** Finds out what became of a change that was begun, by asking for it once more. Without one, it is settled. */
export async function settleChange(client: MlsClient, id: string): Promise<boolean> {
  const change = client.mlsStore.changes.get(id)
  if (!change) return true
  let stored: ReturnType<typeof readStored>
  try {
    stored = readStored(await client.post(change.path, change.body))
  } catch (error) {
    if (!isRefusal(error)) throw error
    return changeRefused(client, id, change, error)
  }
  if (change.payload === undefined) await adoptChange(client, id, change, stored.seq)
  else await pullUpTo(client, stored.position)
  if (client.mlsStore.changes.get(id) === change) {
    throw new ProtocolError('history_damaged', 'the KDC has taken a change of the group and does not show it')
  }
  return true
}

/** Refused: because it has happened already, or another member was first, or for good. */
async function changeRefused(client: MlsClient, id: string, change: Change, error: Error): Promise<boolean> {
  await pull(client)
  if (client.mlsStore.changes.get(id) !== change) return true
  if (change.payload === undefined && (await isListed(client, id))) {
    await adoptChange(client, id, change, 0)
    return true
  }
  const transaction = client.transaction()
  transaction.changes.set(id, null)
  const group = transaction.groups.get(id)
  if (group?.status === 'active' && group.epoch === change.epoch) {
    transaction.setState(id, await burnHandshakeKey(client.mls, await transaction.state(group)))
  }
  await transaction.write()
  if (hasCode(error, 'epoch_passed')) return false
  throw error
}

async function isListed(client: MlsClient, id: string): Promise<boolean> {
  const isIt = ({ group }: ListedGroup) => group === id
  const { groups, isComplete } = await listGroups(client.post, isIt)
  if (groups.some(isIt)) return true
  if (!isComplete) throw endlessList()
  return false
}

/** A group without members begins without an entry. */
async function adoptChange(client: MlsClient, id: string, change: Change, seq: number): Promise<void> {
  const transaction = client.transaction()
  await adopt(
    client.context(transaction),
    { group: id, seq, epoch: change.epoch, added: [], removed: [] },
    change,
  )
  await client.write(transaction)
}

/**
 * Makes a change until it happens, against others who change the group too.
 *
 * @param make - makes it, from the group as it then is; `undefined` when there is nothing left to change.
 * @throws ProtocolError `epoch_passed` after many tries, and what `make` and `submit` throw.
 */
export async function changeGroup(
  client: MlsClient,
  id: string,
  make: (transaction: Transaction, group: Group) => Promise<Change | undefined>,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await settleChange(client, id)
    const transaction = client.transaction()
    const change = await make(transaction, client.active(id))
    if (!change || (await submitChange(client, id, change, transaction))) return
  }
  throw tooManyTries()
}

/** Brings to an end the changes that were begun, in every group. */
export async function settleChanges(client: MlsClient): Promise<void> {
  for (const id of [...client.mlsStore.changes.keys()]) {
    await isolated(
      () => settleChange(client, id),
      async (error) => {
        const group = client.mlsStore.groups.get(id)
        const label = group ? labelOf(group, client.username) : {}
        const text = `a change of a group was not made: ${error.message}`
        await client.tell({ code: 'change_refused', text, ...label, reason: error.code })
      },
    )
  }
}
