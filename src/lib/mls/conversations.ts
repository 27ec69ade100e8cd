/** Which group is meant: by its name, or by the other one of a conversation of two. */
import { ProtocolError } from '../errors.ts'
import { left } from './entries/group-errors.ts'
import type { MlsClient } from './mls-client.ts'
import { type Group, otherOf, presentIn } from './state/group.ts'
import type { Conversation, GroupInfo, Selection } from './types.ts'

/** All, also those that are over. */
export function allGroups(client: MlsClient): Group[] {
  return [...client.mlsStore.groups.values()]
}

/** All, as they are shown. Names come again: what is counted is counted by id. */
export function describeGroups(client: MlsClient): GroupInfo[] {
  const unread = new Map<string, number>()
  for (const id of client.mlsStore.unread.values()) unread.set(id, (unread.get(id) ?? 0) + 1)
  return allGroups(client).map((group) => {
    const { descriptor, status, reason } = group
    const other = otherOf(group, client.username)
    return {
      ...(descriptor?.kind === 'named' && { name: descriptor.name, admin: descriptor.admin }),
      ...(other !== undefined && { with: other }),
      status,
      ...(reason !== undefined && { reason }),
      members: presentIn(group),
      unread: unread.get(group.id) ?? 0,
    }
  })
}

/** The ids of a conversation, of which there may have been several one after the other. */
export function idsOf(client: MlsClient, of: Selection): string[] {
  const isMeant = (group: Group) => {
    const other = otherOf(group, client.username)
    if (of === 'direct') return other !== undefined
    return 'group' in of ? isNamed(group, of.group) : other === of.with
  }
  return allGroups(client)
    .filter(isMeant)
    .map(({ id }) => id)
}

/** The one that we are in, whether we can read it or not. */
export function currentIdOf(client: MlsClient, of: Conversation): string | undefined {
  return idsOf(client, of).find((id) => isCurrent(client, id))
}

/** @throws ProtocolError `group_unknown` */
export function requireCurrentId(client: MlsClient, of: Conversation): string {
  const id = currentIdOf(client, of)
  if (id === undefined) throw groupUnknown()
  return id
}

/**
 * A group by name: the one that we are in, or else one that we were in.
 *
 * @throws ProtocolError `group_unknown`
 */
export function groupNamed(client: MlsClient, name: string): Group {
  const groups = allGroups(client).filter((group) => isNamed(group, name))
  const group = groups.find(({ id }) => isCurrent(client, id)) ?? groups.at(-1)
  if (!group) throw groupUnknown()
  return group
}

/**
 * A group by name, when a user who means another group of that name may be about to send to it.
 *
 * @throws ProtocolError `group_replaced`
 */
export function requireLookedAt(client: MlsClient, id: string): void {
  const group = client.mlsStore.groups.get(id)
  if (group?.status !== 'active' || group.formerAdmin === undefined) return
  throw new ProtocolError(
    'group_replaced',
    `the group is not ${group.formerAdmin}'s of this name, but another: see who is in it before you send to it`,
  )
}

/** The user has looked who is in a group. */
export async function markLookedAt(client: MlsClient, { id, formerAdmin }: Group): Promise<void> {
  if (formerAdmin === undefined) return
  await client.update((transaction) => {
    const group = transaction.groups.get(id)
    if (group) transaction.setGroup({ ...group, formerAdmin: undefined })
  })
}

/** Lets go of one in which no other member is any more. */
export function endConversation(client: MlsClient, id: string): Promise<void> {
  return client.update((transaction) => {
    const group = transaction.groups.get(id)
    if (group) left(client.context(transaction), group)
  })
}

function isCurrent(client: MlsClient, id: string): boolean {
  const status = client.mlsStore.groups.get(id)?.status
  return status === 'active' || status === 'broken'
}

export const groupUnknown = () => new ProtocolError('group_unknown', 'there is no such group')

const isNamed = (group: Group, name: string) =>
  group.descriptor?.kind === 'named' && group.descriptor.name === name
