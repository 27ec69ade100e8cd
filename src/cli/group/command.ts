/** What the commands of the group tool have in common. */
import { ProtocolError } from '../../lib/errors.ts'
import type { Conversation, Mailbox } from '../../lib/mls/mailbox.ts'
import type { MailboxHandle } from '../../lib/mls/mailbox-handle.ts'
import { parseGroupName, parseUsername } from '../../lib/names.ts'
import type { Session } from '../../lib/session.ts'
import { UsageError } from '../errors.ts'
import type { Output } from '../terminal/output.ts'

/** What a command of the group tool works with. */
export interface GroupContext {
  readonly session: Session
  readonly handle: MailboxHandle
  readonly output: Output
}

/** What is to be done, once the user is logged in. */
export type GroupCommand = (context: GroupContext) => Promise<void>

/** What the options of the command line say. */
export interface GroupValues {
  readonly follow?: boolean | undefined
  readonly all?: boolean | undefined
  readonly with?: string | undefined
  readonly file?: readonly string[] | undefined
  readonly output?: string | undefined
  readonly 'max-file'?: string | undefined
  /** How many of the last arguments came after `--`. */
  readonly literals?: number
}

/** Which conversation is meant: GROUP, or `--with USER`. */
export function conversationOf(
  command: string,
  group: string | undefined,
  other: string | undefined,
): Conversation {
  if (group !== undefined && other === undefined) return { group: parseGroupName(group) }
  if (group === undefined && other !== undefined) return { with: parseUsername(other) }
  throw new UsageError(
    group === undefined ? 'GROUP is missing' : 'GROUP and --with do not go together',
    `${command} GROUP, or ${command} --with USER for the conversation with one other`,
  )
}

/** Does something with the mailbox, when it has heard all that happened. */
export function withMailbox<T>(
  handle: MailboxHandle,
  work: (mailbox: Mailbox) => Promise<T> | T,
): Promise<T> {
  return handle.use(async (mailbox) => {
    await mailbox.sync()
    return work(mailbox)
  })
}

/** The same with a conversation, naming it when there is none, and saying how it ended when it is over. */
export function withConversation<T>(
  handle: MailboxHandle,
  of: Conversation,
  work: (mailbox: Mailbox) => Promise<T> | T,
): Promise<T> {
  return namingUnknown(handle, of, () => withMailbox(handle, work))
}

/** Says of a conversation that there is none which one it is, or how it ended. */
export async function namingUnknown<T>(
  handle: Pick<MailboxHandle, 'username' | 'use'>,
  of: Conversation,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ProtocolError && error.code === 'group_unknown')) throw error
    if ('with' in of) {
      throw new ProtocolError(
        'group_unknown',
        `there is no conversation of ${handle.username} with ${of.with}`,
      )
    }
    const ending = await handle.use(async (mailbox) => endingOf(mailbox, of.group))
    const none = ending?.words ?? `there is no group ${of.group}, or ${handle.username} is not in it`
    throw new ProtocolError('group_unknown', none)
  }
}

const ENDINGS = new Map<string, (group: string) => string>([
  ['left', (group) => `you have left ${group}`],
  ['removed', (group) => `you were removed from ${group}`],
  ['destroyed', (group) => `${group} was destroyed`],
])

/**
 * How a group ended for us; nothing while we are in one of this name. The tool that heard of it first has told of it, perhaps long ago:
 * those who ask for the group are told again.
 */
export function endingOf(
  mailbox: Pick<Mailbox, 'groups'>,
  group: string,
): { readonly status: string; readonly words: string } | undefined {
  const statuses = mailbox.groups().flatMap(({ name, status }) => (name === group ? [status] : []))
  const status = statuses.at(-1)
  if (status === undefined || !statuses.every((one) => ENDINGS.has(one))) return undefined
  return { status, words: ENDINGS.get(status)?.(group) ?? '' }
}
