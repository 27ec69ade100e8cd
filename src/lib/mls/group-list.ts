/**
 * Which groups we are in, by the KDC's word: all pages of it. docs/protocol.md §7.2.
 *
 * @module
 */
import { readGroups } from './answers.ts'
import type { Post } from './post.ts'

/** A group as the KDC lists it; nothing in it is believed. */
export type ListedGroup = ReturnType<typeof readGroups>['groups'][number]

/**
 * @returns each once.
 * @throws whatever `post` throws; CodecError `malformed`
 */
export async function listGroups(post: Post): Promise<ListedGroup[]> {
  const groups = new Map<string, ListedGroup>()
  let after: string | undefined
  for (let more = true; more; ) {
    const before = groups.size
    const page = readGroups(await post('/groups/list', after === undefined ? {} : { after }))
    for (const group of page.groups) groups.set(group.group, group)
    after = page.groups.at(-1)?.group
    // A page with nothing new would be given for ever.
    more = page.more && groups.size > before
  }
  return [...groups.values()]
}

/** Whether it is a direct group that nobody else is in: with oneself, or one that the other one has left. */
export function isAlone({ kind, members }: ListedGroup, username: string): boolean {
  return kind === 'direct' && members.length === 1 && members[0] === username
}
