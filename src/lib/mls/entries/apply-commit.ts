/**
 * Commits of others: a change of the members, or one who lost its state and takes its place again. docs/protocol.md §7.5.
 *
 * @module
 */
import type { ClientState, PrivateMessage, PublicMessage } from 'ts-mls'
import { EMPTY } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { judgeKeys } from '../keys/contacts.ts'
import { decodeMessage, forgetPast, secretsOfEpoch, usernameOf } from '../rfc9420/suite.ts'
import { beginChain, comparePosition, decodePosition } from '../state/chain.ts'
import { type Group, labelOf, stillLeaving } from '../state/group.ts'
import type { ApplyContext } from './apply-context.ts'
import { removedFrom } from './group-endings.ts'
import { damaged, opened, unverified } from './group-errors.ts'
import { judgeCommit, judgeRejoin, judgeTree, type MembershipChange } from './member-policy.ts'

/** A commit of another: judged before it is applied, and the tree after it. */
export async function applyCommit(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction } = context
  const message = await opened(() => decodeMessage(mls, entry.payload ?? EMPTY))
  const state = await transaction.state(group)
  if (message.wireformat === 'mls_private_message') {
    return applyMemberCommit(context, entry, group, state, message.privateMessage)
  }
  if (message.wireformat === 'mls_public_message') {
    return applyRejoin(context, entry, group, state, message.publicMessage)
  }
  throw damaged('a change of the group is none')
}

async function applyMemberCommit(
  context: ApplyContext,
  entry: Entry,
  group: Group,
  state: ClientState,
  message: PrivateMessage,
): Promise<void> {
  const { mls } = context
  let membershipChange: MembershipChange | undefined
  const result = await opened(() =>
    mls.processPrivateMessage(state, message, mls.emptyPskIndex, mls.suite, (incoming) => {
      if (incoming.kind !== 'commit') return 'reject'
      const proposals = incoming.proposals.map(({ proposal }) => proposal)
      membershipChange = judgeCommit(group, state.ratchetTree, entry, incoming.senderLeafIndex, proposals)
      return 'accept'
    }),
  )
  if (!membershipChange) throw damaged('a change of the group is none')
  const place = await opened(() => decodePosition(message.authenticatedData))
  comparePosition(group.chain, place)
  context.transaction.wipe(result.consumed)
  if (membershipChange.removed.includes(context.username))
    return removedFrom(context, group, membershipChange.by)
  await enterEpoch(context, entry, group, { before: state, after: result.newState, membershipChange })
}

async function applyRejoin(
  context: ApplyContext,
  entry: Entry,
  group: Group,
  state: ClientState,
  message: PublicMessage,
): Promise<void> {
  const { mls } = context
  const { content } = message
  if (
    message.senderType !== 'new_member_commit' ||
    content.contentType !== 'commit' ||
    !content.commit.path
  ) {
    throw damaged('a change of the group is none')
  }
  const { leafNode } = content.commit.path
  const username = await opened(() => usernameOf(leafNode))
  let membershipChange: MembershipChange | undefined
  const result = await opened(() =>
    mls.processPublicMessage(state, message, mls.emptyPskIndex, mls.suite, (incoming) => {
      if (incoming.kind !== 'commit') return 'reject'
      const proposals = incoming.proposals.map(({ proposal }) => proposal)
      membershipChange = judgeRejoin(group, state.ratchetTree, entry, username, proposals)
      return 'accept'
    }),
  )
  if (!membershipChange) throw damaged('a change of the group is none')
  context.transaction.wipe(result.consumed)
  await enterEpoch(context, entry, group, {
    before: state,
    after: result.newState,
    membershipChange,
    rejoined: username,
  })
}

interface Step {
  readonly before: ClientState
  readonly after: ClientState
  readonly membershipChange: MembershipChange
  readonly rejoined?: string
}

async function enterEpoch(context: ApplyContext, entry: Entry, group: Group, step: Step): Promise<void> {
  const { mls, transaction, post } = context
  const { before, after, membershipChange, rejoined } = step
  const { members, fresh } = judgeTree(
    group,
    before.ratchetTree,
    after.ratchetTree,
    membershipChange,
    rejoined,
  )
  if (after.groupContext.extensions.length > 0)
    throw unverified('the group has rules that this protocol does not have')
  await judgeKeys(transaction, post, fresh, true)
  const state = forgetPast(after)
  transaction.wipe(secretsOfEpoch(mls, before))
  transaction.setGroup(
    {
      ...group,
      epoch: Number(state.groupContext.epoch),
      members,
      leaving: stillLeaving(group, membershipChange.removed),
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
  tellMembershipChange(context, group, membershipChange, rejoined)
}

function tellMembershipChange(
  { transaction, username }: ApplyContext,
  group: Group,
  membershipChange: MembershipChange,
  rejoined: string | undefined,
): void {
  const label = labelOf(group, username)
  const { by } = membershipChange
  for (const name of membershipChange.added) {
    transaction.notice({
      code: 'member_added',
      text: `${by} has added ${name}`,
      ...label,
      username: name,
      by,
    })
  }
  for (const name of membershipChange.removed) {
    // Who left has been told of already.
    if (group.leaving.has(name)) continue
    transaction.notice({
      code: 'member_removed',
      text: `${by} has removed ${name}`,
      ...label,
      username: name,
      by,
    })
  }
  if (rejoined !== undefined) {
    const text = `${rejoined} is back, with nothing of what was said before: the state was lost, or damaged`
    transaction.notice({ code: 'member_rejoined', text, ...label, username: rejoined })
  }
}
