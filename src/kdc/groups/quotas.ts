/** How much is stored for each principal and group, and how often it may change. */
import type { Kdc } from '../context.ts'
import { Problem } from '../problems.ts'
import { purgeCutoff } from '../store/sessions.ts'

export const MAX_PACKAGES = 200
export const MAX_MEMBERS = 1000

/** How often a principal who has met a quota can have freed what was read: it costs a look at all that waits. */
export const FREEING = { burst: 10, intervalSec: 6 }

/** What a change takes. */
interface Need {
  readonly group: Uint8Array
  readonly entryBytes: number
  /** Nothing, if the group info stays. */
  readonly infoBytes?: number
  readonly isNew?: boolean
  /** A member who fills a group must not keep its admin from removing them. */
  readonly isAdmins?: boolean
}

/**
 * Makes sure that there is room for a change: if need be, by freeing at once what all members have read.
 *
 * @throws Problem `quota_exceeded`
 */
export async function requireRoom(kdc: Kdc, username: string, need: Need): Promise<void> {
  const { store, clock } = kdc
  if (!(await shortage(kdc, username, need))) return
  if ((await store.attempts.take([{ name: `free ${username}`, ...FREEING }], clock())) === 0) {
    await store.retention.free(username, need.group)
  }
  const what = await shortage(kdc, username, need)
  if (what) throw quotaExceeded(what)
}

/**
 * Makes sure that there is room for what is stored for one receiver. What is stored in named groups is limited by group.
 *
 * @throws Problem `quota_exceeded`
 */
export async function requireRoomAt(
  { store, quotas }: Kdc,
  receiver: string,
  sender: string,
  bytes: number,
): Promise<void> {
  if (await store.mailbox.hasRoom(receiver, sender, bytes, quotas)) return
  throw quotaExceeded(
    `too much of yours waits to be read by ${receiver}, the rest of the room is for others: try again later`,
  )
}

/** Makes sure that a principal may add so many members to the groups of which it is the admin. @throws Problem `quota_exceeded` */
export async function requireRoomForMembers(
  { store, quotas }: Kdc,
  username: string,
  count: number,
): Promise<void> {
  if (count === 0 || (await store.groups.memberships(username)) + count <= quotas.memberships) return
  throw quotaExceeded(`your groups have at most ${quotas.memberships} members together: destroy one first`)
}

/** @throws Problem `quota_exceeded`, when so many bytes more would be too much. */
export async function requireRoomForFile(kdc: Kdc, username: string, bytes: number): Promise<void> {
  const { store, quotas } = kdc
  const usage = await store.files.usage(username, purgeCutoff(kdc).keepSince)
  if (usage.files >= quotas.files)
    throw quotaExceeded(`${quotas.files} files of yours are stored: room is made when they expire`)
  if (usage.fileBytes + bytes > quotas.fileBytes) {
    throw quotaExceeded(
      `your files have at most ${quotas.fileBytes} bytes together: room is made when they expire`,
    )
  }
}

const quotaExceeded = (what: string) => new Problem('quota_exceeded', what)

/** @returns what there is too much of. */
async function shortage({ store, quotas }: Kdc, username: string, need: Need): Promise<string | undefined> {
  const { group, entryBytes, infoBytes = 0, isNew, isAdmins } = need
  const usage = await store.groups.usage(username, group)
  if (isNew && usage.groups >= quotas.groups)
    return `you have made ${quotas.groups} groups: destroy one first`
  if (infoBytes > 0 && usage.groupInfoBytes + infoBytes > quotas.groupInfoBytes) {
    return 'the groups that you have made, or changed last, need too much room together'
  }
  if (usage.senderEntries >= quotas.senderEntries || usage.senderBytes + entryBytes > quotas.senderBytes) {
    return 'too much of what you have sent waits to be read: try again later'
  }
  // Of a group's room a sender has as much as it leaves to the others, but always a little.
  if (isAdmins || usage.groupEntries * 2 < quotas.groupEntries) return undefined
  const share = Math.max(quotas.shareEntries, quotas.groupEntries - usage.groupEntries)
  if ((await store.groups.entriesOf(group, username)) < share) return undefined
  return 'too much of yours waits to be read in this group, the rest of the room is for others: try again later'
}
