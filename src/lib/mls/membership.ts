/**
 * Making groups, and changing who is in them: who may, and what is asked of the KDC. docs/protocol.md §7.2 and §7.5.
 *
 * @module
 */
import { ProtocolError } from '../errors.ts'
import { makeCommit, makeGroup, makeLeave } from './changes.ts'
import type { MlsClient } from './client.ts'
import { type Group, presentIn } from './group.ts'
import type { Charter } from './joinable.ts'
import { takeKeyPackages } from './key-packages.ts'
import { isAdmin } from './policy.ts'
import type { Puller } from './puller.ts'
import type { Submitter } from './submitter.ts'

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
  async create(charter: Charter, others: string[]): Promise<void> {
    const client = this.#client
    await this.#submitter.settleAll()
    const draft = client.draft()
    const packages = await takeKeyPackages(draft, client.post, client.clock, others)
    const id = client.maker.newId()
    const change = await makeGroup(client.maker, draft.identity, id, charter, packages)
    await this.#submitter.submit(id, change, draft)
  }

  /** Adds those who are not in it already. */
  add(id: string, usernames: readonly string[]): Promise<void> {
    return this.#submitter.change(id, async (draft, group) => {
      this.#requireAdmin(group)
      const { post, clock, maker } = this.#client
      const wanted = usernames.filter((name) => !presentIn(group).includes(name))
      if (wanted.length === 0) return undefined
      const packages = await takeKeyPackages(draft, post, clock, wanted)
      return makeCommit(maker, group, await draft.state(group), packages, [...group.leaving.keys()])
    })
  }

  /** Removes those who are in it, and with them those who have left. */
  remove(id: string, usernames: readonly string[]): Promise<void> {
    return this.#submitter.change(id, async (draft, group) => {
      this.#requireAdmin(group)
      const { maker, username } = this.#client
      if (usernames.includes(username)) throw notAllowed('the admin cannot be removed: destroy the group')
      const isUnwanted = (member: string) => usernames.includes(member) || group.leaving.has(member)
      const unwanted = group.members.filter(isUnwanted)
      if (unwanted.length === 0) return undefined
      return makeCommit(maker, group, await draft.state(group), new Map(), unwanted)
    })
  }

  leave(id: string): Promise<void> {
    return this.#submitter.change(id, async (draft, group) => {
      const { maker, username } = this.#client
      if (isAdmin(group, username)) throw notAllowed('the admin cannot leave: destroy the group')
      return makeLeave(maker, group, await draft.state(group))
    })
  }

  async destroy(group: Group): Promise<void> {
    this.#requireAdmin(group)
    const { post, maker } = this.#client
    await post('/groups/destroy', { group: group.id, id: maker.newId() })
    await this.#puller.pull()
  }

  #requireAdmin(group: Group): void {
    if (!isAdmin(group, this.#client.username)) throw notAllowed("only the group's admin may do that")
  }
}
