/**
 * Commits of others: a change of the members, or one who lost its state and takes its place again. docs/protocol.md §7.5.
 *
 * @module
 */
import type { ClientState, PrivateMessage, PublicMessage } from 'ts-mls'
import { EMPTY } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { judgeKeys } from '../keys/contacts.ts'
import { decodeMessage } from '../rfc9420/mls-message.ts'
import { forgetPast, secretsOfEpoch, usernameOf } from '../rfc9420/suite.ts'
import { beginChain, comparePlace, decodePlace } from '../state/chain.ts'
import { type Group, labelOf, stillLeaving } from '../state/group.ts'
import type { Intake } from './apply-context.ts'
import { removedFrom } from './group-endings.ts'
import { damaged, opened, unverified } from './group-errors.ts'
import { type Deed, judgeCommit, judgeRejoin, judgeTree } from './policy.ts'

/** A commit of another: judged before it is applied, and the tree after it. */
export async function applyCommit(intake: Intake, entry: Entry, group: Group): Promise<void> {
  const { mls, draft } = intake
  const message = await opened(() => decodeMessage(mls, entry.payload ?? EMPTY))
  const state = await draft.state(group)
  if (message.wireformat === 'mls_private_message') {
    return applyMemberCommit(intake, entry, group, state, message.privateMessage)
  }
  if (message.wireformat === 'mls_public_message') {
    return applyRejoin(intake, entry, group, state, message.publicMessage)
  }
  throw damaged('a change of the group is none')
}

async function applyMemberCommit(
  intake: Intake,
  entry: Entry,
  group: Group,
  state: ClientState,
  message: PrivateMessage,
): Promise<void> {
  const { api, suite } = intake.mls
  let deed: Deed | undefined
  const result = await opened(() =>
    api.processPrivateMessage(state, message, api.emptyPskIndex, suite, (incoming) => {
      if (incoming.kind !== 'commit') return 'reject'
      const proposals = incoming.proposals.map(({ proposal }) => proposal)
      deed = judgeCommit(group, state.ratchetTree, entry, incoming.senderLeafIndex, proposals)
      return 'accept'
    }),
  )
  if (!deed) throw damaged('a change of the group is none')
  const place = await opened(() => decodePlace(message.authenticatedData))
  comparePlace(group.chain, place)
  intake.draft.wipe(result.consumed)
  if (deed.removed.includes(intake.username)) return removedFrom(intake, group, deed.by)
  await enterEpoch(intake, entry, group, { before: state, after: result.newState, deed })
}

async function applyRejoin(
  intake: Intake,
  entry: Entry,
  group: Group,
  state: ClientState,
  message: PublicMessage,
): Promise<void> {
  const { api, suite } = intake.mls
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
  let deed: Deed | undefined
  const result = await opened(() =>
    api.processPublicMessage(state, message, api.emptyPskIndex, suite, (incoming) => {
      if (incoming.kind !== 'commit') return 'reject'
      const proposals = incoming.proposals.map(({ proposal }) => proposal)
      deed = judgeRejoin(group, state.ratchetTree, entry, username, proposals)
      return 'accept'
    }),
  )
  if (!deed) throw damaged('a change of the group is none')
  intake.draft.wipe(result.consumed)
  await enterEpoch(intake, entry, group, { before: state, after: result.newState, deed, rejoined: username })
}

interface Step {
  readonly before: ClientState
  readonly after: ClientState
  readonly deed: Deed
  readonly rejoined?: string
}

async function enterEpoch(intake: Intake, entry: Entry, group: Group, step: Step): Promise<void> {
  const { mls, draft, post } = intake
  const { before, after, deed, rejoined } = step
  const { members, fresh } = judgeTree(group, before.ratchetTree, after.ratchetTree, deed, rejoined)
  if (after.groupContext.extensions.length > 0)
    throw unverified('the group has rules that this protocol does not have')
  await judgeKeys(draft, post, fresh, true)
  const state = forgetPast(after)
  draft.wipe(secretsOfEpoch(mls, before))
  draft.setGroup(
    {
      ...group,
      epoch: Number(state.groupContext.epoch),
      members,
      leaving: stillLeaving(group, deed.removed),
      chain: await beginChain(mls, state.keySchedule.exporterSecret, entry.seq),
    },
    state,
  )
  tellDeed(intake, group, deed, rejoined)
}

function tellDeed({ draft, username }: Intake, group: Group, deed: Deed, rejoined: string | undefined): void {
  const label = labelOf(group, username)
  const { by } = deed
  for (const name of deed.added) {
    draft.notice({ code: 'member_added', text: `${by} has added ${name}`, ...label, username: name, by })
  }
  for (const name of deed.removed) {
    // Who left has been told of already.
    if (group.leaving.has(name)) continue
    draft.notice({ code: 'member_removed', text: `${by} has removed ${name}`, ...label, username: name, by })
  }
  if (rejoined !== undefined) {
    const text = `${rejoined} is back, with nothing of what was said before: the state was lost, or damaged`
    draft.notice({ code: 'member_rejoined', text, ...label, username: rejoined })
  }
}
