/**
 * What all work on one principal's groups shares: what is kept, how the KDC is asked, who is told. One piece of work at a time: the
 * caller makes sure of that.
 */
import { toBase64url } from '../bytes.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type RandomBytes, secureRandomBytes } from '../crypto/random.ts'
import { ProtocolError } from '../errors.ts'
import { parseUsername } from '../names.ts'
import type { ApplyContext } from './entries/apply-context.ts'
import type { Notice, OnNotice } from './notices.ts'
import type { Mls } from './rfc9420/suite.ts'
import { KEYS } from './state/framing.ts'
import type { Group } from './state/group.ts'
import { type MlsStore, Transaction } from './state/mls-store.ts'
import type { StateStore } from './state-store.ts'
import type { PostToKdc } from './types.ts'

const ID_BYTES = 16
/** While pages follow each other, so many notices wait for what comes, which may be the same again. */
const MAX_KEPT_NOTICES = 100

/** What a mailbox is opened with. */
export interface MailboxOptions {
  /** Whose it is. */
  readonly username: string
  /** How requests reach the KDC: sealed, with `body.id` as the envelope's. */
  readonly post: PostToKdc
  /** Of this principal at this KDC, and used by no other mailbox at the same time. */
  readonly state: StateStore
  /** The KDC's clock. Default: the system's. */
  readonly clock?: Clock
  /** Where randomness comes from. Default: the system's. */
  readonly randomBytes?: RandomBytes
  /** Hears what a person should be told besides messages. */
  readonly onNotice?: OnNotice
}

export class MlsClient {
  readonly mlsStore: MlsStore
  readonly mls: Mls
  readonly username: string
  readonly post: PostToKdc
  readonly clock: Clock
  /** A fresh `id` for a group or a request. */
  readonly newId: () => string
  readonly #onNotice: OnNotice
  /** Up to where in the mailbox the KDC knows that we have all. */
  acknowledged = -1
  /** Whether all was fetched from the beginning once: see `pullAgain`. */
  hasPulledAgain = false

  constructor(
    mlsStore: MlsStore,
    {
      username,
      post,
      clock = systemClock,
      randomBytes = secureRandomBytes,
      onNotice = () => {},
    }: MailboxOptions,
  ) {
    this.mlsStore = mlsStore
    this.mls = mlsStore.mls
    this.username = parseUsername(username)
    this.post = post
    this.clock = clock
    this.newId = () => toBase64url(randomBytes(ID_BYTES))
    this.#onNotice = onNotice
  }

  transaction(): Transaction {
    return new Transaction(this.mlsStore)
  }

  context(transaction: Transaction): ApplyContext {
    const { mls, username, post } = this
    const found = { unknown: new Set<string>(), usedPackage: false }
    return { mls, suite: mls.suite, username, post, transaction, ...found, again: false }
  }

  /**
   * Writes a transaction, and tells what it had to tell.
   *
   * @param more - whether others follow soon: then it is kept to be told with theirs, up to a number of notices.
   */
  async write(transaction: Transaction, { more = false } = {}): Promise<void> {
    await transaction.write()
    if (!more || this.mlsStore.notices.size > MAX_KEPT_NOTICES) await this.tellKept()
  }

  /** Tells what is to be told, and then forgets it: told twice after a crash in between, never not at all. */
  async tellKept(): Promise<void> {
    const { notices } = this.mlsStore
    if (notices.size === 0) return
    const told = [...notices].sort(([a], [b]) => a - b)
    for (const [, notice] of told) this.#onNotice(notice)
    await this.mlsStore.keep(new Map(told.map(([number]) => [KEYS.notice(number), null])))
    for (const [number] of told) notices.delete(number)
  }

  /** Makes changes in a transaction of their own. */
  update(change: (transaction: Transaction) => void): Promise<void> {
    const transaction = this.transaction()
    change(transaction)
    return this.write(transaction)
  }

  tell(notice: Notice): Promise<void> {
    return this.update((transaction) => transaction.notice(notice))
  }

  /**
   * A group that we are in and can read.
   *
   * @throws ProtocolError `group_unknown`; or why it is broken.
   */
  active(id: string): Group {
    const group = this.mlsStore.groups.get(id)
    if (group?.status === 'active') return group
    if (group?.status === 'broken') {
      throw new ProtocolError(group.reason ?? 'state_damaged', 'the group is not read any more: rejoin it')
    }
    throw new ProtocolError('group_unknown', 'there is no such group, or you are not in it any more')
  }
}
