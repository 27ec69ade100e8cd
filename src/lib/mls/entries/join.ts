/** Joining a group by a Welcome (RFC 9420 §12.4.3.1): whether we may believe it. docs/protocol.md §7.5. */
import { EMPTY, equal, toBase64url } from '../../bytes.ts'
import { ProtocolError } from '../../errors.ts'
import type { Entry } from '../kdc-answers.ts'
import { judgeKeys } from '../keys/contacts.ts'
import { readOwnPackage } from '../keys/key-packages.ts'
import { leavesOf } from '../rfc9420/tree.ts'
import { type Joined, joinByWelcome, type ReadWelcome, readWelcome } from '../rfc9420/welcome.ts'
import { beginChain } from '../state/chain.ts'
import { formerAdminOf, type Group, isNameTaken, otherOf } from '../state/group.ts'
import { type ApplyContext, damaged, left, opened, unverified } from './group-errors.ts'

export async function join(context: ApplyContext, entry: Entry): Promise<void> {
  const { mls, transaction, username } = context
  const read = await opened(() => readWelcome(mls, entry.welcome ?? EMPTY))
  const reference = read.packages.find((name) => transaction.hasPackage(name))
  if (reference === undefined) {
    // For a key package of before we lost our state; or for none, from a member that would have us join groups without end.
    if (transaction.identity.settled) throw damaged('the invitation is for keys that are not here')
    context.unknown.add(entry.group)
    return
  }
  const joined = await openWelcome(context, read, reference)
  const members = await judgeJoined(context, entry, joined)
  const chain = await beginChain(mls, joined.state.keySchedule.exporterSecret, entry.seq)
  const known = transaction.groups.get(entry.group)
  const formerAdmin = known?.descriptor
    ? known.formerAdmin
    : formerAdminOf(transaction.groups.values(), entry.group, joined.descriptor)
  const group: Group = {
    id: entry.group,
    descriptor: joined.descriptor,
    status: 'active',
    reason: undefined,
    formerAdmin,
    epoch: Number(joined.state.groupContext.epoch),
    members,
    leaving: new Map(),
    chain,
  }
  transaction.setGroup(group, joined.state)
  if (joined.descriptor.kind === 'direct') return endOlder(context, entry.group, joined.signer)
  const by = joined.signer
  transaction.notice({
    code: 'member_added',
    text: `${by} has added you to ${formerAdmin === undefined ? 'the group' : `a group of this name, which is not ${formerAdmin}'s`}`,
    group: joined.descriptor.name,
    username,
    by,
  })
}

async function openWelcome(context: ApplyContext, read: ReadWelcome, reference: string): Promise<Joined> {
  const { mls, transaction } = context
  const own = await readOwnPackage(transaction, reference)
  if (!own) throw new ProtocolError('state_damaged', 'the keys that open an invitation are gone')
  const joined = await opened(() => joinByWelcome(mls, read, own))
  context.usedPackage = true
  if (own.isLastResort) {
    transaction.identity = { ...transaction.identity, lastResortUsed: true }
  } else {
    // It opens nothing else: a thief of this machine cannot later open the Welcome again (RFC 9420 §16.8).
    transaction.setPackage(reference, null)
    const { initPrivateKey } = own.privatePackage
    transaction.wipe([initPrivateKey])
  }
  transaction.wipe(joined.secrets)
  return joined
}

/** Whether we were added by a member that may, to what it says it is, among members that are who they say. */
async function judgeJoined(context: ApplyContext, entry: Entry, joined: Joined): Promise<string[]> {
  const { transaction, post, username } = context
  const { state, descriptor, signer } = joined
  const { groupId, extensions } = state.groupContext
  const leaves = leavesOf(state.ratchetTree)
  const fits =
    toBase64url(groupId) === entry.group && extensions.length === 0 && entry.added.includes(username)
  const added = entry.added.every((name) => leaves.has(name))
  const byOther = leaves.size === 2 && signer !== username
  const byOne = descriptor.kind === 'named' ? signer === descriptor.admin : byOther && !descriptor.own
  if (!fits || !added || !byOne) throw unverified('we were added to a group that is not what it says it is')
  if (isOld(transaction.groups.get(entry.group), joined))
    throw unverified('we were given an old invitation once more')
  if (isNameTaken(transaction.groups.values(), entry.group, joined.descriptor)) {
    throw unverified('we were added to a second group of the same name')
  }
  await judgeLeaves(context, leaves)
  await judgeKeys(
    transaction,
    post,
    [...leaves.values()].filter((leaf) => leaf.username !== username),
    true,
  )
  return [...leaves.keys()].sort()
}

function judgeLeaves({ transaction, username }: ApplyContext, leaves: ReturnType<typeof leavesOf>): void {
  const own = leaves.get(username)
  if (!own || !equal(own.signatureKey, transaction.identity.publicKey)) {
    throw unverified('our place in the group is held under another key')
  }
}

/**
 * Whether a Welcome leads back to where we have been: to keys that others have, who were removed since. One for our last resort opens
 * more than once.
 */
function isOld(known: Group | undefined, { state, descriptor }: Joined): boolean {
  if (!known) return false
  const isOther =
    known.descriptor !== undefined && JSON.stringify(known.descriptor) !== JSON.stringify(descriptor)
  return isOther || state.groupContext.epoch <= BigInt(known.epoch)
}

/** A conversation that the other one has begun anew goes on there: with another account, or another state, it reads no older one. */
function endOlder(context: ApplyContext, id: string, other: string): void {
  const { transaction, username } = context
  for (const group of transaction.groups.values()) {
    const isOpen = group.status === 'active' || group.status === 'broken'
    if (group.id === id || !isOpen || otherOf(group, username) !== other) continue
    left(context, group)
    const text = `${other} has begun the conversation anew`
    transaction.notice({ code: 'member_rejoined', text, username: other })
  }
}
