/** A principal's mailbox: messages and groups that the KDC stores, end to end encrypted by MLS (RFC 9420). docs/protocol.md §7. */
import { parseGroupName, parseUsername } from '../names.ts'
import {
  allGroups,
  currentIdOf,
  describeGroups,
  endConversation,
  groupNamed,
  markLookedAt,
  requireCurrentId,
  requireLookedAt,
} from './conversations.ts'
import { lastMessages, markShown, unreadMessages, unreadOf } from './history.ts'
import { isAlone, listGroups } from './kdc-answers.ts'
import { addMembers, createGroup, destroyGroup, leaveGroup, notAllowed, removeMembers } from './membership.ts'
import { type MailboxOptions, MlsClient } from './mls-client.ts'
import { encodePayload } from './payload.ts'
import { hasCode } from './refusals.ts'
import { isLost, rejoin, rejoinListed, rejoinLost } from './rejoin.ts'
import { loadMls } from './rfc9420/suite.ts'
import { otherOf, presentIn } from './state/group.ts'
import { MlsStore } from './state/mls-store.ts'
import type { MailMessage } from './state/stored-message.ts'
import { Publisher } from './sync/key-package-publisher.ts'
import { pull } from './sync/pull.ts'
import { sendAllPending, sendMessage } from './sync/send-messages.ts'
import { settleChanges } from './sync/submit-change.ts'
import type { Conversation, GroupInfo, Selection, StoreResult } from './types.ts'

export type { Conversation, GroupInfo, MailboxOptions, MailMessage, Selection }

/**
 * A principal's mailbox.
 *
 * Its methods may be called at any time; they wait for each other. All of them throw, besides what they name: ProtocolError
 * `token_expired` and the like, TransportError and CodecError when the KDC was not reached; and what the `StateStore` throws, after
 * which the mailbox is to be closed. When the KDC was not reached, a change of a group may have happened or not: the next `sync`
 * finds out, and completes it.
 *
 * @example
 * const mailbox = await Mailbox.open({ username: 'alice', post, state })
 * await mailbox.sync()
 * for (const message of await mailbox.unread()) …
 * await mailbox.sendTo('bob', utf8('hello'))
 */
export class Mailbox {
  readonly #client: MlsClient
  readonly #publisher: Publisher
  #last: Promise<unknown> = Promise.resolve()
  #checkedForLost = false

  private constructor(client: MlsClient) {
    this.#client = client
    this.#publisher = new Publisher(client)
  }

  /**
   * Opens the mailbox. The first time, or when the state was lost, it makes an identity and key packages, and takes its place again
   * in the groups that it is in; otherwise it asks nothing of the KDC.
   *
   * @throws ProtocolError `state_damaged` when the identity that is kept cannot be read.
   */
  static async open(options: MailboxOptions): Promise<Mailbox> {
    const client = new MlsClient(await MlsStore.open(await loadMls(), options.state), options)
    const mailbox = new Mailbox(client)
    const isNew = !client.mlsStore.identity?.published
    await mailbox.#publisher.start()
    await client.tellKept()
    if (isNew) await mailbox.sync()
    return mailbox
  }

  /** Fetches what is stored, completes what was begun, rejoins what was lost, and sees to it that others find key packages. */
  sync(): Promise<void> {
    return this.#alone(async () => {
      const { unknown, usedPackage } = await pull(this.#client)
      await settleChanges(this.#client)
      if (!this.#checkedForLost || unknown.size > 0 || this.#hasLost()) await rejoinLost(this.#client)
      this.#checkedForLost = true
      await sendAllPending(this.#client)
      await this.#publisher.replenish(usedPackage)
    })
  }

  #hasLost(): boolean {
    return allGroups(this.#client).some(isLost)
  }

  /** Lets go of the state. Nothing is lost. */
  close(): Promise<void> {
    return this.#alone(() => this.#client.mlsStore.store.close())
  }

  // Messages.

  /**
   * Sends to one other principal, which may be away.
   *
   * @param body - at most 1 MiB. With `kind: 'text'`, UTF-8.
   * @throws ProtocolError `receiver_unknown`, `member_unverified`, `message_too_large`, `invalid_name`, or why the conversation is not
   *   read any more; TransportError `quota_exceeded`. Then it was not sent, and will not be.
   */
  async sendTo(username: string, body: Uint8Array, kind = 'text'): Promise<StoreResult> {
    const payload = this.#payload(body, kind)
    const name = parseUsername(username)
    return this.#alone(async () => {
      const id = await this.#directWith(name)
      try {
        return await sendMessage(this.#client, id, payload)
      } catch (error) {
        if (!hasCode(error, 'group_unknown')) throw error
        // The account of one of us is another than when it began: what is said there cannot be read.
        await endConversation(this.#client, id)
        return sendMessage(this.#client, await this.#directWith(name), payload)
      }
    })
  }

  /**
   * Sends to a group.
   *
   * @throws ProtocolError `group_unknown`; `group_replaced` when another group has this name now, and `lookAt` was not called since;
   *   and as `sendTo`.
   */
  async send(group: string, body: Uint8Array, kind = 'text'): Promise<StoreResult> {
    const payload = this.#payload(body, kind)
    const name = parseGroupName(group)
    return this.#alone(async () => sendMessage(this.#client, await this.#idToSend(name), payload))
  }

  #payload(body: Uint8Array, kind: string): Uint8Array {
    return encodePayload({ kind, sentAt: this.#client.clock(), body })
  }

  /**
   * The id by which the KDC knows a group, for a file that is stored before its note is sent. A conversation of two begins, if there is
   * none yet.
   *
   * @throws as `sendTo` and `send`.
   */
  async conversationId(of: Conversation): Promise<string> {
    const meant = parseConversation(of)
    return this.#alone(async () => {
      const id = 'group' in meant ? await this.#idToSend(meant.group) : await this.#directWith(meant.with)
      return this.#client.active(id).id
    })
  }

  /** How many messages have not been marked as shown. */
  countUnread(of?: Selection): number {
    return unreadOf(this.#client, of && parseSelection(of)).length
  }

  /**
   * The messages that have not been marked as shown, in the order in which the KDC took them.
   *
   * @param of - default: in all groups and conversations.
   * @param limit - how many at most.
   */
  unread(of?: Selection, limit = Number.POSITIVE_INFINITY): Promise<MailMessage[]> {
    return this.#alone(() => unreadMessages(this.#client, of && parseSelection(of), limit))
  }

  /**
   * Marks messages as shown: before they are, so that none is shown twice.
   *
   * @returns how many of them had not been marked.
   */
  markShown(messages: Iterable<Pick<MailMessage, 'position'>>): Promise<number> {
    return this.#alone(() => markShown(this.#client, messages))
  }

  /** The last messages of a conversation, ours too, the oldest first. */
  history(of: Conversation, limit = 100): Promise<MailMessage[]> {
    return this.#alone(() => lastMessages(this.#client, parseConversation(of), limit))
  }

  // Groups.

  /** The groups and conversations, also those that are over. */
  groups(): GroupInfo[] {
    return describeGroups(this.#client)
  }

  /**
   * Who is in a group.
   *
   * @throws ProtocolError `group_unknown`
   */
  members(group: string): string[] {
    return presentIn(groupNamed(this.#client, parseGroupName(group)))
  }

  /**
   * Who is in a group, for a user who sees it: from then on they mean this one by its name.
   *
   * @throws ProtocolError `group_unknown`
   */
  async lookAt(group: string): Promise<string[]> {
    const name = parseGroupName(group)
    return this.#alone(async () => {
      const found = groupNamed(this.#client, name)
      await markLookedAt(this.#client, found)
      return presentIn(found)
    })
  }

  /**
   * Makes a group of which this principal is the admin.
   *
   * @param members - the others; default: none as yet.
   * @throws ProtocolError `group_exists`, `receiver_unknown`, `member_unverified`, `invalid_name`: then there is no group.
   */
  async createGroup(group: string, members: readonly string[] = []): Promise<void> {
    const name = parseGroupName(group)
    const { username } = this.#client
    const others = parseUsernames(members).filter((member) => member !== username)
    return this.#alone(() => createGroup(this.#client, { kind: 'named', name, admin: username }, others))
  }

  /**
   * Adds members, all at once. They read what is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin, `group_unknown`, `receiver_unknown`, `member_unverified`, `invalid_name`
   */
  async add(group: string, usernames: readonly string[]): Promise<void> {
    const [name, names] = [parseGroupName(group), parseUsernames(usernames)]
    return this.#alone(async () => addMembers(this.#client, await this.#idOf(name), names))
  }

  /**
   * Removes members. They read nothing that is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin and for the admin itself, `group_unknown`, `invalid_name`
   */
  async remove(group: string, usernames: readonly string[]): Promise<void> {
    const [name, names] = [parseGroupName(group), parseUsernames(usernames)]
    return this.#alone(async () => removeMembers(this.#client, await this.#idOf(name), names))
  }

  /**
   * Leaves a group. What it said stays readable here.
   *
   * @throws ProtocolError `not_allowed` for the admin, `group_unknown`
   */
  async leave(group: string): Promise<void> {
    const name = parseGroupName(group)
    return this.#alone(async () => leaveGroup(this.#client, await this.#idOf(name)))
  }

  /**
   * Ends a group for all.
   *
   * @throws ProtocolError `not_allowed` for all but the admin, `group_unknown`
   */
  async destroy(group: string): Promise<void> {
    const name = parseGroupName(group)
    return this.#alone(async () => {
      await this.#idOf(name)
      await destroyGroup(this.#client, groupNamed(this.#client, name))
    })
  }

  /**
   * Takes this principal's place in a broken group or conversation again. What was said in the meantime is lost to it.
   *
   * @throws ProtocolError `not_allowed` when it is not broken, `group_unknown`, `member_unverified`, `history_damaged`
   */
  async rejoin(of: Conversation): Promise<void> {
    const meant = parseConversation(of)
    return this.#alone(async () => {
      const id = currentIdOf(this.#client, meant)
      if (id !== undefined && 'with' in meant && meant.with === this.#client.username) {
        await this.#ownId()
        return
      }
      if (id === undefined) return rejoinListed(this.#client, meant)
      // All others would be told that our state was lost.
      if (this.#client.mlsStore.groups.get(id)?.status === 'active') {
        throw notAllowed('it is not broken: there is nothing to rejoin')
      }
      return rejoin(this.#client, id)
    })
  }

  /** Another member may have added us a moment ago. */
  async #idOf(name: string): Promise<string> {
    const known = currentIdOf(this.#client, { group: name })
    if (known !== undefined) return known
    await pull(this.#client)
    await settleChanges(this.#client)
    return groupNamed(this.#client, name).id
  }

  async #idToSend(name: string): Promise<string> {
    const id = await this.#idOf(name)
    requireLookedAt(this.#client, id)
    return id
  }

  async #directWith(name: string): Promise<string> {
    if (name === this.#client.username) return this.#ownId()
    const find = () => currentIdOf(this.#client, { with: name })
    const known = find()
    if (known !== undefined) return known
    // The other one may have begun it.
    await pull(this.#client)
    const begun = find()
    if (begun !== undefined) return begun
    try {
      await createGroup(this.#client, { kind: 'direct' }, [name])
    } catch (error) {
      if (!hasCode(error, 'group_exists')) throw error
      // The other one has begun it meanwhile; or our state was lost.
      if (find() === undefined) await rejoinListed(this.#client, { with: name })
    }
    return requireCurrentId(this.#client, { with: name })
  }

  /**
   * Of the conversation with oneself. One that cannot be read any more is ended, and another begins: no other member is in it, and what
   * describes it is only the KDC's word once our state is lost.
   */
  async #ownId(): Promise<string> {
    const { username, post, mlsStore } = this.#client
    const known = currentIdOf(this.#client, { with: username })
    if (known !== undefined && mlsStore.groups.get(known)?.status === 'active') return known
    if (known !== undefined) await endConversation(this.#client, known)
    for (const listed of (await listGroups(post)).groups) {
      const here = mlsStore.groups.get(listed.group)
      // Another conversation, which the other one has left, is over by itself.
      if (!isAlone(listed, username) || (here && otherOf(here, username) !== username)) continue
      await post('/groups/destroy', { group: listed.group, id: this.#client.newId() })
    }
    await createGroup(this.#client, { kind: 'direct', own: true }, [])
    return requireCurrentId(this.#client, { with: username })
  }

  /** One after the other: each begins with what the last one has written. */
  #alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }
}

function parseSelection(of: Selection): Selection {
  return of === 'direct' ? of : parseConversation(of)
}

function parseConversation(of: Conversation): Conversation {
  return 'group' in of ? { group: parseGroupName(of.group) } : { with: parseUsername(of.with) }
}

const parseUsernames = (usernames: readonly string[]) => [...new Set(usernames.map(parseUsername))]
