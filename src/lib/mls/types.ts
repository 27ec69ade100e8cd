/** What a client says of its groups and conversations. Apart from what keeps them, so that the types of the package stand alone. */
import type { ProtocolCode } from '../errors.ts'

/** `broken`: not read further until it is rejoined. The others are what happened to us, or to the group. */
export type GroupStatus = 'active' | 'broken' | 'left' | 'removed' | 'destroyed'

/** A conversation: a group by its name, or with one other. */
export type Conversation = { readonly group: string } | { readonly with: string }

/** Some of them: one, or all those with one other. */
export type Selection = Conversation | 'direct'

/** A group, or a conversation of two, as its member knows it. */
export interface GroupInfo {
  /** Of a named group. */
  readonly name?: string
  /** The username of the admin, of a named group. */
  readonly admin?: string
  /** The other one of a conversation of two. */
  readonly with?: string
  /** Whether it can be read and written to, or what happened to it. */
  readonly status: GroupStatus
  /** Why it is broken. */
  readonly reason?: ProtocolCode
  /** Usernames, ours among them. */
  readonly members: string[]
  /** How many of its messages have not been marked as shown. */
  readonly unread: number
}

/** What became of a message: stored by the KDC; or kept here, to be sent by the next `sync`, because the KDC was not reached. */
export type StoreResult = { readonly stored: true } | { readonly stored: false; readonly reason: Error }

/** A sealed request to the KDC; throws what stands for a refusal. */
export type PostToKdc = (path: string, body: Record<string, unknown>) => Promise<unknown>
