/** What others find of us at the KDC: our identity, and key packages by which they add us. docs/protocol.md §7.1 and §7.8. */
import { equal, toBase64url } from '../../bytes.ts'
import { readCount, readIdentities } from '../kdc-answers.ts'
import { addKeyPackages, forgetExpired } from '../keys/key-packages.ts'
import type { MlsClient } from '../mls-client.ts'
import { hasCode } from '../refusals.ts'
import { makeIdentity } from '../state/identity.ts'

export const FIRST_PACKAGES = 50
export const FEWEST_PACKAGES = 20
export const PACKAGES_AT_ONCE = 50
/** What the KDC keeps of one principal (docs/protocol.md §7.1). */
const MOST_PACKAGES = 200
/** How often key packages are counted without a reason, and made anew because the old ones age. */
export const COUNT_SEC = 600
export const REFRESH_SEC = 30 * 24 * 3600

export class Publisher {
  readonly #client: MlsClient
  #countAt = 0
  #isReplaced = false

  constructor(client: MlsClient) {
    this.#client = client
  }

  /** Makes an identity, unless there is one, and sees to it that the KDC has it. */
  async start(): Promise<void> {
    const client = this.#client
    if (!client.mlsStore.identity) {
      const made = await makeIdentity(client.mls)
      await client.update((transaction) => {
        transaction.identity = made
      })
    }
    const { identity } = client.transaction()
    if (identity.published) return
    await this.#putIdentity(identity.publicKey)
    try {
      await this.#publish(FIRST_PACKAGES)
    } catch (error) {
      if (!hasCode(error, 'quota_exceeded')) throw error
      // Earlier ones were taken, and we were not told.
      await this.#publish(Math.min(FIRST_PACKAGES, MOST_PACKAGES - (await this.#count())))
    }
  }

  /** Makes more key packages when few are left, or old, or the last resort was used. */
  async replenish(usedPackage: boolean): Promise<void> {
    const client = this.#client
    if (this.#isReplaced) return
    const now = client.clock()
    const { refreshedAt, lastResortUsed } = client.transaction().identity
    const isDue = lastResortUsed || refreshedAt + REFRESH_SEC < now
    if (!isDue && !usedPackage && this.#countAt + COUNT_SEC > now) return
    const count = await this.#count()
    this.#countAt = now
    // What there is no room for would be refused, and the last resort with it.
    const room = MOST_PACKAGES - count
    if (!isDue && count >= FEWEST_PACKAGES) return
    const { publicKey } = client.transaction().identity
    const known = await this.#knownKey()
    // An account that was made anew.
    if (!known) await this.#putIdentity(publicKey)
    this.#isReplaced = known !== undefined && !equal(known, publicKey)
    // Packages under an old key would keep others from reaching the new one.
    if (!this.#isReplaced) return this.#publish(Math.min(PACKAGES_AT_ONCE, room))
    const text =
      'you have logged in elsewhere, or without this state, and others know you there: nobody can add you here'
    await client.tell({ code: 'identity_replaced', text })
  }

  async #count(): Promise<number> {
    const { count } = readCount(await this.#client.post('/key-packages/count', {}))
    return Math.min(count, MOST_PACKAGES)
  }

  /** The key under which others find us. */
  async #knownKey(): Promise<Uint8Array | undefined> {
    const { username, post } = this.#client
    const { identities } = readIdentities(await post('/identity/find', { usernames: [username] }))
    return identities.find((identity) => identity.username === username)?.signature_key
  }

  async #putIdentity(publicKey: Uint8Array): Promise<void> {
    await this.#client.post('/identity/put', { signature_key: toBase64url(publicKey) })
  }

  /** Puts new key packages, and a new last resort: kept here first, so that none is handed out that we cannot open. */
  async #publish(count: number): Promise<void> {
    const { username, clock, post } = this.#client
    const transaction = this.#client.transaction()
    const packages = await addKeyPackages(transaction, username, clock, count, false)
    const [last_resort] = await addKeyPackages(transaction, username, clock, 1, true)
    await forgetExpired(transaction, clock)
    await transaction.write()
    // With the key, they are refused when it is not ours any more.
    const signature_key = toBase64url(transaction.identity.publicKey)
    await post('/key-packages/put', { packages, last_resort, signature_key })
    await this.#client.update((done) => {
      done.identity = { ...done.identity, published: true, refreshedAt: clock(), lastResortUsed: false }
    })
  }
}
