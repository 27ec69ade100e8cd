/**
 * Whose key is whose. The KDC says it (RFC 9420 §3's authentication service); we remember, and say so when it changes.
 *
 * @module
 */
import { equal } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { type Post, readIdentities } from './answers.ts'
import type { Leaf } from './tree.ts'
import type { Draft } from './vault.ts'

/** A key that claims to be somebody's. */
export type Claim = Pick<Leaf, 'username' | 'signatureKey'>

/** Most names in one question (docs/stored.md §7.1). */
export const MAX_NAMES = 1000

/** The identities that the KDC names. Those without one are not in the answer. */
async function findIdentities(post: Post, usernames: string[]): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (let start = 0; start < usernames.length; start += MAX_NAMES) {
    const some = usernames.slice(start, start + MAX_NAMES)
    for (const identity of readIdentities(await post('/identity/find', { usernames: some })).identities) {
      found.set(identity.username, identity.signature_key)
    }
  }
  return found
}

/**
 * Judges keys: each must be the one under which we know the principal, or else the identity that the KDC names now, which we then
 * remember in its place, and say so.
 *
 * @throws ProtocolError `member_unverified`; whatever `post` throws.
 */
export async function judgeKeys(draft: Draft, post: Post, claims: Claim[]): Promise<void> {
  const unknown = claims.filter(({ username, signatureKey }) => {
    const pin = draft.pin(username)
    return !pin || !equal(pin, signatureKey)
  })
  if (unknown.length === 0) return
  const found = await findIdentities(
    post,
    unknown.map(({ username }) => username),
  )
  for (const { username, signatureKey } of unknown) {
    const certified = found.get(username)
    if (!certified || !equal(certified, signatureKey)) {
      throw new ProtocolError('member_unverified', `a key that is said to be ${username}'s is another's`)
    }
    if (draft.pin(username)) draft.notice(keyChanged(username))
    draft.setPin(username, signatureKey)
  }
}

const keyChanged = (username: string) => ({
  code: 'key_changed' as const,
  text: `${username} has another key than before: it is another machine, or its state was lost, or somebody else`,
  username,
})
