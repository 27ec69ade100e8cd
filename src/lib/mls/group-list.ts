/**
 * Which groups we are in, by the KDC's word: all pages of it. docs/protocol.md §7.2.
 *
 * @module
 */
import { TransportError } from '../errors.ts'
import { readGroups } from './kdc-answers.ts'
import type { PostToKdc } from './types.ts'

/** A group as the KDC lists it; nothing in it is believed. */
export type ListedGroup = ReturnType<typeof readGroups>['groups'][number]

/** A KDC that goes on for longer has no end: at its page size it is a hundred thousand groups. */
export const MAX_PAGES = 1000
/** And so many groups and members' names together are more than we keep in memory. */
const MAX_NAMES_LISTED = 1_000_000

/** What the KDC lists. */
export interface GroupList {
  /** Each once. */
  readonly groups: ListedGroup[]
  /** Whether that is all. */
  readonly isComplete: boolean
}

/**
 * @param isLast - whether what follows is not of interest any more.
 * @throws whatever `post` throws; CodecError `malformed`
 */
export async function listGroups(
  post: PostToKdc,
  isLast: (group: ListedGroup) => boolean = () => false,
): Promise<GroupList> {
  const groups = new Map<string, ListedGroup>()
  let after: string | undefined
  let names = 0
  for (let pages = 0; pages < MAX_PAGES && names < MAX_NAMES_LISTED; pages++) {
    const before = groups.size
    const page = readGroups(await post('/groups/list', after === undefined ? {} : { after }))
    for (const group of page.groups) {
      groups.set(group.group, group)
      names += 1 + group.members.length
    }
    after = page.groups.at(-1)?.group
    // A page with nothing new would be given for ever.
    if (!page.more || groups.size === before || page.groups.some(isLast)) {
      return { groups: [...groups.values()], isComplete: true }
    }
  }
  return { groups: [...groups.values()], isComplete: false }
}

/** What is said where the list has no end, once what is on it was seen to. */
export function endlessList(): TransportError {
  return new TransportError(
    'kdc_failed',
    'the KDC lists groups without an end: the rest of them was not looked at',
  )
}

/** Whether it is a direct group without another member: with oneself, or one that the other one has left. */
export function isAlone({ kind, members }: ListedGroup, username: string): boolean {
  return kind === 'direct' && members.length === 1 && members[0] === username
}
