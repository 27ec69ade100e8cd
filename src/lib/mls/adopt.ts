/**
 * Changes of ours that have come back among the entries.
 *
 * @module
 */
import type { Entry } from './answers.ts'
import { beginChain } from './chain.ts'
import { damaged, keepSent, opened, passGap } from './damage.ts'
import { left } from './endings.ts'
import { formerAdminOf, type Group, stillLeaving } from './group.ts'
import type { Intake } from './intake.ts'
import type { Change } from './pending.ts'
import { agree } from './policy.ts'
import { decodeState, secretsOfEpoch } from './suite.ts'

/** A commit of ours, or the beginning of a group: what we made and kept is now what is. */
export async function adopt(
  intake: Intake,
  entry: Pick<Entry, 'group' | 'seq' | 'epoch' | 'added' | 'removed'>,
  change: Change,
): Promise<void> {
  const { mls, draft } = intake
  const group = draft.group(entry.group)
  draft.setChange(entry.group, null)
  if (change.op === 'leave') {
    if (group) left(intake, group)
    return
  }
  agree(change.added, entry.added)
  agree(change.removed, entry.removed)
  if (change.op === 'commit') {
    // Of no use to who cannot read the group.
    if (group?.status === 'broken') return
    checkPlace(intake, entry, group, change)
  } else {
    // Where we rejoin a group that was not read, or make one, it begins here.
    keepSent(intake, entry.group, entry.seq)
  }
  const state = await opened(() => decodeState(mls, change.state))
  if (group?.status === 'active') draft.wipe(secretsOfEpoch(mls, await draft.state(group)))
  const leaving = new Map((change.leaving ?? []).map((username) => [username, 0] as const))
  const stay = change.op === 'commit' && group ? stillLeaving(group, change.removed) : leaving
  draft.setGroup(
    {
      id: entry.group,
      charter: change.charter,
      status: 'active',
      reason: undefined,
      formerAdmin: group?.charter ? group.formerAdmin : formerAdminHere(intake, entry.group, change),
      epoch: Number(state.groupContext.epoch),
      members: change.members,
      leaving: stay,
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
}

function formerAdminHere({ draft, username }: Intake, id: string, { charter }: Change): string | undefined {
  const isOwn = charter.kind === 'named' && charter.admin === username
  return isOwn ? undefined : formerAdminOf(draft.groups(), id, charter)
}

/** A commit of ours is the next entry, and ends the epoch in which it was made: the KDC must not lead us back to that one. */
function checkPlace(
  intake: Intake,
  entry: Pick<Entry, 'seq' | 'epoch'>,
  group: Group | undefined,
  change: Change,
): void {
  if (group?.status !== 'active' || group.epoch !== change.epoch) {
    throw damaged('a change of ours comes in a later epoch')
  }
  passGap(intake, entry, group)
}
