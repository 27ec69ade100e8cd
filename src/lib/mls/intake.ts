/**
 * What becomes of the entries that the mailbox gives: each is checked, applied to its group, and drafted to be kept.
 * docs/stored.md §7.4.
 *
 * @module
 */
import type { ClientState, PrivateMessage, Proposal, PublicMessage } from 'ts-mls'
import { EMPTY, equal, toBase64url } from '../bytes.ts'
import { type ProtocolCode, ProtocolError } from '../errors.ts'
import { type Entry, groupIdBytes, type Post } from './answers.ts'
import { beginChain, type Chain, comparePlace, decodePlace, extendChain } from './chain.ts'
import { judgeKeys } from './contacts.ts'
import { type Group, labelOf, otherOf, unknownGroup } from './group.ts'
import {
  type Charter,
  decodeMessage,
  type Joined,
  joinByWelcome,
  type ReadWelcome,
  readWelcome,
} from './joinable.ts'
import { readOwnPackage } from './key-packages.ts'
import { decodePayload } from './payload.ts'
import type { Change } from './pending.ts'
import { agree, type Deed, isAdmin, judgeCommit, judgeRejoin, judgeTree } from './policy.ts'
import { decodeState, forgetPast, type Mls, secretsOfEpoch, usernameOf } from './suite.ts'
import { leafAt, leavesOf } from './tree.ts'
import type { Draft } from './vault.ts'

/** What stops one group, and no other. */
const BREAKING: readonly string[] = [
  'history_damaged',
  'history_forked',
  'member_unverified',
  'state_damaged',
] satisfies ProtocolCode[]

/** What one page of the mailbox is applied with. */
export interface Intake {
  readonly mls: Mls
  readonly username: string
  readonly post: Post
  readonly draft: Draft
  /** Groups that we are told of and know nothing about. */
  readonly unknown: Set<string>
  /** Whether we joined a group by one of our key packages. */
  usedPackage: boolean
}

/**
 * Applies one entry. What is wrong with a group breaks that group, is told once, and stops no other.
 *
 * @throws whatever `post` throws, but for what breaks a group.
 */
export async function applyEntry(intake: Intake, entry: Entry): Promise<void> {
  const { draft } = intake
  try {
    if (entry.position <= draft.position) throw damaged('an entry of the group came twice, or out of order')
    draft.position = entry.position
    await dispatch(intake, entry)
  } catch (error) {
    if (!(error instanceof ProtocolError) || !BREAKING.includes(error.code)) throw error
    // What comes after the end of a group is nobody's loss.
    if (!isOver(draft.group(entry.group)) || entry.welcome) breakGroup(intake, entry.group, error)
  }
}

function isOver(group: Group | undefined): boolean {
  return group !== undefined && group.status !== 'active' && group.status !== 'broken'
}

/** Marks a group as not to be read further, and says why, once. */
export function breakGroup(intake: Intake, id: string, error: ProtocolError): void {
  const { draft } = intake
  const known = draft.group(id)
  const group = known ?? unknownGroup(id)
  if (known?.status === 'broken' && known.reason === error.code) return
  draft.setGroup({ ...group, status: 'broken', reason: error.code })
  const label = labelOf(group, intake.username)
  draft.notice({ code: 'group_broken', text: error.message, ...label, reason: error.code })
}

async function dispatch(intake: Intake, entry: Entry): Promise<void> {
  const { draft } = intake
  const group = draft.group(entry.group)
  const change = draft.change(entry.group)
  if (change && isOurs(change, entry)) return adopt(intake, entry, change)
  if (group?.status === 'active') return applyToActive(intake, entry, group)
  if (entry.welcome) return join(intake, entry)
  if (group?.status === 'broken') return applyToBroken(intake, entry, group)
  if (!group) intake.unknown.add(entry.group)
}

function isOurs(change: Change, entry: Entry): boolean {
  return change.payload !== undefined && change.payload === toBase64url(entry.payload ?? EMPTY)
}

async function applyToActive(intake: Intake, entry: Entry, group: Group): Promise<void> {
  checkSeq(intake, entry, group)
  if (entry.kind === 'destroyed') return destroyed(intake, group)
  if (entry.welcome) throw damaged('we are added to the group once more')
  if (entry.kind === 'commit') return applyCommit(intake, entry, group)
  if (entry.kind === 'proposal') return applyProposal(intake, entry, group)
  return applyMessage(intake, entry, group)
}

function checkSeq(intake: Intake, entry: Entry, group: Group): void {
  const next = group.chain.seq + 1
  if (entry.seq < next) throw damaged('an entry of the group came twice')
  if (entry.seq === next) return
  const to = entry.seq - 1
  intake.draft.notice({
    code: 'history_lost',
    text: `what was said in the meantime is lost: ${to - next + 1} entries are missing`,
    ...labelOf(group, intake.username),
    from: next,
    to,
  })
  throw damaged('entries of the group are missing')
}

/** A group that we do not read hears of its end all the same. */
function applyToBroken(intake: Intake, entry: Entry, group: Group): void {
  if (entry.kind === 'destroyed') destroyed(intake, group)
  else if (entry.removed.includes(intake.username)) removedFrom(intake, group, entry.sender)
}

function destroyed({ draft, username }: Intake, group: Group): void {
  draft.setGroup({ ...group, status: 'destroyed', reason: undefined })
  draft.notice({ code: 'group_destroyed', text: 'the group was destroyed', ...labelOf(group, username) })
}

function removedFrom({ draft, username }: Intake, group: Group, by: string): void {
  draft.setGroup({ ...group, status: 'removed', reason: undefined })
  const text = `${by} has removed you from the group`
  draft.notice({ code: 'removed_from_group', text, ...labelOf(group, username), by })
}

// Joining by a Welcome.

async function join(intake: Intake, entry: Entry): Promise<void> {
  const { mls, draft, username } = intake
  const read = await opened(() => readWelcome(mls, entry.welcome ?? EMPTY))
  const reference = read.packages.find((name) => draft.hasPackage(name))
  if (reference === undefined) {
    // For a key package of before we lost our state.
    intake.unknown.add(entry.group)
    return
  }
  const joined = await openWelcome(intake, read, reference)
  const members = await judgeJoined(intake, entry, joined)
  const chain = await beginChain(mls, joined.state.keySchedule.exporterSecret, entry.seq)
  const group: Group = {
    id: entry.group,
    charter: joined.charter,
    status: 'active',
    reason: undefined,
    epoch: Number(joined.state.groupContext.epoch),
    members,
    leaving: new Map(),
    chain,
  }
  draft.setGroup(group, joined.state)
  if (joined.charter.kind === 'direct') return
  const by = joined.signer
  draft.notice({
    code: 'member_added',
    text: `${by} has added you to the group`,
    group: joined.charter.name,
    username,
    by,
  })
}

async function openWelcome(intake: Intake, read: ReadWelcome, reference: string): Promise<Joined> {
  const { mls, draft } = intake
  const own = await readOwnPackage(draft, reference)
  if (!own) throw new ProtocolError('state_damaged', 'the keys that open an invitation are gone')
  const joined = await opened(() => joinByWelcome(mls, read, own))
  intake.usedPackage = true
  if (own.isLastResort) {
    draft.setIdentity({ ...draft.identity, lastResortUsed: true })
  } else {
    // It opens nothing else: whoever takes this machine later cannot open the Welcome again (RFC 9420 §16.8).
    draft.setPackage(reference, null)
    const { initPrivateKey } = own.privatePackage
    draft.wipe([initPrivateKey])
  }
  draft.wipe(joined.secrets)
  return joined
}

/** Whether we were added by one who may, to what it says it is, among members who are who they say. */
async function judgeJoined(intake: Intake, entry: Entry, joined: Joined): Promise<string[]> {
  const { draft, post, username } = intake
  const { state, charter, signer } = joined
  const { groupId, extensions } = state.groupContext
  const leaves = leavesOf(state.ratchetTree)
  const fits =
    equal(groupId, groupIdBytes(entry.group)) && extensions.length === 0 && entry.added.includes(username)
  const added = entry.added.every((name) => leaves.has(name))
  const byOne = charter.kind === 'named' ? signer === charter.admin : leaves.size === 2 && signer !== username
  if (!fits || !added || !byOne) throw unverified('we were added to a group that is not what it says it is')
  if (isTaken(intake, entry.group, charter, leaves.keys())) {
    throw unverified('we were added to a second group of the same name')
  }
  await judgeLeaves(intake, leaves)
  await judgeKeys(
    draft,
    post,
    [...leaves.values()].filter((leaf) => leaf.username !== username),
    true,
  )
  return [...leaves.keys()].sort()
}

function judgeLeaves({ draft, username }: Intake, leaves: ReturnType<typeof leavesOf>): void {
  const own = leaves.get(username)
  if (!own || !equal(own.signatureKey, draft.identity.publicKey)) {
    throw unverified('our place in the group is held under another key')
  }
}

/** Whether an active group has this name, or these two. */
function isTaken(intake: Intake, id: string, charter: Charter, members: Iterable<string>): boolean {
  const other = [...members].find((member) => member !== intake.username)
  return intake.draft.groups().some((group) => {
    if (group.id === id || group.status !== 'active') return false
    if (charter.kind === 'named')
      return group.charter?.kind === 'named' && group.charter.name === charter.name
    return otherOf(group, intake.username) === other
  })
}

// Commits.

/** A commit of ours, or the beginning of a group: what we made and kept is now what is. */
export async function adopt(
  intake: Intake,
  entry: Pick<Entry, 'group' | 'seq' | 'added' | 'removed'>,
  change: Change,
): Promise<void> {
  const { mls, draft } = intake
  const group = draft.group(entry.group)
  draft.setChange(entry.group, null)
  if (change.op === 'leave') return left(intake, group)
  agree(change.added, entry.added)
  agree(change.removed, entry.removed)
  // A group that was not read, or was not known, begins here.
  if (group?.status === 'active' && change.op === 'commit') checkSeq(intake, entry as Entry, group)
  const state = await opened(() => decodeState(mls, change.state))
  if (group?.status === 'active') draft.wipe(secretsOfEpoch(mls, await draft.state(group)))
  const leaving = new Map((change.leaving ?? []).map((username) => [username, 0] as const))
  const stay = change.op === 'commit' && group ? stillLeaving(group, change) : leaving
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

function left({ draft }: Intake, group: Group | undefined): void {
  if (group) draft.setGroup({ ...group, status: 'left', reason: undefined })
}

function stillLeaving(group: Group, deed: Pick<Deed, 'added' | 'removed'>): Map<string, number> {
  return new Map([...group.leaving].filter(([username]) => !deed.removed.includes(username)))
}

async function applyCommit(intake: Intake, entry: Entry, group: Group): Promise<void> {
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
      leaving: stillLeaving(group, deed),
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
    const text = `${rejoined} has lost its state, and is back: what was said before is lost to it`
    draft.notice({ code: 'member_rejoined', text, ...label, username: rejoined })
  }
}

// Proposals: of all that MLS has, only that of leaving oneself.

async function applyProposal(intake: Intake, entry: Entry, group: Group): Promise<void> {
  const { mls, draft } = intake
  const { api, suite } = mls
  const chain = extendChain(group.chain, 'proposal', entry.payload ?? EMPTY)
  const state = await draft.state(group)
  let leaver: string | undefined
  const result = await attempted(async () => {
    const message = privateMessage(mls, entry, 'proposal')
    const read = await api.processPrivateMessage(state, message, api.emptyPskIndex, suite, (incoming) => {
      if (incoming.kind === 'proposal') {
        const { proposal, senderLeafIndex } = incoming.proposal
        leaver = leaverBy(state, proposal, senderLeafIndex)
      }
      // Not kept by MLS: who commits names the leaver itself, in whatever epoch that will be.
      return 'reject'
    })
    return { read, place: decodePlace(message.authenticatedData) }
  })
  if (!result || leaver === undefined || isAdmin(group, leaver) || group.charter?.kind !== 'named') {
    return skip(intake, entry, group, chain)
  }
  comparePlace(group.chain, result.place)
  draft.wipe(result.read.consumed)
  const leaving = new Map(group.leaving).set(leaver, entry.seq)
  draft.setGroup({ ...group, chain, leaving }, result.read.newState)
  const text = `${leaver} has left the group`
  draft.notice({ code: 'member_left', text, ...labelOf(group, intake.username), username: leaver })
}

function leaverBy(state: ClientState, proposal: Proposal, sender: number | undefined): string | undefined {
  if (sender === undefined || proposal.proposalType !== 'remove' || proposal.remove.removed !== sender)
    return undefined
  return leafAt(state.ratchetTree, sender)?.username
}

// Messages.

async function applyMessage(intake: Intake, entry: Entry, group: Group): Promise<void> {
  const { mls, draft } = intake
  const { api, suite } = mls
  const payload = entry.payload ?? EMPTY
  const chain = extendChain(group.chain, 'message', payload)
  if (takeOwn(intake, entry, group, chain)) return
  const state = await draft.state(group)
  const result = await attempted(async () => {
    const message = privateMessage(mls, entry, 'application')
    const data = await mls.decryptSenderData(message, state.keySchedule.senderDataSecret, suite)
    // The sender that MLS authenticates: the message opens under no other leaf's key, and by no other's signature.
    const sender = data && leafAt(state.ratchetTree, data.leafIndex)
    const read = await api.processPrivateMessage(state, message, api.emptyPskIndex, suite)
    if (!sender || group.leaving.has(sender.username) || read.kind !== 'applicationMessage') return undefined
    return {
      read,
      message: read.message,
      from: sender.username,
      place: decodePlace(message.authenticatedData),
    }
  })
  if (!result) return skip(intake, entry, group, chain)
  comparePlace(group.chain, result.place)
  draft.wipe(result.read.consumed)
  draft.setGroup({ ...group, chain }, result.read.newState)
  const { position, seq, at } = entry
  draft.addMessage(
    { group: group.id, position, seq, at, from: result.from, ...decodePayload(result.message) },
    true,
  )
}

/** A message of ours, which is now in its place. */
function takeOwn({ draft, username }: Intake, entry: Entry, group: Group, chain: Chain): boolean {
  const sent = draft.outgoing(group.id).filter(({ sealed }) => sealed)
  const text = sent.length > 0 ? toBase64url(entry.payload ?? EMPTY) : ''
  const ours = sent.find(({ sealed }) => sealed?.message === text)
  if (!ours) return false
  draft.setGroup({ ...group, chain })
  draft.setOutgoing(ours.number, null)
  const { position, seq, at } = entry
  draft.addMessage(
    { group: group.id, position, seq, at, from: username, ...decodePayload(ours.payload) },
    false,
  )
  return true
}

/**
 * What does not open changes nothing, and is told: any member could put such a thing there, and must not stop the others by it. It
 * counts in the chain, so that the next message tells whether the others were shown the same.
 */
function skip({ draft, username }: Intake, entry: Entry, group: Group, chain: Chain): void {
  draft.setGroup({ ...group, chain })
  const text = `an entry that is said to be of ${entry.sender} does not open, and is passed over`
  draft.notice({
    code: 'entry_damaged',
    text,
    ...labelOf(group, username),
    by: entry.sender,
    from: entry.seq,
    to: entry.seq,
  })
}

function privateMessage(mls: Mls, entry: Entry, contentType: PrivateMessage['contentType']): PrivateMessage {
  const message = decodeMessage(mls, entry.payload ?? EMPTY)
  if (message.wireformat !== 'mls_private_message' || message.privateMessage.contentType !== contentType) {
    throw damaged('an entry of the group is of another kind than it says')
  }
  return message.privateMessage
}

/** Runs what MLS or a codec refuses by an error: one of ours goes on as it is, any other is damage. */
async function opened<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause
    throw new ProtocolError('history_damaged', 'an entry of the group does not open', { cause })
  }
}

async function attempted<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch {
    return undefined
  }
}

const damaged = (message: string) => new ProtocolError('history_damaged', message)
const unverified = (message: string) => new ProtocolError('member_unverified', message)
