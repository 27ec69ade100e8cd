/** Commits of others: a change of the members, or a member that lost its state and takes its place again. docs/protocol.md §7.5. */
import type { ClientState, IncomingMessageCallback, Proposal } from 'ts-mls'
import { EMPTY } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { judgeKeys } from '../keys/contacts.ts'
import { decodeMessage, forgetPast, secretsOfEpoch, usernameOf } from '../rfc9420/suite.ts'
import { beginChain, comparePosition, decodePosition } from '../state/chain.ts'
import { type Group, labelOf, stillLeaving } from '../state/group.ts'
import { type ApplyContext, damaged, opened, removedFrom, unverified } from './group-errors.ts'
import { judgeCommit, judgeRejoin, judgeTree, type MembershipChange } from './member-policy.ts'

/** A commit of another: judged before it is applied, and the tree after it. */
export async function applyCommit(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction, username } = context
  const message = await opened(() => decodeMessage(mls, entry.payload ?? EMPTY))
  const before = await transaction.state(group)
  const tree = before.ratchetTree
  if (message.wireformat === 'mls_private_message') {
    const { privateMessage } = message
    const { after, consumed, change } = await processJudged(
      (judge) => mls.processPrivateMessage(before, privateMessage, mls.emptyPskIndex, mls.suite, judge),
      (proposals, sender) => judgeCommit(group, tree, entry, sender, proposals),
    )
    comparePosition(group.chain, await opened(() => decodePosition(privateMessage.authenticatedData)))
    transaction.wipe(consumed)
    if (change.removed.includes(username)) return removedFrom(context, group, change.by)
    return enterEpoch(context, entry, group, before, after, change)
  }
  if (message.wireformat !== 'mls_public_message') throw notCommit()
  const { publicMessage } = message
  const { content, senderType } = publicMessage
  const isExternal = senderType === 'new_member_commit' && content.contentType === 'commit'
  const path = isExternal ? content.commit.path : undefined
  if (!path) throw notCommit()
  const rejoining = await opened(() => usernameOf(path.leafNode))
  const { after, consumed, change } = await processJudged(
    (judge) => mls.processPublicMessage(before, publicMessage, mls.emptyPskIndex, mls.suite, judge),
    (proposals) => judgeRejoin(group, tree, entry, rejoining, proposals),
  )
  transaction.wipe(consumed)
  await enterEpoch(context, entry, group, before, after, change)
}

const notCommit = () => damaged('a change of the group is none')

/** Processes a commit, if it is one and may do what it does. */
async function processJudged(
  process: (
    judge: IncomingMessageCallback,
  ) => Promise<{ readonly newState: ClientState; readonly consumed: Uint8Array[] }>,
  judge: (proposals: Proposal[], sender: number | undefined) => MembershipChange,
): Promise<{ after: ClientState; consumed: Uint8Array[]; change: MembershipChange }> {
  let change: MembershipChange | undefined
  const { newState, consumed } = await opened(() =>
    process((incoming) => {
      if (incoming.kind !== 'commit') return 'reject'
      const proposals = incoming.proposals.map(({ proposal }) => proposal)
      change = judge(proposals, incoming.senderLeafIndex)
      return 'accept'
    }),
  )
  if (!change) throw notCommit()
  return { after: newState, consumed, change }
}

async function enterEpoch(
  context: ApplyContext,
  entry: Entry,
  group: Group,
  before: ClientState,
  after: ClientState,
  change: MembershipChange,
): Promise<void> {
  const { mls, transaction, post } = context
  const { members, fresh } = judgeTree(group, before.ratchetTree, after.ratchetTree, change)
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
      leaving: stillLeaving(group, change.removed),
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
  tellChange(context, group, change)
}

function tellChange({ transaction, username }: ApplyContext, group: Group, change: MembershipChange): void {
  const label = labelOf(group, username)
  const { by, added, removed, rejoined } = change
  for (const name of added) {
    const text = `${by} has added ${name}`
    transaction.notice({ code: 'member_added', text, ...label, username: name, by })
  }
  for (const name of removed) {
    // A member that left has been told of already.
    if (group.leaving.has(name)) continue
    const text = `${by} has removed ${name}`
    transaction.notice({ code: 'member_removed', text, ...label, username: name, by })
  }
  if (rejoined !== undefined) {
    const text = `${rejoined} is back, with nothing of what was said before: the state was lost, or damaged`
    transaction.notice({ code: 'member_rejoined', text, ...label, username: rejoined })
  }
}
