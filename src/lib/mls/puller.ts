/**
 * Fetching what waits: page by page, applied, kept, and then acknowledged. docs/protocol.md §7.8.
 *
 * @module
 */
import { turn } from '../turn.ts'
import { readPage } from './answers.ts'
import { applyEntry } from './apply-entry.ts'
import type { MlsClient } from './client.ts'

/** What is written at once, while the event loop stands still: for about the time of a picture on a screen. */
const PAGE_ENTRIES = 200

/** What a pull has found besides what it kept. */
export interface Pulled {
  /** Groups that we are told of and know nothing about. */
  readonly unknown: Set<string>
  /** Whether we joined a group by one of our key packages. */
  readonly usedPackage: boolean
}

export class Puller {
  readonly #client: MlsClient
  #acknowledged = -1

  constructor(client: MlsClient) {
    this.#client = client
  }

  /**
   * Fetches and applies all that waits.
   *
   * @param destroying - the group that we have just asked the KDC to destroy.
   */
  async pull(destroying?: string): Promise<Pulled> {
    const client = this.#client
    const unknown = new Set<string>()
    let usedPackage = false
    for (let more = true; more; ) {
      const after = client.vault.cursor
      const page = readPage(await client.post('/mailbox', { after, limit: PAGE_ENTRIES }))
      const draft = client.draft()
      const intake = { ...client.intake(draft), unknown, destroying }
      for (const entry of page.entries) {
        await applyEntry(intake, entry)
        await turn()
      }
      usedPackage ||= intake.usedPackage
      await client.write(draft)
      await this.#acknowledge()
      more = page.more && client.vault.cursor > after
    }
    return { unknown, usedPackage }
  }

  async #acknowledge(): Promise<void> {
    const { vault, post } = this.#client
    const { cursor } = vault
    if (cursor === 0 || this.#acknowledged === cursor) return
    await post('/mailbox/ack', { position: cursor })
    this.#acknowledged = cursor
  }
}
