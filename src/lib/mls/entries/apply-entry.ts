/**
 * What becomes of the entries that the mailbox gives: each is checked, applied to its group, and added to the transaction.
 * docs/protocol.md §7.5.
 */
import type { ClientState, Proposal } from 'ts-mls'
import { EMPTY, toBase64url } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { decodePayload } from '../payload.ts'
import { decodePrivateMessage, secretsOfEpoch } from '../rfc9420/suite.ts'
import { type Leaf, leafAt } from '../rfc9420/tree.ts'
import { comparePosition, decodePosition, extendChain, hasGap } from '../state/chain.ts'
import { type Group, labelOf, otherOf } from '../state/group.ts'
import type { Change } from '../state/pending.ts'
import { adopt } from './adopt.ts'
import { applyCommit } from './apply-commit.ts'
import {
  type ApplyContext,
  attempted,
  breakGroup,
  damaged,
  destroyed,
  isBreaking,
  lost,
  passGap,
  removedFrom,
  skip,
} from './apply-context.ts'
import { join } from './join.ts'
import { isAdmin } from './member-policy.ts'

/**
 * Applies one entry. What is wrong with a group breaks that group, is told once, and stops no other.
 *
 * @throws whatever `post` throws, but for what breaks a group.
 */
export async function applyEntry(context: ApplyContext, entry: Entry): Promise<void> {
  const { transaction } = context
  try {
    if (entry.position <= transaction.position)
      throw damaged('an entry of the group came twice, or out of order')
    transaction.position = entry.position
    if (context.again && isProcessed(context, entry)) return
    await dispatch(context, entry)
  } catch (error) {
    if (!isBreaking(error)) throw error
    const group = transaction.groups.get(entry.group)
    // What comes after the end of a group is no loss to a member.
    if (isOver(group) && !entry.welcome) return
    breakGroup(context, entry, error)
    if (group && error.code === 'history_lost') hearOfEnd(context, entry, group)
  }
}

function isProcessed({ transaction }: ApplyContext, { group, seq }: Entry): boolean {
  const known = transaction.groups.get(group)
  return known !== undefined && seq <= known.chain.seq
}

function isOver(group: Group | undefined): boolean {
  return group !== undefined && group.status !== 'active' && group.status !== 'broken'
}

async function dispatch(context: ApplyContext, entry: Entry): Promise<void> {
  const { transaction } = context
  const group = transaction.groups.get(entry.group)
  const change = transaction.changes.get(entry.group)
  if (change && isOurs(change, entry)) return adopt(context, entry, change)
  if (group?.status === 'active') return applyToActive(context, entry, group)
  if (entry.welcome) return join(context, entry)
  if (group?.status === 'broken') return hearOfEnd(context, entry, group)
  if (!group) context.unknown.add(entry.group)
}

function isOurs(change: Change, entry: Entry): boolean {
  return change.payload !== undefined && change.payload === toBase64url(entry.payload ?? EMPTY)
}

async function applyToActive(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const ready = passGap(context, entry, group)
  if (entry.kind === 'destroyed') return destroyed(context, ready)
  if (entry.welcome) return joinAnew(context, entry, ready)
  if (entry.kind === 'commit') return applyNext(context, entry, ready)
  if (entry.kind === 'proposal') return applyLeaving(context, entry, ready)
  return applyMessage(context, entry, ready)
}

/**
 * A group that one is in is not joined (RFC 9420 §12.4.3.1); but the commit that adds a member may be the one that removes it (§12.2), and then its Welcome
 * is judged as any other.
 */
async function joinAnew(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction, username } = context
  if (!entry.removed.includes(username)) throw damaged('we are added to the group once more')
  transaction.wipe(secretsOfEpoch(mls, await transaction.state(group)))
  await join(context, entry)
}

/** A commit that cannot be judged without what is lost, such as a member's leaving, ends what we can read, as a lost commit does. */
async function applyNext(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  try {
    await applyCommit(context, entry, group)
  } catch (error) {
    throw isBreaking(error) && hasGap(group.chain) ? lost() : error
  }
}

/** A group that we do not read hears of its end all the same. */
function hearOfEnd(context: ApplyContext, entry: Entry, group: Group): void {
  if (entry.kind === 'destroyed') destroyed(context, group)
  // Or it would be sent again when the group is rejoined.
  else if (entry.kind === 'message') takeOwn(context, entry, group)
  else if (entry.removed.includes(context.username)) removedFrom(context, group, entry.sender)
}

async function applyMessage(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, suite, transaction } = context
  const payload = entry.payload ?? EMPTY
  const chain = extendChain(group.chain, 'message', payload)
  if (takeOwn(context, entry, group)) {
    transaction.setGroup({ ...group, chain })
    return
  }
  const state = await transaction.state(group)
  const result = await attempted(async () => {
    const message = decodePrivateMessage(mls, payload, 'application')
    const read = await mls.processPrivateMessage(state, message, mls.emptyPskIndex, suite)
    const sender = senderOf(state, read.newState)
    if (!sender || group.leaving.has(sender.username) || read.kind !== 'applicationMessage') return undefined
    return {
      read,
      message: read.message,
      from: sender.username,
      place: decodePosition(message.authenticatedData),
    }
  })
  if (!result) return skip(context, entry, group, chain)
  comparePosition(group.chain, result.place)
  transaction.wipe(result.read.consumed)
  transaction.setGroup({ ...group, chain }, result.read.newState)
  const { position, seq, at } = entry
  transaction.addMessage(
    { group: group.id, position, seq, at, from: result.from, ...decodePayload(result.message) },
    true,
  )
}

/** The sender that MLS has authenticated: the message opened under the keys of that leaf, which have gone on, and by its signature. */
function senderOf(before: ClientState, after: ClientState): Leaf | undefined {
  const node = after.secretTree.findIndex((secrets, at) => secrets !== before.secretTree[at])
  return leafAt(after.ratchetTree, node / 2)
}

/** A message of ours, which is now in its place. @returns whether it is one. */
function takeOwn({ transaction, username }: ApplyContext, entry: Entry, about: Group): boolean {
  const { group } = entry
  const sent = transaction.outgoingOf(group).filter(({ sealed }) => sealed)
  const text = sent.length > 0 ? toBase64url(entry.payload ?? EMPTY) : ''
  const ours = sent.find(({ sealed }) => sealed?.message === text)
  if (!ours) return false
  transaction.outgoing.set(ours.number, null)
  const { position, seq, at } = entry
  // What one leaves for oneself is to be shown as another's would be.
  const isUnread = otherOf(about, username) === username
  transaction.addMessage(
    { group, position, seq, at, from: username, ...decodePayload(ours.payload) },
    isUnread,
  )
  return true
}

/** What does not open, or is another proposal, is passed over. */
async function applyLeaving(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction } = context
  const { suite } = mls
  const chain = extendChain(group.chain, 'proposal', entry.payload ?? EMPTY)
  const state = await transaction.state(group)
  let leaver: string | undefined
  const result = await attempted(async () => {
    const message = decodePrivateMessage(mls, entry.payload ?? EMPTY, 'proposal')
    const read = await mls.processPrivateMessage(state, message, mls.emptyPskIndex, suite, (incoming) => {
      if (incoming.kind === 'proposal') {
        const { proposal, senderLeafIndex } = incoming.proposal
        leaver = leaverBy(state, proposal, senderLeafIndex)
      }
      // Not kept by MLS: the committer names the leaver itself, in whatever epoch that will be.
      return 'reject'
    })
    return { read, place: decodePosition(message.authenticatedData) }
  })
  if (!result || leaver === undefined || isAdmin(group, leaver) || group.descriptor?.kind !== 'named') {
    return skip(context, entry, group, chain)
  }
  comparePosition(group.chain, result.place)
  transaction.wipe(result.read.consumed)
  const leaving = new Map(group.leaving).set(leaver, entry.seq)
  transaction.setGroup({ ...group, chain, leaving }, result.read.newState)
  const text = `${leaver} has left the group`
  transaction.notice({ code: 'member_left', text, ...labelOf(group, context.username), username: leaver })
}

function leaverBy(state: ClientState, proposal: Proposal, sender: number | undefined): string | undefined {
  if (sender === undefined || proposal.proposalType !== 'remove' || proposal.remove.removed !== sender)
    return undefined
  return leafAt(state.ratchetTree, sender)?.username
}
