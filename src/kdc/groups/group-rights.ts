/**
 * Who may do what in a group. The clients judge the same by what the commits say: a KDC that wanted to could let anything pass.
 *
 * @module
 */
import { Problem } from '../problems.ts'
import type { Group, Roster } from '../store/groups.ts'
import { MAX_MEMBERS } from './quotas.ts'

const notAllowed = (detail: string) => new Problem('not_allowed', detail)

/** Whom a commit adds and removes. */
export interface Changes {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Judges the changes that a member's commit brings: the admin adds and removes others, any member removes those who have left. Whom
 * it removes it may also add again.
 *
 * @throws Problem `not_allowed`, or `invalid_request` for changes that are none.
 */
export function judgeChanges(
  { admin }: Group,
  { members, left }: Roster,
  username: string,
  { added, removed }: Changes,
): void {
  const [inGroup, gone, leaving] = [new Set(members), new Set(left), new Set(removed)]
  if (added.length > 0 && admin !== username) throw notAllowed('only the admin of a group adds members')
  for (const name of removed) {
    if (name === admin) throw notAllowed('the admin of a group is not removed')
    if (!inGroup.has(name) && !gone.has(name)) {
      throw new Problem('invalid_request', 'removed: expected members, or those who have left')
    }
    if (inGroup.has(name) && admin !== username) {
      throw notAllowed('only the admin of a group removes members who have not left')
    }
  }
  for (const name of added) {
    if ((inGroup.has(name) || gone.has(name)) && !leaving.has(name)) {
      throw new Problem('invalid_request', 'added: expected nobody who is in the group already')
    }
  }
  const size = members.length + added.length - removed.filter((name) => inGroup.has(name)).length
  if (size > MAX_MEMBERS) throw notAllowed(`a group has at most ${MAX_MEMBERS} members`)
}

/** @throws Problem `not_allowed` for the admin, who destroys the group, or stays. */
export function judgeLeaving({ admin }: Group, username: string): void {
  if (admin === username) throw notAllowed('the admin of a group does not leave it, but may destroy it')
}

/** @throws Problem `not_allowed` for all but the admin, in a group that has one. */
export function judgeDestroying({ admin }: Group, username: string): void {
  if (admin !== undefined && admin !== username) throw notAllowed('only the admin of a group destroys it')
}
