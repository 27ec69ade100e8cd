/** What a person should be told besides messages: who came and went, whose key changed, what is lost. */

/** Codes never change once released; words may improve. */
export const NOTICE_CODES = [
  'change_refused',
  'entry_damaged',
  'entries_withheld',
  'group_broken',
  'group_destroyed',
  'history_lost',
  'identity_replaced',
  'key_changed',
  'member_added',
  'member_left',
  'member_rejoined',
  'member_removed',
  'message_refused',
  'removed_from_group',
] as const

/** What a notice can be of: docs/events.md explains each. */
export type NoticeCode = (typeof NOTICE_CODES)[number]

/** Something that a person should be told. */
export interface Notice {
  /** What happened. */
  readonly code: NoticeCode
  /** In plain words. */
  readonly text: string
  /** The group's name; none for a conversation of two, and for what is no group's. */
  readonly group?: string
  /** Whom it is about. In a conversation of two, the other one. */
  readonly username?: string
  /** Who did it. */
  readonly by?: string
  /** The entries that it is about, both included. */
  readonly from?: number
  /** The last one. */
  readonly to?: number
  /** Why a group is not read further: a code of docs/errors.md. */
  readonly reason?: string
  /** How often that happened, where it did more than once: `from` and `to` are of the first and of the last. */
  readonly count?: number
}

/** Hears of notices, in order. */
export type OnNotice = (notice: Notice) => void

/** What others can do as often as they like, in words for more than once. */
const REPEATED: Partial<Record<NoticeCode, (notice: Notice, count: number) => string>> = {
  entry_damaged: ({ by }, count) =>
    `${count} entries that are said to be of ${by} do not open, and are passed over`,
  group_broken: ({ by }, count) =>
    `the KDC says that ${by} has added you to ${count} groups, which cannot be read`,
  key_changed: ({ text }, count) => `${once(text)} (${count} times)`,
  member_rejoined: ({ text }, count) => `${once(text)} (${count} times)`,
}

const once = (text: string) => text.replace(/ \(\d+ times\)$/, '')

/** The same for notices that become one. */
function keyOf({ code, group, username, by, reason }: Notice): string | undefined {
  // A group that is known by a name, or as a conversation, breaks once.
  const isAlone = code === 'group_broken' && (group !== undefined || username !== undefined)
  return code in REPEATED && !isAlone ? JSON.stringify([code, group, username, by, reason]) : undefined
}

function merge(before: Notice, notice: Notice): Notice {
  const count = (before.count ?? 1) + 1
  const text = REPEATED[notice.code]?.(before, count) ?? notice.text
  return { ...before, text, count, ...(notice.to === undefined ? {} : { to: notice.to }) }
}

/**
 * Adds notices to those that are kept: what one member does a thousand times is one notice, in memory, on disk and on the screen.
 *
 * @param nextNumber - of a notice that is another than all before.
 * @returns those that are new, or have changed, by their numbers.
 */
export function addNotices(
  kept: ReadonlyMap<number, Notice>,
  added: readonly Notice[],
  nextNumber: () => number,
): Map<number, Notice> {
  const numbers = new Map<string, number>()
  for (const [number, notice] of kept) numbers.set(keyOf(notice) ?? `${number}`, number)
  const changed = new Map<number, Notice>()
  for (const notice of added) {
    const key = keyOf(notice)
    const number = (key === undefined ? undefined : numbers.get(key)) ?? nextNumber()
    const before = changed.get(number) ?? kept.get(number)
    changed.set(number, before ? merge(before, notice) : notice)
    if (key !== undefined) numbers.set(key, number)
  }
  return changed
}
