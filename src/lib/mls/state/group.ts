/** A group as this client keeps it, beside the MLS state. */
import * as v from 'valibot'
import { concat } from '../../bytes.ts'
import { ERROR_CODES, type ProtocolCode, ProtocolError } from '../../errors.ts'
import { type GroupDescriptor, GroupDescriptorSchema } from '../rfc9420/welcome.ts'
import type { GroupStatus } from '../types.ts'
import { type Chain, HASH_BYTES, inPieces, REMEMBERED } from './chain.ts'
import { decodeFrame, encodeFrame } from './framing.ts'

export interface Group {
  readonly id: string
  /** What it is; unknown when we were never in it, or when that is what was damaged. */
  readonly descriptor: GroupDescriptor | undefined
  readonly status: GroupStatus
  /** Why it is broken. */
  readonly reason: ProtocolCode | undefined
  /** Another's, of another group of this name that we were in, until the user has looked who is in this one. */
  readonly formerAdmin: string | undefined
  readonly epoch: number
  /** Exactly the owners of the tree's leaves. */
  readonly members: readonly string[]
  /** Of these, the ones that have said that they leave, and in which entry; 0 when the KDC says so. */
  readonly leaving: ReadonlyMap<string, number>
  readonly chain: Chain
}

const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const ChainSchema = v.object({ epoch_seq: seq, seq, hash_seq: seq })
const Schema = v.object({
  ...ChainSchema.entries,
  charter: v.optional(GroupDescriptorSchema),
  status: v.picklist(['active', 'broken', 'left', 'removed', 'destroyed']),
  reason: v.optional(v.picklist(ERROR_CODES.protocol)),
  former_admin: v.optional(v.string()),
  epoch: seq,
  members: v.array(v.string()),
  leaving: v.array(v.tuple([v.string(), seq])),
})

export function encodeGroup(group: Group): Uint8Array {
  const { descriptor, status, reason, formerAdmin, epoch, members, leaving, chain } = group
  const header = {
    charter: descriptor,
    status,
    reason,
    former_admin: formerAdmin,
    epoch,
    members,
    leaving: [...leaving],
    ...chainHeader(chain),
  }
  return encodeFrame(header, concat(...chain.hashes))
}

const chainHeader = ({ epochSeq, seq, hashSeq }: Chain) => ({ epoch_seq: epochSeq, seq, hash_seq: hashSeq })

/** The chain alone, which is all of a group that a message changes. */
export function encodeChain(chain: Chain): Uint8Array {
  return encodeFrame(chainHeader(chain), concat(...chain.hashes))
}

/**
 * A group, with its chain as it was kept since.
 *
 * @throws ProtocolError `state_damaged`
 */
export function withChain(group: Group, bytes: Uint8Array): Group {
  const { header, body } = decodeFrame(ChainSchema, bytes)
  return { ...group, chain: readChain(header, body) }
}

function readChain(header: v.InferOutput<typeof ChainSchema>, body: Uint8Array): Chain {
  const { epoch_seq: epochSeq, seq, hash_seq: hashSeq } = header
  const count = body.length / HASH_BYTES
  // All of the epoch, or the latest. A group of which nothing is known has none.
  const all = hashSeq === 0 ? count : hashSeq + 1 - epochSeq
  if (!Number.isInteger(count) || count > all || count < Math.min(all, REMEMBERED))
    throw new ProtocolError('state_damaged', 'what was kept here is cut short')
  return { epochSeq, seq, hashes: inPieces(body), hashSeq }
}

/** @throws ProtocolError `state_damaged` */
export function decodeGroup(id: string, bytes: Uint8Array): Group {
  const { header, body } = decodeFrame(Schema, bytes)
  return {
    id,
    descriptor: header.charter,
    status: header.status,
    reason: header.reason,
    formerAdmin: header.former_admin,
    epoch: header.epoch,
    members: header.members,
    leaving: new Map(header.leaving),
    chain: readChain(header, body),
  }
}

/** A group of which we know nothing but that something is wrong with it. */
export function unknownGroup(id: string): Group {
  return {
    id,
    descriptor: undefined,
    status: 'broken',
    reason: 'state_damaged',
    formerAdmin: undefined,
    epoch: 0,
    members: [],
    leaving: new Map(),
    chain: { epochSeq: 0, seq: 0, hashes: [], hashSeq: 0 },
  }
}

/** The other groups of this name, with their admins. */
function namesakesOf(groups: readonly Group[], id: string, descriptor: GroupDescriptor) {
  return groups.flatMap(({ id: known, descriptor: its, status, formerAdmin }) => {
    const isNamesake = its?.kind === 'named' && descriptor.kind === 'named' && its.name === descriptor.name
    return isNamesake && known !== id ? [{ status, admin: formerAdmin ?? its.admin }] : []
  })
}

/** Whether another group of this name is active. */
export function isNameTaken(groups: readonly Group[], id: string, descriptor: GroupDescriptor): boolean {
  return namesakesOf(groups, id, descriptor).some(({ status }) => status === 'active')
}

/** Whose group of this name we know, when none of them is of the admin that this one has. */
export function formerAdminOf(
  groups: readonly Group[],
  id: string,
  descriptor: GroupDescriptor,
): string | undefined {
  if (descriptor.kind !== 'named') return undefined
  const admins = namesakesOf(groups, id, descriptor).map(({ admin }) => admin)
  return admins.includes(descriptor.admin) ? undefined : admins.at(-1)
}

/** The other member of a conversation of two; of one with oneself, oneself. */
export function otherOf(group: Group, username: string): string | undefined {
  if (group.descriptor?.kind === 'direct' && group.descriptor.own) return username
  return group.descriptor?.kind === 'direct' ? group.members.find((member) => member !== username) : undefined
}

/** The members that have not left. */
export function presentIn(group: Group): string[] {
  return group.members.filter((member) => !group.leaving.has(member)).sort()
}

/** The leaving members that are still in the tree after these were removed. */
export function stillLeaving(group: Group, removed: readonly string[]): Map<string, number> {
  return new Map([...group.leaving].filter(([username]) => !removed.includes(username)))
}

/** How notices name a group: by its name, or by the other one. */
export function labelOf(group: Group, username: string): { group?: string; username?: string } {
  if (group.descriptor?.kind === 'named') return { group: group.descriptor.name }
  const other = otherOf(group, username)
  return other === undefined ? {} : { username: other }
}
