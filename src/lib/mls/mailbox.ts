/**
 * A principal's mailbox: messages and groups that wait at the KDC, end to end encrypted by MLS (RFC 9420). docs/stored.md.
 *
 * @module
 */

import * as v from 'valibot'
import { fromUtf8 } from '../bytes.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type ProtocolCode, ProtocolError } from '../errors.ts'
import { parseUsername } from '../names.ts'
import { type RandomBytes, secureRandomBytes } from '../random.ts'
import type { Post } from './answers.ts'
import { makeCommit, makeGroup, makeLeave } from './changes.ts'
import { Engine, type Sent } from './engine.ts'
import { decodeFrame } from './framing.ts'
import { type Group, type GroupStatus, otherOf, presentIn } from './group.ts'
import type { Charter } from './joinable.ts'
import { takeKeyPackages } from './key-packages.ts'
import { KEYS } from './keys.ts'
import { decodeStored, type StoredMessage } from './messages.ts'
import type { OnNotice } from './notices.ts'
import { encodePayload } from './payload.ts'
import { isAdmin } from './policy.ts'
import { hasCode } from './refusals.ts'
import type { StateStore } from './state-store.ts'
import { loadMls } from './suite.ts'

export interface MailboxOptions {
  readonly username: string
  /** How requests reach the KDC: sealed, with `body.id` as the envelope's. */
  readonly post: Post
  /** Of this principal at this KDC, and of nobody else at the same time. */
  readonly state: StateStore
  /** The KDC's clock. Default: the system's. */
  readonly clock?: Clock
  readonly randomBytes?: RandomBytes
  readonly onNotice?: OnNotice
}

/** A conversation: a group by its name, or with one other. */
export type Conversation = { readonly group: string } | { readonly with: string }

export interface GroupInfo {
  /** Of a named group. */
  readonly name?: string
  readonly admin?: string
  /** The other one of a conversation of two. */
  readonly with?: string
  readonly status: GroupStatus
  /** Why it is broken. */
  readonly reason?: ProtocolCode
  readonly members: string[]
}

/** A message to be shown. */
export interface MailMessage extends Omit<StoredMessage, 'group'> {
  /** The group's name; none in a conversation of two. */
  readonly group?: string
  /** The other one of a conversation of two. */
  readonly with?: string
}

const UnreadSchema = v.object({ key: v.string() })

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
  readonly #engine: Engine
  readonly #state: StateStore
  readonly #clock: Clock
  #last: Promise<unknown> = Promise.resolve()
  #checkedForLost = false

  private constructor(engine: Engine, options: MailboxOptions) {
    this.#engine = engine
    this.#state = options.state
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Opens the mailbox. The first time, or when the state was lost, it makes an identity and key packages, and takes its place again
   * in the groups that it is in; otherwise it asks nothing of the KDC.
   *
   * @throws ProtocolError `state_damaged` when the identity that is kept cannot be read.
   */
  static async open(options: MailboxOptions): Promise<Mailbox> {
    const engine = await Engine.open(await loadMls(), {
      username: parseUsername(options.username),
      post: options.post,
      state: options.state,
      clock: options.clock ?? systemClock,
      randomBytes: options.randomBytes ?? secureRandomBytes,
      onNotice: options.onNotice ?? (() => {}),
    })
    const mailbox = new Mailbox(engine, options)
    const isNew = !engine.vault.identity?.published
    await engine.start()
    if (isNew) await mailbox.sync()
    return mailbox
  }

  /** Fetches what waits, completes what was begun, rejoins what was lost, and sees to it that others find key packages. */
  sync(): Promise<void> {
    return this.#alone(async () => {
      const { unknown, usedPackage } = await this.#engine.pull()
      await this.#engine.settleAll()
      if (!this.#checkedForLost || unknown.size > 0 || this.#hasDamaged()) await this.#engine.rejoinLost()
      this.#checkedForLost = true
      await this.#engine.flushAll()
      await this.#engine.replenish(usedPackage)
    })
  }

  #hasDamaged(): boolean {
    return this.#groups().some(({ status, reason }) => status === 'broken' && reason === 'state_damaged')
  }

  /** Lets go of the state. Nothing is lost. */
  close(): Promise<void> {
    return this.#alone(() => this.#state.close())
  }

  // Messages.

  /**
   * Sends to one other, who may be away.
   *
   * @param body - at most 1 MiB. With `kind: 'text'`, UTF-8.
   * @throws ProtocolError `receiver_unknown`, `member_unverified`, `message_too_large`, `invalid_name`, or why the conversation is not
   *   read any more; TransportError `quota_exceeded`. Then it was not sent, and will not be.
   */
  async sendTo(username: string, body: Uint8Array, kind = 'text'): Promise<Sent> {
    const payload = this.#payload(body, kind)
    const name = parseUsername(username)
    return this.#alone(async () => this.#engine.send(await this.#directWith(name), payload))
  }

  /**
   * Sends to a group.
   *
   * @throws ProtocolError `group_unknown` and as `sendTo`.
   */
  async send(group: string, body: Uint8Array, kind = 'text'): Promise<Sent> {
    const payload = this.#payload(body, kind)
    const name = parseUsername(group)
    return this.#alone(async () => this.#engine.send(await this.#idOf(name), payload))
  }

  /**
   * The id by which the KDC knows a group, for a file that is stored before its note is sent. A conversation of two begins, if there is
   * none yet.
   *
   * @throws as `sendTo` and `send`.
   */
  async conversationId(of: Conversation): Promise<string> {
    return this.#alone(async () => {
      const id =
        'group' in of
          ? await this.#idOf(parseUsername(of.group))
          : await this.#directWith(parseUsername(of.with))
      return this.#engine.active(id).id
    })
  }

  #payload(body: Uint8Array, kind: string): Uint8Array {
    return encodePayload({ kind, sentAt: this.#clock(), body })
  }

  /** The messages that have not been marked as shown, in the order in which the KDC took them. */
  async unread(only?: Conversation): Promise<MailMessage[]> {
    return this.#alone(async () => {
      const messages: MailMessage[] = []
      const groups = only && new Set(this.#idsOf(only))
      for (const key of (await this.#state.list('unread/')).sort()) {
        const pointer = await this.#state.get(key)
        const message = pointer && (await this.#readMessage(decodeFrame(UnreadSchema, pointer).header.key))
        if (message && (!groups || groups.has(message.group))) messages.push(this.#toShow(message))
      }
      return messages
    })
  }

  /** Marks messages as shown: before they are, so that none is shown twice. */
  markShown(messages: Iterable<Pick<MailMessage, 'position'>>): Promise<void> {
    return this.#alone(() =>
      this.#engine.vault.keep(new Map([...messages].map(({ position }) => [KEYS.unread(position), null]))),
    )
  }

  /** The last messages of a conversation, ours too, the oldest first. */
  async history(of: Conversation, limit = 100): Promise<MailMessage[]> {
    return this.#alone(async () => {
      const keys: { key: string; position: string }[] = []
      for (const id of this.#idsOf(of)) {
        for (const key of await this.#state.list(KEYS.messages(id))) {
          keys.push({ key, position: key.slice(KEYS.messages(id).length) })
        }
      }
      keys.sort((a, b) => (a.position < b.position ? -1 : 1))
      const last = limit > 0 ? keys.slice(-limit) : []
      const messages = await Promise.all(last.map(({ key }) => this.#readMessage(key)))
      return messages.filter((message) => message !== undefined).map((message) => this.#toShow(message))
    })
  }

  async #readMessage(key: string): Promise<StoredMessage | undefined> {
    const bytes = await this.#state.get(key)
    return bytes && decodeStored(bytes)
  }

  #toShow({ group: id, ...message }: StoredMessage): MailMessage {
    const group = this.#engine.vault.groups.get(id)
    if (group?.charter?.kind === 'named') return { ...message, group: group.charter.name }
    const other = group && otherOf(group, this.#engine.username)
    return other === undefined ? message : { ...message, with: other }
  }

  // Groups.

  /** The groups and conversations, also those that are over. */
  groups(): GroupInfo[] {
    return this.#groups().map((group) => this.#describe(group))
  }

  /**
   * Who is in a group.
   *
   * @throws ProtocolError `group_unknown`
   */
  members(group: string): string[] {
    return presentIn(this.#named(parseUsername(group)))
  }

  #describe(group: Group): GroupInfo {
    const { charter, status, reason } = group
    const other = otherOf(group, this.#engine.username)
    return {
      ...(charter?.kind === 'named' && { name: charter.name, admin: charter.admin }),
      ...(other !== undefined && { with: other }),
      status,
      ...(reason !== undefined && { reason }),
      members: presentIn(group),
    }
  }

  /**
   * Makes a group of which this principal is the admin, and as yet the only member.
   *
   * @throws ProtocolError `group_exists`, `invalid_name`
   */
  async createGroup(group: string): Promise<void> {
    const name = parseUsername(group)
    return this.#alone(() => {
      const charter: Charter = { kind: 'named', name, admin: this.#engine.username }
      return this.#create(charter, [])
    })
  }

  async #create(charter: Charter, others: string[]): Promise<void> {
    const engine = this.#engine
    await engine.settleAll()
    const draft = engine.draft()
    const packages = await takeKeyPackages(draft, this.#post, this.#clock, others)
    const id = engine.newGroupId()
    const change = await makeGroup(engine.maker, draft.identity, id, charter, packages)
    await engine.submit(id, change, draft)
  }

  readonly #post: Post = (path, body) => this.#engine.post(path, body)

  /**
   * Adds members, all at once. They read what is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin, `group_unknown`, `receiver_unknown`, `member_unverified`, `invalid_name`
   */
  add(group: string, usernames: readonly string[]): Promise<void> {
    return this.#change(group, usernames, async (draft, current, names) => {
      this.#requireAdmin(current)
      const wanted = names.filter((name) => !presentIn(current).includes(name))
      if (wanted.length === 0) return undefined
      const packages = await takeKeyPackages(draft, this.#post, this.#clock, wanted)
      const state = await draft.state(current)
      return makeCommit(this.#engine.maker, current, state, packages, [...current.leaving.keys()])
    })
  }

  /**
   * Removes members. They read nothing that is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin and for the admin itself, `group_unknown`, `invalid_name`
   */
  remove(group: string, usernames: readonly string[]): Promise<void> {
    return this.#change(group, usernames, async (draft, current, names) => {
      this.#requireAdmin(current)
      if (names.includes(this.#engine.username))
        throw notAllowed('the admin cannot be removed: destroy the group')
      const unwanted = current.members.filter(
        (member) => names.includes(member) || current.leaving.has(member),
      )
      if (unwanted.length === 0) return undefined
      return makeCommit(this.#engine.maker, current, await draft.state(current), new Map(), unwanted)
    })
  }

  /**
   * Leaves a group. What it said stays readable here.
   *
   * @throws ProtocolError `not_allowed` for the admin, `group_unknown`
   */
  leave(group: string): Promise<void> {
    return this.#change(group, [], async (draft, current) => {
      if (isAdmin(current, this.#engine.username))
        throw notAllowed('the admin cannot leave: destroy the group')
      return makeLeave(this.#engine.maker, current, await draft.state(current))
    })
  }

  /**
   * Ends a group for all.
   *
   * @throws ProtocolError `not_allowed` for all but the admin, `group_unknown`
   */
  async destroy(group: string): Promise<void> {
    const name = parseUsername(group)
    return this.#alone(async () => {
      const id = await this.#idOf(name)
      this.#requireAdmin(this.#named(name))
      await this.#engine.post('/groups/destroy', { group: id, id: this.#engine.maker.newId() })
      await this.#engine.pull()
    })
  }

  /**
   * Takes this principal's place in a broken group or conversation again. What was said in the meantime is lost to it.
   *
   * @throws ProtocolError `group_unknown`, `member_unverified`, `history_damaged`
   */
  async rejoin(of: Conversation): Promise<void> {
    return this.#alone(async () => {
      const id = this.#idsOf(of).find((candidate) => this.#isCurrent(candidate))
      if (id === undefined) throw unknownGroup()
      await this.#engine.rejoin(id)
    })
  }

  #isCurrent(id: string): boolean {
    const status = this.#engine.vault.groups.get(id)?.status
    return status === 'active' || status === 'broken'
  }

  async #change(
    group: string,
    usernames: readonly string[],
    make: (
      draft: ReturnType<Engine['draft']>,
      current: Group,
      names: string[],
    ) => ReturnType<Parameters<Engine['change']>[1]>,
  ): Promise<void> {
    const name = parseUsername(group)
    const names = [...new Set(usernames.map(parseUsername))]
    return this.#alone(async () => {
      const id = await this.#idOf(name)
      await this.#engine.change(id, (draft, current) => make(draft, current, names))
    })
  }

  #requireAdmin(group: Group): void {
    if (!isAdmin(group, this.#engine.username)) throw notAllowed("only the group's admin may do that")
  }

  // Names.

  #groups(): Group[] {
    return [...this.#engine.vault.groups.values()]
  }

  #idsOf(of: Conversation): string[] {
    const groups = this.#groups()
    if ('group' in of) {
      const name = parseUsername(of.group)
      return groups.filter((group) => isNamed(group, name)).map(({ id }) => id)
    }
    const name = parseUsername(of.with)
    return groups.filter((group) => otherOf(group, this.#engine.username) === name).map(({ id }) => id)
  }

  /** A group by name: the one that we are in, or else one that we were in. */
  #named(name: string): Group {
    const groups = this.#groups().filter((group) => isNamed(group, name))
    const group = groups.find(({ id }) => this.#isCurrent(id)) ?? groups.at(-1)
    if (!group) throw unknownGroup()
    return group
  }

  /** Somebody may have added us a moment ago. */
  async #idOf(name: string): Promise<string> {
    const known = this.#groups().find((group) => isNamed(group, name) && this.#isCurrent(group.id))
    if (known) return known.id
    await this.#engine.pull()
    await this.#engine.settleAll()
    return this.#named(name).id
  }

  async #directWith(name: string): Promise<string> {
    if (name === this.#engine.username) throw notAllowed('a conversation takes two')
    const find = () => this.#idsOf({ with: name }).find((id) => this.#isCurrent(id))
    const known = find()
    if (known !== undefined) return known
    // The other one may have begun it.
    await this.#engine.pull()
    const begun = find()
    if (begun !== undefined) return begun
    try {
      await this.#create({ kind: 'direct' }, [name])
    } catch (error) {
      if (!hasCode(error, 'group_exists')) throw error
      // The other one has begun it meanwhile; or our state was lost.
      if (find() === undefined) await this.#engine.rejoinLost()
    }
    const made = find()
    if (made === undefined) throw unknownGroup()
    return made
  }

  /** One after the other: each begins with what the last one has written. */
  #alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }
}

/** The text of a message of kind `text`, if it is UTF-8. */
export function textOf(message: Pick<MailMessage, 'kind' | 'body'>): string | undefined {
  if (message.kind !== 'text') return undefined
  try {
    return fromUtf8(message.body)
  } catch {
    return undefined
  }
}

const isNamed = (group: Group, name: string) => group.charter?.kind === 'named' && group.charter.name === name
const notAllowed = (message: string) => new ProtocolError('not_allowed', message)
const unknownGroup = () => new ProtocolError('group_unknown', 'there is no such group')
