/** Messages as they are kept, for `unread` and `history`. */
import * as v from 'valibot'
import type { Payload } from '../payload.ts'
import { decodeFrame, encodeFrame } from './framing.ts'

/** A message that came, or that we sent and the KDC has put in its place. */
export interface StoredMessage extends Payload {
  /** The group's id. */
  readonly group: string
  /** Where it stands among all entries of the KDC: what `markShown` takes. */
  readonly position: number
  /** Its number in the group or conversation. */
  readonly seq: number
  /** Who sent it: the member that MLS authenticated. */
  readonly from: string
  /** When the KDC took it, by its clock; Unix seconds. */
  readonly at: number
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const Schema = v.object({
  group: v.string(),
  position: whole,
  seq: whole,
  from: v.string(),
  at: whole,
  kind: v.string(),
  sentAt: v.optional(whole),
})

export function encodeStored({ body, ...header }: StoredMessage): Uint8Array {
  return encodeFrame(header, body)
}

/** @throws ProtocolError `state_damaged` */
export function decodeStored(bytes: Uint8Array): StoredMessage {
  const { header, body } = decodeFrame(Schema, bytes)
  const { sentAt, ...rest } = header
  return { ...rest, ...(sentAt === undefined ? {} : { sentAt }), body }
}

/** A message to be shown. */
export interface MailMessage extends Omit<StoredMessage, 'group'> {
  /** The id by which the KDC knows the group or conversation: names come again. */
  readonly conversation: string
  /** The group's name; none in a conversation of two. */
  readonly group?: string
  /** The other one of a conversation of two. */
  readonly with?: string
}
