/** Making groups, and changing who is in them: who may, and what is asked of the KDC. docs/protocol.md §7.2 and §7.5. */
import { ProtocolError } from '../errors.ts'
import { isAdmin } from './entries/member-policy.ts'
import { readInfo } from './kdc-answers.ts'
import { takeKeyPackages } from './keys/key-packages.ts'
import { makeCommit, makeGroup, makeLeave } from './make-commit.ts'
import type { MlsClient } from './mls-client.ts'
import type { GroupDescriptor } from './rfc9420/welcome.ts'
import { type Group, labelOf, presentIn } from './state/group.ts'
import { pull } from './sync/pull.ts'
import { changeGroup, settleChanges, submitChange } from './sync/submit-change.ts'

export const notAllowed = (message: string) => new ProtocolError('not_allowed', message)

/** Makes a group, with these others in it from the beginning. */
export async function createGroup(
  client: MlsClient,
  descriptor: GroupDescriptor,
  others: string[],
): Promise<void> {
  await settleChanges(client)
  const transaction = client.transaction()
  const packages = await takeKeyPackages(transaction, client.post, client.clock, others)
  const id = client.newId()
  const change = await makeGroup(client, transaction.identity, id, descriptor, packages)
  await submitChange(client, id, change, transaction)
}

/** Adds those of these users who are no members yet. */
export function addMembers(client: MlsClient, id: string, usernames: readonly string[]): Promise<void> {
  return changeGroup(client, id, async (transaction, group) => {
    requireAdmin(client, group)
    const { post, clock } = client
    const gone = await findGone(client, group)
    const present = presentIn(group).filter((name) => !gone.includes(name))
    const wanted = usernames.filter((name) => !present.includes(name))
    if (wanted.length === 0) return undefined
    for (const username of gone) {
      const text = `${username} has left the group, or has no account any more, and is taken out`
      transaction.notice({ code: 'member_left', text, ...labelOf(group, client.username), username })
    }
    const packages = await takeKeyPackages(transaction, post, clock, wanted)
    return makeCommit(client, group, await transaction.state(group), packages, [
      ...group.leaving.keys(),
      ...gone,
    ])
  })
}

/** Removes those of these users who are members, and with them the members who have left. */
export function removeMembers(client: MlsClient, id: string, usernames: readonly string[]): Promise<void> {
  return changeGroup(client, id, async (transaction, group) => {
    requireAdmin(client, group)
    const { username } = client
    if (usernames.includes(username)) throw notAllowed('the admin cannot be removed: destroy the group')
    const isUnwanted = (member: string) => usernames.includes(member) || group.leaving.has(member)
    const unwanted = group.members.filter(isUnwanted)
    if (unwanted.length === 0) return undefined
    return makeCommit(client, group, await transaction.state(group), new Map(), unwanted)
  })
}

export function leaveGroup(client: MlsClient, id: string): Promise<void> {
  return changeGroup(client, id, async (transaction, group) => {
    const { username } = client
    if (isAdmin(group, username)) throw notAllowed('the admin cannot leave: destroy the group')
    return makeLeave(client, group, await transaction.state(group))
  })
}

export async function destroyGroup(client: MlsClient, group: Group): Promise<void> {
  requireAdmin(client, group)
  await client.post('/groups/destroy', { group: group.id, id: client.newId() })
  await pull(client, group.id)
}

/**
 * Members who have left without a word: their accounts were deleted. The KDC says no more whose their keys are, so that a new member
 * could not verify the group.
 */
async function findGone(client: MlsClient, group: Group): Promise<string[]> {
  const { epoch, members } = readInfo(await client.post('/groups/info', { group: group.id }))
  if (epoch !== group.epoch) return []
  return group.members.filter((name) => !members.includes(name) && !group.leaving.has(name))
}

function requireAdmin(client: MlsClient, group: Group): void {
  if (!isAdmin(group, client.username)) throw notAllowed("only the group's admin may do that")
}
