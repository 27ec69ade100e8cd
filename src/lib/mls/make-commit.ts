/** Making changes of groups: what to ask of the KDC, and the state that it leads to. Nothing is asked here, and nothing kept. */
import type { ClientState, KeyPackage, MLSMessage, Proposal } from 'ts-mls'
import { toBase64url } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { ProtocolError } from '../errors.ts'
import { membersAfter } from './entries/member-policy.ts'
import { type GroupInfoOfKdc, groupIdBytes } from './kdc-answers.ts'
import { makeKeyPackage } from './keys/key-packages.ts'
import { CLIENT_CONFIG, forgetPast, type Mls } from './rfc9420/suite.ts'
import { type Leaf, leavesOf } from './rfc9420/tree.ts'
import {
  descriptorExtension,
  encodeGroupInfo,
  encodeWelcome,
  type GroupDescriptor,
  readGroupInfo,
} from './rfc9420/welcome.ts'
import { beginChain, type Chain, encodePosition, positionOf, positionOfNewcomer } from './state/chain.ts'
import type { Group } from './state/group.ts'
import type { Identity } from './state/identity.ts'
import type { Change } from './state/pending.ts'

/** Who makes the change. */
export interface Committer {
  readonly mls: Mls
  readonly username: string
  readonly clock: Clock
  /** A fresh `id` for a request, by which the KDC knows one sent twice. */
  readonly newId: () => string
}

/** A group of one, and with `packages` of all of these from its first entry on. */
export async function makeGroup(
  committer: Committer,
  identity: Identity,
  id: string,
  descriptor: GroupDescriptor,
  packages: Map<string, KeyPackage>,
): Promise<Change> {
  const { mls, username, clock, newId } = committer
  const own = await makeKeyPackage(mls, username, identity, clock)
  const alone = await mls.createGroup(
    groupIdBytes(id),
    own.publicPackage,
    own.privatePackage,
    [],
    mls.suite,
    CLIENT_CONFIG,
  )
  const others = [...packages.keys()]
  let state = alone
  let fields: CommitFields | { group_info: string }
  if (others.length === 0) fields = { group_info: await groupInfoText(mls, alone, descriptor) }
  else {
    const chain = await beginChain(mls, alone.keySchedule.exporterSecret, 0)
    const made = await commit(mls, alone, descriptor, adds(packages), chain)
    state = made.state
    fields = made.fields
  }
  const { kind } = descriptor
  const name = kind === 'named' ? { name: descriptor.name } : {}
  return {
    op: 'create',
    path: '/groups/create',
    body: { group: id, kind, ...name, members: others, ...fields, id: newId() },
    ...('commit' in fields && { payload: fields.commit }),
    descriptor,
    epoch: 0,
    added: others,
    removed: [],
    members: [username, ...others].sort(),
    state: mls.encodeGroupState(state),
  }
}

/** A commit that adds and removes. */
export async function makeCommit(
  { mls, newId }: Committer,
  group: Group,
  state: ClientState,
  packages: Map<string, KeyPackage>,
  removed: string[],
): Promise<Change> {
  const descriptor = descriptorOf(group)
  const leaves = leavesOf(state.ratchetTree)
  const removals = removed.map((username): Proposal => {
    const index = leaves.get(username)?.index
    if (index === undefined) throw new ProtocolError('not_allowed', `${username} is no member`)
    return { proposalType: 'remove', remove: { removed: index } }
  })
  const made = await commit(mls, state, descriptor, [...removals, ...adds(packages)], group.chain)
  const { id, epoch } = group
  const added = [...packages.keys()]
  return {
    op: 'commit',
    path: '/groups/commit',
    body: { group: id, epoch, ...made.fields, added, removed, id: newId() },
    payload: made.fields.commit,
    descriptor,
    epoch,
    added,
    removed,
    members: membersAfter(group.members, { added, removed }),
    state: mls.encodeGroupState(made.state),
  }
}

const adds = (packages: Map<string, KeyPackage>): Proposal[] =>
  [...packages.values()].map((keyPackage) => ({ proposalType: 'add', add: { keyPackage } }))

interface CommitFields {
  readonly commit: string
  readonly welcome?: string
  readonly group_info: string
}

async function commit(
  mls: Mls,
  state: ClientState,
  descriptor: GroupDescriptor,
  extraProposals: Proposal[],
  chain: Chain,
): Promise<{ state: ClientState; fields: CommitFields }> {
  const authenticatedData = encodePosition(positionOf(chain))
  const groupInfoExtensions = [descriptorExtension(descriptor)]
  const made = await mls.createCommit(
    { state, cipherSuite: mls.suite },
    { extraProposals, authenticatedData, groupInfoExtensions },
  )
  const { newState, welcome } = made
  const fields = {
    commit: encodeText(mls, made.commit),
    ...(welcome && { welcome: toBase64url(encodeWelcome(mls, welcome, newState)) }),
    group_info: await groupInfoText(mls, newState, descriptor),
  }
  return { state: forgetPast(newState), fields }
}

const encodeText = (mls: Mls, message: MLSMessage) => toBase64url(mls.encodeMlsMessage(message))

const groupInfoText = async (mls: Mls, state: ClientState, descriptor: GroupDescriptor) =>
  toBase64url(await encodeGroupInfo(mls, state, descriptor))

function descriptorOf({ descriptor }: Group): GroupDescriptor {
  if (!descriptor) throw new ProtocolError('state_damaged', 'nothing is known of that group')
  return descriptor
}

/** What a rejoining member is given, and has to believe of it. */
interface Rejoin {
  readonly change: Change
  /** The others, whose keys are still to be judged. */
  readonly others: Leaf[]
}

/**
 * An external commit by which we take our place again (RFC 9420 §12.4.3.2).
 *
 * @throws ProtocolError `member_unverified` when the group is not as the KDC says, or we are not in it; whatever ts-mls throws.
 */
export async function makeRejoin(
  { mls, username, clock, newId }: Committer,
  identity: Identity,
  id: string,
  info: GroupInfoOfKdc,
): Promise<Rejoin> {
  const { groupInfo, tree, descriptor } = readGroupInfo(mls, info.group_info, groupIdBytes(id))
  const { groupContext } = groupInfo
  const leaves = leavesOf(tree)
  const named = descriptor.kind === 'named' ? descriptor : { name: undefined, admin: undefined }
  // A member signed this, any member: what it says of the admin must be what the KDC says, too.
  const same = descriptor.kind === info.kind && named.name === info.name && named.admin === info.admin
  const present = info.members.every((member) => leaves.has(member)) && leaves.has(username)
  const current = groupContext.epoch === BigInt(info.epoch) && groupContext.extensions.length === 0
  if (!present || !current || !same)
    throw new ProtocolError('member_unverified', 'the group is not as the KDC says it is')
  const own = await makeKeyPackage(mls, username, identity, clock)
  const { publicMessage, newState } = await mls.joinGroupExternal(
    groupInfo,
    own.publicPackage,
    own.privatePackage,
    true,
    mls.suite,
    tree,
    CLIENT_CONFIG,
    encodePosition(positionOfNewcomer(info.seq)),
  )
  const payload = encodeText(mls, { wireformat: 'mls_public_message', version: 'mls10', publicMessage })
  const group_info = await groupInfoText(mls, newState, descriptor)
  const { epoch } = info
  const none = { added: [], removed: [] }
  const members = [...leaves.keys()].sort()
  const change: Change = {
    op: 'rejoin',
    path: '/groups/commit',
    body: { group: id, epoch, commit: payload, ...none, group_info, id: newId() },
    payload,
    descriptor,
    epoch,
    ...none,
    members,
    leaving: members.filter((member) => !info.members.includes(member)),
    state: mls.encodeGroupState(newState),
  }
  return { change, others: [...leaves.values()].filter((leaf) => leaf.username !== username) }
}

/** The proposal by which we leave: RFC 9420 §12.1.3, of ourselves, which another member commits. */
export async function makeLeave(
  { mls, newId }: Committer,
  group: Group,
  state: ClientState,
): Promise<Change> {
  const { id, epoch } = group
  const remove: Proposal = { proposalType: 'remove', remove: { removed: state.privatePath.leafIndex } }
  const authenticatedData = encodePosition(positionOf(group.chain))
  const made = await mls.createProposal(state, false, remove, mls.suite, authenticatedData)
  const payload = encodeText(mls, made.message)
  return {
    op: 'leave',
    path: '/groups/leave',
    body: { group: id, epoch, proposal: payload, id: newId() },
    payload,
    descriptor: descriptorOf(group),
    epoch,
    added: [],
    removed: [],
    members: [...group.members],
    state: mls.encodeGroupState(forgetPast({ ...made.newState, unappliedProposals: {} })),
  }
}

/**
 * The state after a commit or a proposal of ours that was refused for good: the key that encrypted it is used up, because the KDC has
 * seen what it encrypted (RFC 9420 §9.2).
 */
export async function burnHandshakeKey(mls: Mls, state: ClientState): Promise<ClientState> {
  const node = state.privatePath.leafIndex * 2
  const { newTree } = await mls.consumeRatchet(
    state.secretTree,
    node as Parameters<Mls['consumeRatchet']>[1],
    'commit',
    mls.suite,
  )
  return { ...state, secretTree: newTree }
}
