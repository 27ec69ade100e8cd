/** Changes of ours that have come back among the entries. */
import type { Entry } from '../kdc-answers.ts'
import { decodeState, secretsOfEpoch } from '../rfc9420/suite.ts'
import { beginChain } from '../state/chain.ts'
import { formerAdminOf, type Group, stillLeaving } from '../state/group.ts'
import type { Change } from '../state/pending.ts'
import { type ApplyContext, damaged, keepSent, left, opened, passGap } from './group-errors.ts'
import { agree } from './member-policy.ts'

/** A commit of ours, or the beginning of a group: what we made and kept is now what is. */
export async function adopt(
  context: ApplyContext,
  entry: Pick<Entry, 'group' | 'seq' | 'epoch' | 'added' | 'removed'>,
  change: Change,
): Promise<void> {
  const { mls, transaction } = context
  const group = transaction.groups.get(entry.group)
  transaction.changes.set(entry.group, null)
  if (change.op === 'leave') {
    if (group) left(context, group)
    return
  }
  agree(change.added, entry.added)
  agree(change.removed, entry.removed)
  if (change.op === 'commit') {
    // Of no use where the group cannot be read.
    if (group?.status === 'broken') return
    checkPlace(context, entry, group, change)
  } else {
    // Where we rejoin a group that was not read, or make one, it begins here.
    keepSent(context, entry.group, entry.seq)
  }
  const state = await opened(() => decodeState(mls, change.state))
  if (group?.status === 'active') transaction.wipe(secretsOfEpoch(mls, await transaction.state(group)))
  const leaving = new Map((change.leaving ?? []).map((username) => [username, 0] as const))
  const stay = change.op === 'commit' && group ? stillLeaving(group, change.removed) : leaving
  transaction.setGroup(
    {
      id: entry.group,
      descriptor: change.descriptor,
      status: 'active',
      reason: undefined,
      formerAdmin: group?.descriptor ? group.formerAdmin : formerAdminHere(context, entry.group, change),
      epoch: Number(state.groupContext.epoch),
      members: change.members,
      leaving: stay,
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
}

function formerAdminHere(
  { transaction, username }: ApplyContext,
  id: string,
  { descriptor }: Change,
): string | undefined {
  const isOwn = descriptor.kind === 'named' && descriptor.admin === username
  return isOwn ? undefined : formerAdminOf(transaction.groups.values(), id, descriptor)
}

/** A commit of ours is the next entry, and ends the epoch in which it was made: the KDC must not lead us back to that one. */
function checkPlace(
  context: ApplyContext,
  entry: Pick<Entry, 'seq' | 'epoch'>,
  group: Group | undefined,
  change: Change,
): void {
  if (group?.status !== 'active' || group.epoch !== change.epoch) {
    throw damaged('a change of ours comes in a later epoch')
  }
  passGap(context, entry, group)
}
