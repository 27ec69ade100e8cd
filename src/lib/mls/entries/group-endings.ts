/**
 * How a group ends for us.
 *
 * @module
 */
import { type Group, labelOf } from '../state/group.ts'
import type { Intake } from './apply-context.ts'

export function destroyed({ draft, username, destroying }: Intake, group: Group): void {
  draft.setGroup({ ...group, status: 'destroyed', reason: undefined })
  // Our own doing needs no telling. The entry's sender does not say whose it is: that is the KDC's word.
  if (group.id === destroying) return
  draft.notice({ code: 'group_destroyed', text: 'the group was destroyed', ...labelOf(group, username) })
}

export function removedFrom({ draft, username }: Intake, group: Group, by: string): void {
  draft.setGroup({ ...group, status: 'removed', reason: undefined })
  const text = `${by} has removed you from the group`
  draft.notice({ code: 'removed_from_group', text, ...labelOf(group, username), by })
}

export function left({ draft }: Intake, group: Group): void {
  draft.setGroup({ ...group, status: 'left', reason: undefined })
}
