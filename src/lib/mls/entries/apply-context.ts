/**
 * What entries are applied with, and what may become of a group besides: it ends for us, is broken and not read further, or an entry of
 * it is passed over. docs/protocol.md §7.5.
 */
import type { CiphersuiteImpl } from 'ts-mls'
import { type ProtocolCode, ProtocolError } from '../../errors.ts'
import type { Entry } from '../kdc-answers.ts'
import { decodePayload } from '../payload.ts'
import type { Mls } from '../rfc9420/suite.ts'
import { type Chain, hasGap, skipTo } from '../state/chain.ts'
import { type Group, labelOf, unknownGroup } from '../state/group.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { PostToKdc } from '../types.ts'

/** What the entries of one page of the mailbox are applied with. */
export interface ApplyContext {
  readonly mls: Mls
  readonly username: string
  readonly post: PostToKdc
  readonly transaction: Transaction
  /** What messages are opened by. */
  readonly suite: CiphersuiteImpl
  /** The group that we have just asked the KDC to destroy. */
  readonly destroying?: string | undefined
  /** Groups that we are told of and know nothing about. */
  readonly unknown: Set<string>
  /** Everything is fetched once more: what was processed before is passed over. */
  readonly again: boolean
  /** Whether we joined a group by one of our key packages. */
  usedPackage: boolean
}

/** What stops one group, and no other. */
const BREAKING: readonly string[] = [
  'history_damaged',
  'history_forked',
  'history_lost',
  'member_unverified',
  'state_damaged',
] satisfies ProtocolCode[]

/** Whether this is what stops a group: any other error stops the work. */
export function isBreaking(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && BREAKING.includes(error.code)
}

/** Marks a group as not to be read further, and says why, once. */
export function breakGroup(
  context: ApplyContext,
  { group: id, sender }: Pick<Entry, 'group'> & Partial<Entry>,
  error: ProtocolError,
): void {
  const { transaction } = context
  const known = transaction.groups.get(id)
  const group = known ?? unknownGroup(id)
  if (known?.status === 'broken' && known.reason === error.code) return
  transaction.setGroup({ ...group, status: 'broken', reason: error.code })
  // That was told when they were missed.
  if (error.code === 'history_lost') return
  const label = labelOf(group, context.username)
  if (known || sender === undefined) {
    transaction.notice({ code: 'group_broken', text: error.message, ...label, reason: error.code })
    return
  }
  // It has no name yet by which the user could ask.
  const text = `the KDC says that ${sender} has added you to a group, which cannot be read: ${error.message}`
  transaction.notice({ code: 'group_broken', text, by: sender, reason: error.code })
}

/**
 * The entries of a group are 1, 2, 3 …: none comes twice, and what is missing is told. Where no commit is among it, the
 * keys of this epoch go on, and what comes then can be read.
 *
 * @returns the group, ready for this entry.
 * @throws ProtocolError `history_damaged`; `history_lost` when a commit is missing.
 */
export function passGap(context: ApplyContext, entry: Pick<Entry, 'seq' | 'epoch'>, group: Group): Group {
  const next = group.chain.seq + 1
  if (entry.seq < next) throw damaged('an entry of the group came twice')
  if (entry.seq === next) return group
  const to = entry.seq - 1
  const count = to - next + 1
  context.transaction.notice({
    code: 'history_lost',
    text: `${count === 1 ? 'an entry is' : `${count} entries are`} missing: what was said there is lost`,
    ...labelOf(group, context.username),
    from: next,
    to,
  })
  keepSent(context, group.id, to)
  if (entry.epoch !== group.epoch) throw lost()
  const passed = { ...group, chain: skipTo(group.chain, to) }
  context.transaction.setGroup(passed)
  return passed
}

/** What we have sent, and the KDC had taken in its place, before it was lost to us: others may have read it. */
export function keepSent({ transaction, username }: ApplyContext, id: string, to: number): void {
  for (const { number, stored, payload } of transaction.outgoingOf(id)) {
    if (!stored || stored.seq > to) continue
    transaction.outgoing.set(number, null)
    const said = decodePayload(payload)
    const { position, seq } = stored
    transaction.addMessage({ group: id, position, seq, at: said.sentAt ?? 0, from: username, ...said }, false)
  }
}

/**
 * What does not open changes nothing, and is told: any member could put such a thing there, and must not stop the others by it. It
 * counts in the chain, so that the next message tells whether the others were shown the same.
 *
 * @throws ProtocolError `history_lost` where entries are lost already.
 */
export function skip(
  { transaction, username }: ApplyContext,
  entry: Entry,
  group: Group,
  chain: Chain,
): void {
  // Or too much is lost, and the keys have gone on too far.
  if (hasGap(chain)) throw lost()
  transaction.setGroup({ ...group, chain })
  const text = `an entry that is said to be of ${entry.sender} does not open, and is passed over`
  transaction.notice({
    code: 'entry_damaged',
    text,
    ...labelOf(group, username),
    by: entry.sender,
    from: entry.seq,
    to: entry.seq,
  })
}

export function destroyed({ transaction, username, destroying }: ApplyContext, group: Group): void {
  transaction.setGroup({ ...group, status: 'destroyed', reason: undefined })
  // Our own doing needs no telling. The entry's sender does not say whose it is: that is the KDC's word.
  if (group.id === destroying) return
  transaction.notice({
    code: 'group_destroyed',
    text: 'the group was destroyed',
    ...labelOf(group, username),
  })
}

export function removedFrom({ transaction, username }: ApplyContext, group: Group, by: string): void {
  transaction.setGroup({ ...group, status: 'removed', reason: undefined })
  const text = `${by} has removed you from the group`
  transaction.notice({ code: 'removed_from_group', text, ...labelOf(group, username), by })
}

export function left({ transaction }: ApplyContext, group: Group): void {
  transaction.setGroup({ ...group, status: 'left', reason: undefined })
}

/** Runs what MLS or a codec refuses by an error: one of ours goes on as it is, any other is damage. */
export async function opened<T>(
  run: () => T | Promise<T>,
  problem = 'an entry of the group does not open',
): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause
    throw new ProtocolError('history_damaged', problem, { cause })
  }
}

/** Runs what one entry may fail in, and no more than that entry. */
export async function attempted<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch {
    return undefined
  }
}

export const lost = () =>
  new ProtocolError('history_lost', 'what is lost of the group is needed to read what comes then')
export const damaged = (message: string) => new ProtocolError('history_damaged', message)
export const unverified = (message: string) => new ProtocolError('member_unverified', message)
