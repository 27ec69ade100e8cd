/**
 * Changes of ours that have come back among the entries.
 *
 * @module
 */
import type { Entry } from './answers.ts'
import { beginChain } from './chain.ts'
import { keepSent, opened, passGap } from './damage.ts'
import { left } from './endings.ts'
import { stillLeaving } from './group.ts'
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
  // A group that was not read, or was not known, begins here.
  if (group?.status === 'active' && change.op === 'commit') passGap(intake, entry, group)
  else keepSent(intake, entry.group, entry.seq)
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
      epoch: Number(state.groupContext.epoch),
      members: change.members,
      leaving: stay,
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
}
