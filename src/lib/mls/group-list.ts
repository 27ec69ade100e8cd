/**
 * Which groups we are in, by the KDC's word: all pages of it. docs/protocol.md §7.2.
 *
 * @module
 */
import { type Post, readGroups } from './answers.ts'

/**
 * @returns the ids.
 * @throws whatever `post` throws; CodecError `malformed`
 */
export async function listGroups(post: Post): Promise<Set<string>> {
  const ids = new Set<string>()
  let after: string | undefined
  for (let more = true; more; ) {
    const before = ids.size
    const page = readGroups(await post('/groups/list', after === undefined ? {} : { after }))
    for (const { group } of page.groups) ids.add(group)
    after = page.groups.at(-1)?.group
    // A page with nothing new would be given for ever.
    more = page.more && ids.size > before
  }
  return ids
}
