/**
 * Joining a group by a Welcome (RFC 9420 §12.4.3.1): whether we may believe it. docs/protocol.md §7.5.
 *
 * @module
 */
import { EMPTY, equal, toBase64url } from '../../bytes.ts'
import { ProtocolError } from '../../errors.ts'
import type { Entry } from '../kdc-answers.ts'
import { judgeKeys } from '../keys/contacts.ts'
import { readOwnPackage } from '../keys/key-packages.ts'
import { leavesOf } from '../rfc9420/tree.ts'
import { type Joined, joinByWelcome, type ReadWelcome, readWelcome } from '../rfc9420/welcome.ts'
import { beginChain } from '../state/chain.ts'
import { formerAdminOf, type Group, isNameTaken, otherOf } from '../state/group.ts'
import type { Intake } from './apply-context.ts'
import { left } from './group-endings.ts'
import { damaged, opened, unverified } from './group-errors.ts'

export async function join(intake: Intake, entry: Entry): Promise<void> {
  const { mls, draft, username } = intake
  const read = await opened(() => readWelcome(mls, entry.welcome ?? EMPTY))
  const reference = read.packages.find((name) => draft.hasPackage(name))
  if (reference === undefined) {
    // For a key package of before we lost our state; or for nobody's, from who wants us to take a place in groups without end.
    if (draft.identity.settled) throw damaged('the invitation is for keys that are not here')
    intake.unknown.add(entry.group)
    return
  }
  const joined = await openWelcome(intake, read, reference)
  const members = await judgeJoined(intake, entry, joined)
  const chain = await beginChain(mls, joined.state.keySchedule.exporterSecret, entry.seq)
  const known = draft.group(entry.group)
  const formerAdmin = known?.charter
    ? known.formerAdmin
    : formerAdminOf(draft.groups(), entry.group, joined.charter)
  const group: Group = {
    id: entry.group,
    charter: joined.charter,
    status: 'active',
    reason: undefined,
    formerAdmin,
    epoch: Number(joined.state.groupContext.epoch),
    members,
    leaving: new Map(),
    chain,
  }
  draft.setGroup(group, joined.state)
  if (joined.charter.kind === 'direct') return endOlder(intake, entry.group, joined.signer)
  const by = joined.signer
  draft.notice({
    code: 'member_added',
    text: `${by} has added you to ${formerAdmin === undefined ? 'the group' : `a group of this name, which is not ${formerAdmin}'s`}`,
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
    toBase64url(groupId) === entry.group && extensions.length === 0 && entry.added.includes(username)
  const added = entry.added.every((name) => leaves.has(name))
  const byOther = leaves.size === 2 && signer !== username
  const byOne = charter.kind === 'named' ? signer === charter.admin : byOther && !charter.own
  if (!fits || !added || !byOne) throw unverified('we were added to a group that is not what it says it is')
  if (isOld(draft.group(entry.group), joined)) throw unverified('we were given an old invitation once more')
  if (isNameTaken(draft.groups(), entry.group, joined.charter)) {
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

/**
 * Whether a Welcome leads back to where we have been: to keys that others have, who were removed since. One for our last resort opens
 * more than once.
 */
function isOld(known: Group | undefined, { state, charter }: Joined): boolean {
  if (!known) return false
  const isOther = known.charter !== undefined && JSON.stringify(known.charter) !== JSON.stringify(charter)
  return isOther || state.groupContext.epoch <= BigInt(known.epoch)
}

/** A conversation that the other one has begun anew goes on there: with another account, or another state, it reads no older one. */
function endOlder(intake: Intake, id: string, other: string): void {
  const { draft, username } = intake
  for (const group of draft.groups()) {
    const isOpen = group.status === 'active' || group.status === 'broken'
    if (group.id === id || !isOpen || otherOf(group, username) !== other) continue
    left(intake, group)
    const text = `${other} has begun the conversation anew`
    draft.notice({ code: 'member_rejoined', text, username: other })
  }
}
