/**
 * Given: the shapes that `group.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { RandomBytes } from 'symbolon/protocol'

/** What a member knows of the group. */
export interface Member {
  readonly name: string
  /** Counts the changes of the group. */
  readonly epoch: number
  /** The key of this epoch, 32 bytes: all who are in the group have it. */
  readonly key: Uint8Array
}

/** What the owner knows: also the key that the owner shares with each of the others, 32 bytes. */
export interface Owner extends Member {
  readonly members: Readonly<Record<string, Uint8Array>>
}

/** What the owner says to all when the group changes. Everybody on the way can read it. */
export interface Commit {
  /** The new one. */
  readonly epoch: number
  /** For each member by name: the new key, sealed. */
  readonly boxes: Readonly<Record<string, Uint8Array>>
}

/** The group after a change, and what is to be said about it. */
export interface Change {
  readonly owner: Owner
  readonly commit: Commit
}

/** What a member says to all. Everybody on the way can read it, but for what is in the box. */
export interface Message {
  readonly epoch: number
  readonly from: string
  readonly box: Uint8Array
}

/** What you write: the owner takes somebody into the group. */
export type Add = (owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes) => Change
/** What you write: the owner removes a member. */
export type Remove = (owner: Owner, name: string, randomBytes: RandomBytes) => Change
/** What you write: a member, or one who is to be one, takes a commit. */
export type Follow = (name: string, pairKey: Uint8Array, commit: Commit, before?: Member) => Member
/** What you write: a member says something. */
export type Send = (member: Member, text: string, randomBytes: RandomBytes) => Message
/** What you write: a member reads what another said. */
export type Read = (member: Member, message: Message) => string
