/**
 * Looking up what requests about groups name.
 *
 * @module
 */
import { equal } from '../../lib/bytes.ts'
import type { Kdc } from '../context.ts'
import { Problem } from '../problems.ts'
import type { Group } from '../store/groups.ts'

// The same answer whether there is no such group or it is not the asker's.
const groupUnknown = () => new Problem('group_unknown', 'there is no such group that you are in')

/** @throws Problem `group_unknown` */
export async function requireGroup({ store }: Kdc, id: Uint8Array, username: string): Promise<Group> {
  const group = await store.groups.find(id, username)
  if (!group) throw groupUnknown()
  return group
}

/**
 * The same for what a member is to read: a direct group that the other one has left, or whose account is gone, is as good as none.
 *
 * @throws Problem `group_unknown`
 */
export async function requireReaders(kdc: Kdc, id: Uint8Array, username: string): Promise<Group> {
  const group = await requireGroup(kdc, id, username)
  if (group.kind !== 'direct' || (await kdc.store.groups.roster(id)).members.length > 1) return group
  const own = await kdc.store.groups.findDirect(username, username)
  if (!own || !equal(own, id)) throw groupUnknown()
  return group
}

/** @throws Problem `epoch_passed` */
export function requireEpoch(group: Group, epoch: number): void {
  if (group.epoch === epoch) return
  throw new Problem(
    'epoch_passed',
    epoch < group.epoch
      ? 'the group is in a later epoch: read its entries, and try again'
      : 'the group is in an earlier epoch',
  )
}

/** @throws Problem `receiver_unknown` for the first that has no account. */
export async function requireAccounts({ store }: Kdc, usernames: readonly string[]): Promise<void> {
  for (const username of usernames) {
    if (!(await store.accounts.find(username))) {
      throw new Problem('receiver_unknown', `there is no account ${username}`)
    }
  }
}
