/**
 * How a group ended for us, in words.
 *
 * @module
 */
import type { Mailbox } from '../../lib/mls/mailbox.ts'

/** Of a group that is over for us. */
export interface Ending {
  readonly status: string
  /** A sentence without its full stop. */
  readonly words: string
}

const WORDS = new Map<string, (group: string) => string>([
  ['left', (group) => `you have left ${group}`],
  ['removed', (group) => `you were removed from ${group}`],
  ['destroyed', (group) => `${group} was destroyed`],
])

/**
 * Whichever tool heard of it first has told of it, perhaps long ago: those who ask for the group are told again.
 *
 * @returns none while we are in a group of this name, or when there was none here.
 */
export function endingOf(mailbox: Pick<Mailbox, 'groups'>, group: string): Ending | undefined {
  const statuses = mailbox.groups().flatMap(({ name, status }) => (name === group ? [status] : []))
  if (statuses.some((status) => !WORDS.has(status))) return undefined
  const status = statuses.at(-1)
  const words = status && WORDS.get(status)?.(group)
  return status && words ? { status, words } : undefined
}
