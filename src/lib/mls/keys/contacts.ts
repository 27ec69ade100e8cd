/** Whose key is whose. The KDC says it (RFC 9420 §3's authentication service); we remember, and say so when it changes. */
import { equal } from '../../bytes.ts'
import { ProtocolError } from '../../errors.ts'
import { MAX_NAMES, readIdentities } from '../kdc-answers.ts'
import type { Leaf } from '../rfc9420/tree.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { PostToKdc } from '../types.ts'

/** A key that claims to be a principal's. */
export type Claim = Pick<Leaf, 'username' | 'signatureKey'>

/** What the KDC says of a principal: the key that is its now, and those that were. */
interface Identities {
  readonly current: Uint8Array
  readonly earlier: Uint8Array[]
}

/** Those without an identity are not in the answer. */
async function findIdentities(post: PostToKdc, usernames: string[]): Promise<Map<string, Identities>> {
  const found = new Map<string, Identities>()
  for (let start = 0; start < usernames.length; start += MAX_NAMES) {
    const some = usernames.slice(start, start + MAX_NAMES)
    for (const identity of readIdentities(await post('/identity/find', { usernames: some })).identities) {
      const earlier = identity.earlier.map((past) => past.signature_key)
      found.set(identity.username, { current: identity.signature_key, earlier })
    }
  }
  return found
}

/**
 * Judges keys: each must be the one under which we know the principal, or else the identity that the KDC names now, which we then
 * remember in its place, and say so.
 *
 * @param earlier - whether it may also be one that was the principal's identity: in a group it is, until the principal has come back
 *   with the new one, and for a member that reads the group's entries late. Never in a key package.
 * @throws ProtocolError `member_unverified`; whatever `post` throws.
 */
export async function judgeKeys(
  transaction: Transaction,
  post: PostToKdc,
  claims: Claim[],
  earlier: boolean,
): Promise<void> {
  const unknown = claims.filter(
    ({ username, signatureKey }) => !isEqual(transaction.pins.get(username), signatureKey),
  )
  if (unknown.length === 0) return
  const found = await findIdentities(
    post,
    unknown.map(({ username }) => username),
  )
  for (const { username, signatureKey } of unknown) {
    const identities = found.get(username)
    if (isEqual(identities?.current, signatureKey)) {
      if (transaction.pins.get(username)) transaction.notice(keyChanged(username))
      transaction.pins.set(username, signatureKey.slice())
    } else if (earlier && identities?.earlier.some((key) => equal(key, signatureKey))) {
      // Not the key that we know: told, lest the KDC passes a key of its own off as an old one.
      if (transaction.pins.get(username)) transaction.notice(keyChanged(username))
      else transaction.pins.set(username, signatureKey.slice())
    } else {
      throw new ProtocolError('member_unverified', `a key that is said to be ${username}'s is another's`)
    }
  }
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && equal(a, b)
}

const keyChanged = (username: string) => ({
  code: 'key_changed' as const,
  text: `${username} comes with another key: the state was lost, or this is another machine, or an impostor`,
  username,
})
