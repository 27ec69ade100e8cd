/**
 * How much may wait for those who are away.
 *
 * @module
 */
import { Problem } from './problems.ts'
import type { Quotas, Usage } from './store/groups.ts'

/** For how long what waits is kept, if nothing else is said. */
export const KEEP_SEC = 7 * 24 * 60 * 60

const MEBIBYTE = 1024 * 1024

/** Enough for a class that talks all week; a principal fills no disk. */
export const QUOTAS: Quotas = {
  senderEntries: 10_000,
  senderBytes: 64 * MEBIBYTE,
  groupEntries: 20_000,
  groups: 1000,
  groupInfoBytes: 64 * MEBIBYTE,
}

/** One-time key packages of one principal. */
export const MAX_PACKAGES = 200
/** Members of one group. */
export const MAX_MEMBERS = 1000

/** @throws Problem `quota_exceeded`, when so many bytes more of what a sender stores would be too much. */
export function requireRoomToSend(quotas: Quotas, usage: Usage, bytes: number): void {
  if (usage.senderEntries >= quotas.senderEntries || usage.senderBytes + bytes > quotas.senderBytes) {
    throw new Problem('quota_exceeded', 'too much of what you have sent waits to be read: try again later')
  }
  if (usage.groupEntries >= quotas.groupEntries) {
    throw new Problem('quota_exceeded', 'too much waits to be read in this group: try again later')
  }
}

/** @throws Problem `quota_exceeded`, when the group infos would be too long together. */
export function requireRoomForInfo(quotas: Quotas, usage: Usage, bytes: number): void {
  if (usage.groupInfoBytes + bytes <= quotas.groupInfoBytes) return
  throw new Problem('quota_exceeded', 'the groups of the one who made this group need too much room together')
}

/** @throws Problem `quota_exceeded`, when a principal has made as many groups as it may. */
export function requireRoomForGroup(quotas: Quotas, usage: Usage): void {
  if (usage.groups < quotas.groups) return
  throw new Problem('quota_exceeded', `you have made ${quotas.groups} groups: destroy one first`)
}
