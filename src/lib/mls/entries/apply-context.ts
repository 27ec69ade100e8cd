/**
 * What the entries of one page of the mailbox are applied with.
 *
 * @module
 */

import type { Mls } from '../rfc9420/suite.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { PostToKdc } from '../types.ts'

export interface ApplyContext {
  readonly mls: Mls
  readonly username: string
  readonly post: PostToKdc
  readonly transaction: Transaction
  /** The group that we have just asked the KDC to destroy. */
  readonly destroying?: string | undefined
  /** Groups that we are told of and know nothing about. */
  readonly unknown: Set<string>
  /** Everything is fetched once more: what was processed before is passed over. */
  readonly again: boolean
  /** Whether we joined a group by one of our key packages. */
  usedPackage: boolean
}
