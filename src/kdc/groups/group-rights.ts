/**
 * Looking up the groups that requests name, and judging who may do what in them. The clients judge the same by what the commits say: a KDC
 * that wanted to could let anything pass.
 */
import { equal } from '../../lib/bytes.ts'
import type { Kdc } from '../context.ts'
import { Problem } from '../problems.ts'
import type { Group, Roster } from '../store/groups.ts'
import { MAX_MEMBERS } from './quotas.ts'

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

const notAllowed = (detail: string) => new Problem('not_allowed', detail)

export interface Changes {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Judges the changes that a member's commit brings: the admin adds and removes others, any member removes those who have left. Whom
 * it removes it may also add again.
 *
 * @throws Problem `not_allowed`, or `invalid_request` for changes that are none.
 */
export function judgeChanges(
  { admin }: Group,
  { members, left }: Roster,
  username: string,
  { added, removed }: Changes,
): void {
  const [inGroup, gone, leaving] = [new Set(members), new Set(left), new Set(removed)]
  if (added.length > 0 && admin !== username) throw notAllowed('only the admin of a group adds members')
  for (const name of removed) {
    if (name === admin) throw notAllowed('the admin of a group is not removed')
    if (!inGroup.has(name) && !gone.has(name)) {
      throw new Problem('invalid_request', 'removed: expected members, or those who have left')
    }
    if (inGroup.has(name) && admin !== username) {
      throw notAllowed('only the admin of a group removes members who have not left')
    }
  }
  for (const name of added) {
    if ((inGroup.has(name) || gone.has(name)) && !leaving.has(name)) {
      throw new Problem('invalid_request', 'added: expected nobody who is in the group already')
    }
  }
  const size = members.length + added.length - removed.filter((name) => inGroup.has(name)).length
  if (size > MAX_MEMBERS) throw notAllowed(`a group has at most ${MAX_MEMBERS} members`)
}

/** @throws Problem `not_allowed` for the admin, who destroys the group, or stays. */
export function judgeLeaving({ admin }: Group, username: string): void {
  if (admin === username) throw notAllowed('the admin of a group does not leave it, but may destroy it')
}

/** @throws Problem `not_allowed` for all but the admin, in a group that has one. */
export function judgeDestroying({ admin }: Group, username: string): void {
  if (admin !== undefined && admin !== username) throw notAllowed('only the admin of a group destroys it')
}
