/**
 * Exercise 10: a group that changes. README.md beside this file tells the steps.
 *
 * @module
 */
// import { concat, fromUtf8, open, seal, utf8 } from 'symbolon/protocol'
import type { RandomBytes } from 'symbolon/protocol'
import type { Change, Commit, Member, Message, Owner } from './given.ts'

/**
 * The owner takes somebody into the group.
 *
 * @param pairKey - what the owner shares with the new member.
 * @throws Error when the name is in the group already.
 */
export function add(owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes): Change {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 10: write add in group.ts', { cause: { owner, name, pairKey, randomBytes } })
}

/**
 * The owner removes a member.
 *
 * @throws Error when there is no such member.
 */
export function remove(owner: Owner, name: string, randomBytes: RandomBytes): Change {
  // Replace this line too, and those that follow.
  throw new Error('exercise 10: write remove in group.ts', { cause: { owner, name, randomBytes } })
}

/**
 * A member takes a commit that came from the owner, or from anybody.
 *
 * @param before - what the member knew until now; nothing when it is new.
 * @throws Error when there is no box for this member, when it does not open, and when the commit is not newer than `before`.
 */
export function follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member): Member {
  throw new Error('exercise 10: write follow in group.ts', { cause: { name, pairKey, commit, before } })
}

/** A member says something to all who are in the group now. */
export function send(member: Member, text: string, randomBytes: RandomBytes): Message {
  throw new Error('exercise 10: write send in group.ts', { cause: { member, text, randomBytes } })
}

/**
 * A member reads what came from another, or from anybody.
 *
 * @throws Error when it is of another epoch, or was changed.
 */
export function read(member: Member, message: Message): string {
  throw new Error('exercise 10: write read in group.ts', { cause: { member, message } })
}
