/**
 * Making groups, and changing who is in them: who may, and what is asked of the KDC. docs/protocol.md §7.2 and §7.5.
 *
 * @module
 */
import { ProtocolError } from '../errors.ts'
import { isAdmin } from './entries/policy.ts'
import { readInfo } from './kdc-answers.ts'
import { takeKeyPackages } from './keys/key-packages.ts'
import { makeCommit, makeGroup, makeLeave } from './make-commit.ts'
import type { MlsClient } from './mls-client.ts'
import type { GroupDescriptor } from './rfc9420/welcome.ts'
import { type Group, labelOf, presentIn } from './state/group.ts'
import type { Puller } from './sync/puller.ts'
import type { Submitter } from './sync/submitter.ts'

export const notAllowed = (message: string) => new ProtocolError('not_allowed', message)

export class Membership {
  readonly #client: MlsClient
  readonly #puller: Puller
  readonly #submitter: Submitter

  constructor(client: MlsClient, puller: Puller, submitter: Submitter) {
    this.#client = client
    this.#puller = puller
    this.#submitter = submitter
  }

  /** Makes a group, with these others in it from the beginning. */
  async create(charter: GroupDescriptor, others: string[]): Promise<void> {
    const client = this.#client
    await this.#submitter.settleAll()
    const transaction = client.transaction()
    const packages = await takeKeyPackages(transaction, client.post, client.clock, others)
    const id = client.maker.newId()
    const change = await makeGroup(client.maker, transaction.identity, id, charter, packages)
    await this.#submitter.submit(id, change, transaction)
  }

  /** Adds those who are not in it already. */
  add(id: string, usernames: readonly string[]): Promise<void> {
    return this.#submitter.change(id, async (transaction, group) => {
      this.#requireAdmin(group)
      const { post, clock, maker } = this.#client
      const gone = await this.#findGone(group)
      const present = presentIn(group).filter((name) => !gone.includes(name))
      const wanted = usernames.filter((name) => !present.includes(name))
      if (wanted.length === 0) return undefined
      for (const username of gone) {
        const text = `${username} has left the group, or has no account any more, and is taken out`
        transaction.notice({ code: 'member_left', text, ...labelOf(group, this.#client.username), username })
      }
      const packages = await takeKeyPackages(transaction, post, clock, wanted)
      return makeCommit(maker, group, await transaction.state(group), packages, [
        ...group.leaving.keys(),
        ...gone,
      ])
    })
  }

  /** Removes those who are in it, and with them those who have left. */
  remove(id: string, usernames: readonly string[]): Promise<void> {
    return this.#submitter.change(id, async (transaction, group) => {
      this.#requireAdmin(group)
      const { maker, username } = this.#client
      if (usernames.includes(username)) throw notAllowed('the admin cannot be removed: destroy the group')
      const isUnwanted = (member: string) => usernames.includes(member) || group.leaving.has(member)
      const unwanted = group.members.filter(isUnwanted)
      if (unwanted.length === 0) return undefined
      return makeCommit(maker, group, await transaction.state(group), new Map(), unwanted)
    })
  }

  leave(id: string): Promise<void> {
    return this.#submitter.change(id, async (transaction, group) => {
      const { maker, username } = this.#client
      if (isAdmin(group, username)) throw notAllowed('the admin cannot leave: destroy the group')
      return makeLeave(maker, group, await transaction.state(group))
    })
  }

  async destroy(group: Group): Promise<void> {
    this.#requireAdmin(group)
    const { post, maker } = this.#client
    await post('/groups/destroy', { group: group.id, id: maker.newId() })
    await this.#puller.pull(group.id)
  }

  /**
   * Members who have left without a word: their accounts were deleted. Nobody says any more whose their keys are, so that whoever is
   * added could not believe in the group.
   */
  async #findGone(group: Group): Promise<string[]> {
    const { epoch, members } = readInfo(await this.#client.post('/groups/info', { group: group.id }))
    if (epoch !== group.epoch) return []
    return group.members.filter((name) => !members.includes(name) && !group.leaving.has(name))
  }

  #requireAdmin(group: Group): void {
    if (!isAdmin(group, this.#client.username)) throw notAllowed("only the group's admin may do that")
  }
}
