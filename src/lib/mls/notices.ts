/**
 * What a person should be told besides messages: who came and went, whose key changed, what is lost.
 *
 * @module
 */

/** Codes never change once released; words may improve. */
export type NoticeCode =
  | 'change_refused'
  | 'entry_damaged'
  | 'entries_withheld'
  | 'group_broken'
  | 'group_destroyed'
  | 'history_lost'
  | 'identity_replaced'
  | 'key_changed'
  | 'member_added'
  | 'member_left'
  | 'member_rejoined'
  | 'member_removed'
  | 'message_refused'
  | 'removed_from_group'

export interface Notice {
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
  readonly to?: number
  /** Why a group is not read further: a code of docs/errors.md. */
  readonly reason?: string
}

export type OnNotice = (notice: Notice) => void
