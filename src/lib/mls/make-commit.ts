/**
 * Making changes of groups: what to ask of the KDC, and the state that it leads to. Nothing is asked here, and nothing kept.
 *
 * @module
 */
import type { ClientState, KeyPackage, MLSMessage, Proposal } from 'ts-mls'
import { toBase64url } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { ProtocolError } from '../errors.ts'
import { membersAfter } from './entries/member-policy.ts'
import { type GroupInfoOfKdc, groupIdBytes } from './kdc-answers.ts'
import { makeKeyPackage } from './keys/key-packages.ts'
import { CLIENT_CONFIG, encodeState, forgetPast, type Mls } from './rfc9420/suite.ts'
import { type Leaf, leavesOf } from './rfc9420/tree.ts'
import {
  descriptorExtension,
  encodeGroupInfo,
  encodeWelcome,
  type GroupDescriptor,
  readGroupInfo,
} from './rfc9420/welcome.ts'
import { beginChain, encodePosition, positionOf, positionOfNewcomer } from './state/chain.ts'
import type { Group } from './state/group.ts'
import type { Identity } from './state/identity.ts'
import type { Change } from './state/pending.ts'

/** Who makes the change. */
export interface Maker {
  readonly mls: Mls
  readonly username: string
  readonly clock: Clock
  /** A fresh `id` for a request, by which the KDC knows one sent twice. */
  readonly newId: () => string
}

/** A group of one, and with `packages` of all of these from its first entry on. */
export async function makeGroup(
  maker: Maker,
  identity: Identity,
  id: string,
  charter: GroupDescriptor,
  packages: Map<string, KeyPackage>,
): Promise<Change> {
  const { mls, username, clock } = maker
  const { publicPackage, privatePackage } = await makeKeyPackage(mls, username, identity, clock)
  const { suite } = mls
  const alone = await mls.createGroup(
    groupIdBytes(id),
    publicPackage,
    privatePackage,
    [],
    suite,
    CLIENT_CONFIG,
  )
  const others = [...packages.keys()]
  const common = { group: id, kind: charter.kind, ...(charter.kind === 'named' && { name: charter.name }) }
  const about = {
    op: 'create' as const,
    path: '/groups/create',
    charter,
    epoch: 0,
    added: others,
    removed: [],
  }
  const members = [username, ...others].sort()
  if (others.length === 0) {
    const info = toBase64url(await encodeGroupInfo(mls, alone, charter))
    const body = { ...common, members: [], group_info: info, id: maker.newId() }
    return { ...about, body, members, state: encodeState(mls, alone) }
  }
  const place = positionOf(await beginChain(mls, alone.keySchedule.exporterSecret, 0))
  const made = await commit(mls, alone, charter, adds(packages), encodePosition(place))
  const body = { ...common, members: others, ...made.fields, id: maker.newId() }
  return { ...about, body, payload: made.fields.commit, members, state: made.state }
}

/** A commit that adds and removes. */
export async function makeCommit(
  maker: Maker,
  group: Group,
  state: ClientState,
  packages: Map<string, KeyPackage>,
  removed: string[],
): Promise<Change> {
  const { charter } = group
  if (!charter) throw new ProtocolError('state_damaged', 'nothing is known of that group')
  const leaves = leavesOf(state.ratchetTree)
  const removals = removed.map((username): Proposal => {
    const index = leaves.get(username)?.index
    if (index === undefined) throw new ProtocolError('not_allowed', `${username} is no member`)
    return { proposalType: 'remove', remove: { removed: index } }
  })
  const proposals = [...removals, ...adds(packages)]
  const made = await commit(maker.mls, state, charter, proposals, encodePosition(positionOf(group.chain)))
  const added = [...packages.keys()]
  const body = { group: group.id, epoch: group.epoch, ...made.fields, added, removed, id: maker.newId() }
  return {
    op: 'commit',
    path: '/groups/commit',
    body,
    payload: made.fields.commit,
    charter,
    epoch: group.epoch,
    added,
    removed,
    members: membersAfter(group.members, { added, removed }),
    state: made.state,
  }
}

const adds = (packages: Map<string, KeyPackage>): Proposal[] =>
  [...packages.values()].map((keyPackage) => ({ proposalType: 'add', add: { keyPackage } }))

async function commit(
  mls: Mls,
  state: ClientState,
  charter: GroupDescriptor,
  extraProposals: Proposal[],
  authenticatedData: Uint8Array,
) {
  const groupInfoExtensions = [descriptorExtension(charter)]
  const made = await mls.createCommit(
    { state, cipherSuite: mls.suite },
    { extraProposals, authenticatedData, groupInfoExtensions },
  )
  const { newState, welcome } = made
  return {
    state: encodeState(mls, forgetPast(newState)),
    fields: {
      commit: encodeText(mls, made.commit),
      ...(welcome && { welcome: toBase64url(encodeWelcome(mls, welcome, newState)) }),
      group_info: toBase64url(await encodeGroupInfo(mls, newState, charter)),
    },
  }
}

function encodeText(mls: Mls, message: MLSMessage): string {
  return toBase64url(mls.encodeMlsMessage(message))
}

/** What a rejoining member is given, and has to believe of it. */
export interface Rejoin {
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
  maker: Maker,
  identity: Identity,
  id: string,
  info: GroupInfoOfKdc,
): Promise<Rejoin> {
  const { mls, username, clock } = maker
  const read = readGroupInfo(mls, info.group_info, groupIdBytes(id))
  const { groupContext } = read.groupInfo
  const leaves = leavesOf(read.tree)
  const { charter } = read
  const named = charter.kind === 'named' ? charter : { name: undefined, admin: undefined }
  // A member signed this, any member: what it says of the admin must be what the KDC says, too.
  const same = charter.kind === info.kind && named.name === info.name && named.admin === info.admin
  const present = info.members.every((member) => leaves.has(member)) && leaves.has(username)
  const current = groupContext.epoch === BigInt(info.epoch) && groupContext.extensions.length === 0
  if (!present || !current || !same)
    throw new ProtocolError('member_unverified', 'the group is not as the KDC says it is')
  const { publicPackage, privatePackage } = await makeKeyPackage(mls, username, identity, clock)
  const { publicMessage, newState } = await mls.joinGroupExternal(
    read.groupInfo,
    publicPackage,
    privatePackage,
    true,
    mls.suite,
    read.tree,
    CLIENT_CONFIG,
    encodePosition(positionOfNewcomer(info.seq)),
  )
  const payload = encodeText(mls, { wireformat: 'mls_public_message', version: 'mls10', publicMessage })
  const group_info = toBase64url(await encodeGroupInfo(mls, newState, charter))
  const members = [...leaves.keys()].sort()
  const body = {
    group: id,
    epoch: info.epoch,
    commit: payload,
    added: [],
    removed: [],
    group_info,
    id: maker.newId(),
  }
  return {
    others: [...leaves.values()].filter((leaf) => leaf.username !== username),
    change: {
      op: 'rejoin',
      path: '/groups/commit',
      body,
      payload,
      charter,
      epoch: info.epoch,
      added: [],
      removed: [],
      members,
      leaving: members.filter((member) => !info.members.includes(member)),
      state: encodeState(mls, newState),
    },
  }
}

/** The proposal by which we leave: RFC 9420 §12.1.3, of ourselves, which another member commits. */
export async function makeLeave(maker: Maker, group: Group, state: ClientState): Promise<Change> {
  const { mls } = maker
  const { charter } = group
  if (!charter) throw new ProtocolError('state_damaged', 'nothing is known of that group')
  const remove: Proposal = { proposalType: 'remove', remove: { removed: state.privatePath.leafIndex } }
  const place = encodePosition(positionOf(group.chain))
  const made = await mls.createProposal(state, false, remove, mls.suite, place)
  const payload = encodeText(mls, made.message)
  return {
    op: 'leave',
    path: '/groups/leave',
    body: { group: group.id, epoch: group.epoch, proposal: payload, id: maker.newId() },
    payload,
    charter,
    epoch: group.epoch,
    added: [],
    removed: [],
    members: [...group.members],
    state: encodeState(mls, forgetPast({ ...made.newState, unappliedProposals: {} })),
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
