/** Who may change a group, and how: what the MLS of RFC 9420 leaves to the application (§12.2, §16.11 "trust in group membership"). */
import type { Proposal, RatchetTree } from 'ts-mls'
import type { Entry } from '../kdc-answers.ts'
import { usernameOf } from '../rfc9420/suite.ts'
import { type Leaf, leafAt, leavesOf } from '../rfc9420/tree.ts'
import type { Group } from '../state/group.ts'
import { unverified } from './group-errors.ts'

/** What a commit does. */
export interface MembershipChange {
  /** Who did it. */
  readonly by: string
  readonly added: string[]
  readonly removed: string[]
  /** The member that takes its own place again. */
  readonly rejoined?: string
}

/** The admin of a named group adds and removes; a conversation of two has none. */
export function isAdmin(group: Group, username: string): boolean {
  return group.descriptor?.kind === 'named' && group.descriptor.admin === username
}

/**
 * Whether a member may remove another: the admin any; others a member that said in this epoch that it leaves. One that said it in
 * an earlier epoch is left to the admin, because members that came since have not heard it.
 */
export function mayRemove(group: Group, by: string, username: string): boolean {
  if (isAdmin(group, by)) return username !== by
  return (group.leaving.get(username) ?? 0) > group.chain.epochSeq
}

/** The members to remove before anything else is said: they have left. */
export function toRemove(group: Group, by: string): string[] {
  return [...group.leaving.keys()].filter((username) => mayRemove(group, by, username))
}

/**
 * Judges the proposals of a member's commit, before it is applied.
 *
 * @throws ProtocolError `member_unverified` when it does what its committer may not, or other than the KDC says.
 */
export function judgeCommit(
  group: Group,
  tree: RatchetTree,
  entry: Entry,
  committer: number | undefined,
  proposals: readonly Proposal[],
): MembershipChange {
  const by = committer === undefined ? undefined : leafAt(tree, committer)?.username
  if (by === undefined) throw unverified('a change of the group comes from no member')
  const added: string[] = []
  const removed: string[] = []
  for (const proposal of proposals) {
    if (proposal.proposalType === 'add') added.push(usernameOf(proposal.add.keyPackage.leafNode))
    else if (proposal.proposalType === 'remove') removed.push(nameAt(tree, proposal.remove.removed))
    else throw unverified(`${by} has changed the group in a way that this protocol does not have`)
  }
  if (added.length > 0 && !isAdmin(group, by))
    throw unverified(`${by} has added members, and is not the admin`)
  const wrong = removed.find((username) => !mayRemove(group, by, username))
  if (wrong !== undefined) throw unverified(`${by} has removed ${wrong}, and may not`)
  agree(added, entry.added)
  agree(removed, entry.removed)
  return { by, added, removed }
}

/**
 * Judges an external commit: a member that lost its state takes its own place again, and nothing else (RFC 9420 §12.4.3.2, "resync").
 *
 * @throws ProtocolError `member_unverified`
 */
export function judgeRejoin(
  group: Group,
  tree: RatchetTree,
  entry: Entry,
  username: string,
  proposals: readonly Proposal[],
): MembershipChange {
  const removes = proposals.filter((proposal) => proposal.proposalType === 'remove')
  const inits = proposals.filter((proposal) => proposal.proposalType === 'external_init')
  const own = removes.length === 1 && inits.length === 1 && proposals.length === 2
  if (!own || nameAt(tree, removes[0]?.remove.removed ?? -1) !== username || group.leaving.has(username)) {
    throw unverified(`an external commit has joined the group as ${username}`)
  }
  agree([], entry.added)
  agree([], entry.removed)
  return { by: username, added: [], removed: [], rejoined: username }
}

/**
 * Judges the tree after a commit: exactly the members that the entries so far say, and no member's key changed on the way.
 *
 * @returns the members, and the leaves that are new: their keys are still to be judged.
 * @throws ProtocolError `member_unverified`
 */
export function judgeTree(
  group: Group,
  before: RatchetTree,
  after: RatchetTree,
  change: MembershipChange,
): { members: string[]; fresh: Leaf[] } {
  const members = membersAfter(group.members, change)
  const old = leavesOf(before)
  const leaves = leavesOf(after)
  agree([...leaves.keys()], members)
  const mayBeNew = new Set([...change.added, change.rejoined])
  const fresh = [...leaves.values()].filter((leaf) => {
    const known = old.get(leaf.username)
    return mayBeNew.has(leaf.username) || !known || !sameLeaf(known, leaf)
  })
  const changed = fresh.find((leaf) => !mayBeNew.has(leaf.username))
  if (changed) throw unverified(`the key of ${changed.username} has changed without a word`)
  return { members, fresh }
}

/** Who is a member after a commit. */
export function membersAfter(
  members: readonly string[],
  { added, removed }: Pick<MembershipChange, 'added' | 'removed'>,
): string[] {
  return [...new Set([...members.filter((username) => !removed.includes(username)), ...added])].sort()
}

function sameLeaf(a: Leaf, b: Leaf): boolean {
  return a.index === b.index && a.signatureKey.every((byte, at) => byte === b.signatureKey[at])
}

function nameAt(tree: RatchetTree, index: number): string {
  const leaf = leafAt(tree, index)
  if (!leaf) throw unverified('a change of the group removes no member')
  return leaf.username
}

/**
 * What MLS says must be what the KDC says.
 *
 * @throws ProtocolError `member_unverified`
 */
export function agree(ours: readonly string[], theirs: readonly string[]): void {
  const [a, b] = [[...ours].sort(), [...theirs].sort()]
  if (a.length !== b.length || a.some((username, index) => username !== b[index])) {
    throw unverified(`the group's members are not those that the KDC names`)
  }
}
