/**
 * Which group is meant: by its name, or by the other one of a conversation of two.
 *
 * @module
 */
import { ProtocolError } from '../errors.ts'
import { left } from './entries/group-endings.ts'
import type { Conversation, GroupInfo, Selection } from './group-info.ts'
import type { MlsClient } from './mls-client.ts'
import { type Group, otherOf, presentIn } from './state/group.ts'

export class Conversations {
  readonly #client: MlsClient

  constructor(client: MlsClient) {
    this.#client = client
  }

  /** All, also those that are over. */
  all(): Group[] {
    return [...this.#client.mlsStore.groups.values()]
  }

  /** All, for who asks. Names come again: what is counted is counted by id. */
  describe(): GroupInfo[] {
    const unread = new Map<string, number>()
    for (const id of this.#client.mlsStore.unread.values()) unread.set(id, (unread.get(id) ?? 0) + 1)
    return this.all().map((group) => this.#describe(group, unread.get(group.id) ?? 0))
  }

  #describe(group: Group, unread: number): GroupInfo {
    const { charter, status, reason } = group
    const other = otherOf(group, this.#client.username)
    return {
      ...(charter?.kind === 'named' && { name: charter.name, admin: charter.admin }),
      ...(other !== undefined && { with: other }),
      status,
      ...(reason !== undefined && { reason }),
      members: presentIn(group),
      unread,
    }
  }

  /** The ids of a conversation, of which there may have been several one after the other. */
  idsOf(of: Selection): string[] {
    const isMeant = (group: Group) => {
      const other = otherOf(group, this.#client.username)
      if (of === 'direct') return other !== undefined
      return 'group' in of ? isNamed(group, of.group) : other === of.with
    }
    return this.all()
      .filter(isMeant)
      .map(({ id }) => id)
  }

  /** The one that we are in, whether we can read it or not. */
  currentIdOf(of: Conversation): string | undefined {
    return this.idsOf(of).find((id) => this.#isCurrent(id))
  }

  /**
   * A group by name: the one that we are in, or else one that we were in.
   *
   * @throws ProtocolError `group_unknown`
   */
  named(name: string): Group {
    const groups = this.all().filter((group) => isNamed(group, name))
    const group = groups.find(({ id }) => this.#isCurrent(id)) ?? groups.at(-1)
    if (!group) throw groupUnknown()
    return group
  }

  /**
   * A group by name, when somebody who means another may be about to speak in it.
   *
   * @throws ProtocolError `group_replaced`
   */
  requireLookedAt(id: string): void {
    const group = this.#client.mlsStore.groups.get(id)
    if (group?.status !== 'active' || group.formerAdmin === undefined) return
    throw new ProtocolError(
      'group_replaced',
      `the group is not ${group.formerAdmin}'s of this name, but another: see who is in it before you send to it`,
    )
  }

  /** Somebody has looked who is in a group. */
  async lookedAt({ id, formerAdmin }: Group): Promise<void> {
    if (formerAdmin === undefined) return
    const transaction = this.#client.transaction()
    const group = transaction.group(id)
    if (group) transaction.setGroup({ ...group, formerAdmin: undefined })
    await this.#client.write(transaction)
  }

  /** Lets go of one that nobody else is in any more. */
  async end(id: string): Promise<void> {
    const transaction = this.#client.transaction()
    const group = transaction.group(id)
    if (group) left(this.#client.context(transaction), group)
    await this.#client.write(transaction)
  }

  #isCurrent(id: string): boolean {
    const status = this.#client.mlsStore.groups.get(id)?.status
    return status === 'active' || status === 'broken'
  }
}

export const groupUnknown = () => new ProtocolError('group_unknown', 'there is no such group')

const isNamed = (group: Group, name: string) => group.charter?.kind === 'named' && group.charter.name === name
