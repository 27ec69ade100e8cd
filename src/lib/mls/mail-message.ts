/**
 * A message that waited, as a mailbox gives it. Apart from what keeps them, so that the types of the package stand alone.
 *
 * @module
 */
import type { StoredMessage } from './state/stored-message.ts'

/** A message to be shown. */
export interface MailMessage extends Omit<StoredMessage, 'group'> {
  /** The id by which the KDC knows the group or conversation: names come again. */
  readonly conversation: string
  /** The group's name; none in a conversation of two. */
  readonly group?: string
  /** The other one of a conversation of two. */
  readonly with?: string
}
