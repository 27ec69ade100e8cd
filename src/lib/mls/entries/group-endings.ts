/**
 * How a group ends for us.
 *
 * @module
 */
import { type Group, labelOf } from '../state/group.ts'
import type { ApplyContext } from './apply-context.ts'

export function destroyed({ transaction, username, destroying }: ApplyContext, group: Group): void {
  transaction.setGroup({ ...group, status: 'destroyed', reason: undefined })
  // Our own doing needs no telling. The entry's sender does not say whose it is: that is the KDC's word.
  if (group.id === destroying) return
  transaction.notice({
    code: 'group_destroyed',
    text: 'the group was destroyed',
    ...labelOf(group, username),
  })
}

export function removedFrom({ transaction, username }: ApplyContext, group: Group, by: string): void {
  transaction.setGroup({ ...group, status: 'removed', reason: undefined })
  const text = `${by} has removed you from the group`
  transaction.notice({ code: 'removed_from_group', text, ...labelOf(group, username), by })
}

export function left({ transaction }: ApplyContext, group: Group): void {
  transaction.setGroup({ ...group, status: 'left', reason: undefined })
}
