/**
 * Bringing changes of groups to the KDC, until it is known what became of them. docs/protocol.md §7.8.
 *
 * @module
 */
import { ProtocolError } from '../../errors.ts'
import { adopt } from '../entries/adopt.ts'
import { endlessList, type ListedGroup, listGroups } from '../group-list.ts'
import { readStored } from '../kdc-answers.ts'
import { burnHandshakeKey } from '../make-commit.ts'
import type { MlsClient } from '../mls-client.ts'
import { hasCode, isolated, isRefusal } from '../refusals.ts'
import { type Group, labelOf } from '../state/group.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { Change } from '../state/pending.ts'
import type { Puller } from './puller.ts'

/** How often something is tried against others who change the same group. */
export const MAX_TRIES = 8

export const tooManyTries = () =>
  new ProtocolError('epoch_passed', 'others change the group all the time: try again later')

export class Submitter {
  readonly #client: MlsClient
  readonly #puller: Puller

  constructor(client: MlsClient, puller: Puller) {
    this.#client = client
    this.#puller = puller
  }

  /**
   * Keeps a change, and brings it to the KDC.
   *
   * @returns whether it happened; otherwise somebody else was first, and it may be made anew.
   * @throws what the KDC refuses it by; or, when that is unknown, why the KDC was not reached.
   */
  async submit(
    id: string,
    change: Change,
    transaction: Transaction = this.#client.transaction(),
  ): Promise<boolean> {
    transaction.setChange(id, change)
    await this.#client.write(transaction)
    return this.settle(id)
  }

  /** Finds out what became of a change that was begun, by asking for it once more. Without one, it is settled. */
  async settle(id: string): Promise<boolean> {
    const change = this.#client.mlsStore.changes.get(id)
    if (!change) return true
    let stored: ReturnType<typeof readStored>
    try {
      stored = readStored(await this.#client.post(change.path, change.body))
    } catch (error) {
      if (!isRefusal(error)) throw error
      return this.#refused(id, change, error)
    }
    if (change.payload === undefined) await this.#adoptNow(id, change, stored.seq)
    else await this.#puller.pullUpTo(stored.position)
    if (this.#client.mlsStore.changes.get(id) === change) {
      throw new ProtocolError(
        'history_damaged',
        'the KDC has taken a change of the group and does not show it',
      )
    }
    return true
  }

  /** Refused: because it has happened already, or somebody else was first, or for good. */
  async #refused(id: string, change: Change, error: Error): Promise<boolean> {
    await this.#puller.pull()
    if (this.#client.mlsStore.changes.get(id) !== change) return true
    if (change.payload === undefined && (await this.#isListed(id))) {
      await this.#adoptNow(id, change, 0)
      return true
    }
    const transaction = this.#client.transaction()
    transaction.setChange(id, null)
    const group = transaction.group(id)
    if (group?.status === 'active' && group.epoch === change.epoch) {
      transaction.setState(
        id,
        await burnHandshakeKey(this.#client.mlsStore.mls, await transaction.state(group)),
      )
    }
    await transaction.write()
    if (hasCode(error, 'epoch_passed')) return false
    throw error
  }

  async #isListed(id: string): Promise<boolean> {
    const isIt = ({ group }: ListedGroup) => group === id
    const { groups, isComplete } = await listGroups(this.#client.post, isIt)
    if (groups.some(isIt)) return true
    if (!isComplete) throw endlessList()
    return false
  }

  /** A group without members begins without an entry. */
  async #adoptNow(id: string, change: Change, seq: number): Promise<void> {
    const transaction = this.#client.transaction()
    await adopt(
      this.#client.context(transaction),
      { group: id, seq, epoch: change.epoch, added: [], removed: [] },
      change,
    )
    await this.#client.write(transaction)
  }

  /**
   * Makes a change until it happens, against others who change the group too.
   *
   * @param make - makes it, from the group as it then is; `undefined` when there is nothing left to change.
   * @throws ProtocolError `epoch_passed` after many tries, and what `make` and `submit` throw.
   */
  async change(
    id: string,
    make: (transaction: Transaction, group: Group) => Promise<Change | undefined>,
  ): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await this.settle(id)
      const transaction = this.#client.transaction()
      const change = await make(transaction, this.#client.active(id))
      if (!change || (await this.submit(id, change, transaction))) return
    }
    throw tooManyTries()
  }

  /** Brings to an end the changes that were begun, in every group. */
  async settleAll(): Promise<void> {
    for (const id of [...this.#client.mlsStore.changes.keys()]) {
      await isolated(
        () => this.settle(id),
        async (error) => {
          const group = this.#client.mlsStore.groups.get(id)
          const label = group ? labelOf(group, this.#client.username) : {}
          const text = `a change of a group was not made: ${error.message}`
          await this.#client.tell({ code: 'change_refused', text, ...label, reason: error.code })
        },
      )
    }
  }
}
