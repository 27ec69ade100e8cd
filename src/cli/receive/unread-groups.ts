/**
 * What is new in groups, at a receiver, which shows what is for one alone: that there is something, and how to read it.
 *
 * @module
 */

import type { GroupInfo } from '../../lib/mls/mailbox.ts'
import { commandOf } from '../installed.ts'
import type { Output } from '../terminal/output.ts'

/** Says of each group, once, that something in it is unread; and again when that was read, and more has come. */
export class UnreadGroups {
  readonly #username: string
  readonly #output: Pick<Output, 'event'>
  readonly #told = new Set<string>()

  constructor(username: string, output: Pick<Output, 'event'>) {
    this.#username = username
    this.#output = output
  }

  /** @param groups - as they are now. */
  tell(groups: readonly GroupInfo[]): void {
    for (const { name: group, unread } of groups) {
      if (group === undefined) continue
      if (unread === 0) this.#told.delete(group)
      else if (!this.#told.has(group)) {
        this.#told.add(group)
        const line = `${group}: ${unread} unread; read with: ${commandOf('group')} ${this.#username} read ${group}`
        this.#output.event('unread', { group, count: unread }, line)
      }
    }
  }
}
