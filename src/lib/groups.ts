/**
 * Groups, for programs: docs/protocol.md §7.2 and §7.5.
 *
 * @module
 */
import { abortable, untilAborted, type WaitOptions } from './abort.ts'
import { utf8 } from './bytes.ts'
import { judgeArgument, judgeMessage, judgeOptions } from './check-options.ts'
import { leaveSource, type SendFileOptions, type SendResult, stored } from './connect-or-store.ts'
import { leaveMessage } from './mls/leave.ts'
import type { Mailbox } from './mls/mailbox.ts'
import type { MailboxAccess } from './mls/mailbox-handle.ts'
import type { MailMessage } from './mls/state/stored-message.ts'
import type { GroupInfo } from './mls/types.ts'
import { parseGroupName, parseUsername } from './names.ts'
import { type PathOrSource, sourceFrom } from './paths.ts'

/**
 * The groups of one principal. What happened in them is heard of first, each time; so all throw, besides what they name, as
 * `MailboxHandle.use` and `Mailbox.sync` do.
 */
export class Groups {
  readonly #handle: MailboxAccess

  /** @internal `Session.groups` is one. */
  constructor(handle: MailboxAccess) {
    this.#handle = handle
  }

  /**
   * Makes a group, of which this principal is the admin.
   *
   * @param members - usernames of the others; they read what is said from then on.
   * @throws ProtocolError `group_exists`, `invalid_name`; `receiver_unknown` for a member who has never logged in, `member_unverified`: then
   *   there is no group. TypeError.
   */
  async create(name: string, members: readonly string[] = [], options: WaitOptions = {}): Promise<Group> {
    const group = groupName('groups.create: name', name)
    const usernames = judgeNames('groups.create: members', members)
    await work('groups.create', this.#handle, options, (mailbox) => mailbox.createGroup(group, usernames))
    return new Group(this.#handle, group)
  }

  /** The groups that this principal is or was in. */
  async list(options: WaitOptions = {}): Promise<GroupInfo[]> {
    const groups = await work('groups.list', this.#handle, options, async (mailbox) => mailbox.groups())
    return groups.filter(({ name }) => name !== undefined)
  }

  /**
   * A group that this principal is in: made by this principal, or by another who has added it.
   *
   * @throws ProtocolError `group_unknown`, `invalid_name`; TypeError.
   */
  async get(name: string, options: WaitOptions = {}): Promise<Group> {
    const group = new Group(this.#handle, groupName('groups.get: name', name))
    await group.members(options)
    return group
  }
}

/** One group, by its name. */
export class Group {
  /** Its name, in lower case. */
  readonly name: string
  readonly #handle: MailboxAccess

  /** @internal `Groups` makes them. */
  constructor(handle: MailboxAccess, name: string) {
    this.#handle = handle
    this.name = name
  }

  /**
   * Who is in it. If another group has taken the place of one of this name, that is the one that is meant from then on.
   *
   * @throws ProtocolError `group_unknown`
   */
  members(options: WaitOptions = {}): Promise<string[]> {
    return work('group.members', this.#handle, options, (mailbox) => mailbox.lookAt(this.name))
  }

  /**
   * Sends to all members.
   *
   * @param message - text is sent as UTF-8, bytes as they are; at most 1 MiB.
   * @returns when the KDC has it.
   * @throws ProtocolError `group_unknown`, `message_too_large`; `group_replaced` when another group has this name now, until `members` was
   *   called; TransportError `quota_exceeded`; `outcome_unknown` when the KDC may or may not have it: it is kept, and sent again with
   *   whatever uses the mailbox next. TypeError; the reason of `signal`.
   */
  async send(message: string | Uint8Array, options: WaitOptions = {}): Promise<SendResult> {
    judgeMessage('group.send', message)
    judgeOptions('group.send', options, { signal: 'signal' })
    const bytes = typeof message === 'string' ? utf8(message) : message
    const { signal } = options
    return stored(
      await untilAborted(() => leaveMessage(this.#handle, { group: this.name }, bytes, { signal }), signal),
    )
  }

  /**
   * Sends a file to all members.
   *
   * @param file - a path, or where else it comes from.
   * @throws ProtocolError `file_too_large`, `file_changed`; FileError `file_not_readable`; and as `send`.
   */
  async sendFile(
    file: PathOrSource,
    options: Pick<SendFileOptions, 'signal' | 'onProgress'> = {},
  ): Promise<SendResult> {
    judgeOptions('group.sendFile', options, { signal: 'signal', onProgress: 'function' })
    options.signal?.throwIfAborted()
    const source = await sourceFrom('group.sendFile: file', file)
    const leave = () => leaveSource(this.#handle, { group: this.name }, source, options)
    return stored(await untilAborted(leave, options.signal))
  }

  /**
   * Adds members, all at once. They read what is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin, `group_unknown`, `receiver_unknown`, `member_unverified`, `invalid_name`;
   *   TypeError.
   */
  async add(usernames: readonly string[], options: WaitOptions = {}): Promise<void> {
    const names = judgeNames('group.add: usernames', usernames)
    return work('group.add', this.#handle, options, (mailbox) => mailbox.add(this.name, names))
  }

  /**
   * Removes members. They read nothing that is said from then on.
   *
   * @throws ProtocolError `not_allowed` for all but the admin and for the admin itself, `group_unknown`, `invalid_name`; TypeError.
   */
  async remove(usernames: readonly string[], options: WaitOptions = {}): Promise<void> {
    const names = judgeNames('group.remove: usernames', usernames)
    return work('group.remove', this.#handle, options, (mailbox) => mailbox.remove(this.name, names))
  }

  /** Leaves it. What was said stays readable here. @throws ProtocolError `not_allowed` for the admin, `group_unknown` */
  leave(options: WaitOptions = {}): Promise<void> {
    return work('group.leave', this.#handle, options, (mailbox) => mailbox.leave(this.name))
  }

  /** Ends it for all. @throws ProtocolError `not_allowed` for all but the admin, `group_unknown` */
  destroy(options: WaitOptions = {}): Promise<void> {
    return work('group.destroy', this.#handle, options, (mailbox) => mailbox.destroy(this.name))
  }

  /**
   * Takes this principal's place again in a group that is `broken`. What was said in the meantime is lost to it.
   *
   * @throws ProtocolError `not_allowed` when it is not broken, `group_unknown`, `member_unverified`, `history_damaged`
   */
  rejoin(options: WaitOptions = {}): Promise<void> {
    return work('group.rejoin', this.#handle, options, (mailbox) => mailbox.rejoin({ group: this.name }))
  }

  /**
   * The last messages, ours too, the oldest first; also those that were shown.
   *
   * @param options.limit - how many at most. Default: 100.
   */
  async history(options: WaitOptions & { readonly limit?: number | undefined } = {}): Promise<MailMessage[]> {
    const { limit, ...wait } = options
    if (limit !== undefined) judgeArgument('group.history: options.limit', limit, 'count')
    return work('group.history', this.#handle, wait, (mailbox) =>
      mailbox.history({ group: this.name }, limit),
    )
  }
}

/** Does something with the mailbox once it is known what has happened. */
async function work<T>(
  where: string,
  handle: MailboxAccess,
  options: WaitOptions,
  run: (mailbox: Mailbox) => Promise<T>,
): Promise<T> {
  const whenSynced = async (mailbox: Mailbox) => {
    await mailbox.sync()
    options.signal?.throwIfAborted()
    return run(mailbox)
  }
  return abortable(where, options, () => handle.use(whenSynced, options))
}

function groupName(where: string, name: unknown): string {
  judgeArgument(where, name, 'string')
  return parseGroupName(name as string)
}

function judgeNames(where: string, names: unknown): string[] {
  if (!Array.isArray(names)) throw new TypeError(`${where}: expected an array of usernames`)
  return names.map((name, index) => {
    judgeArgument(`${where}[${index}]`, name, 'string')
    return parseUsername(name)
  })
}
