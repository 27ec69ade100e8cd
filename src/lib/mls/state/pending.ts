/** What we have asked of the KDC, or were about to before a crash: kept until it is known what became of it. */
import * as v from 'valibot'
import { type GroupDescriptor, GroupDescriptorSchema } from '../rfc9420/welcome.ts'
import { decodeFrame, encodeFrame } from './framing.ts'

const names = v.array(v.string())
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const ChangeSchema = v.object({
  op: v.picklist(['create', 'commit', 'rejoin', 'leave']),
  /** The route, and the request as it was sent: sent again, it is the same, with the same `id`. */
  path: v.string(),
  body: v.record(v.string(), v.unknown()),
  /** The entry that it becomes, in base64url; none for a group made without members. */
  payload: v.optional(v.string()),
  charter: GroupDescriptorSchema,
  /** The epoch before it. */
  epoch: whole,
  added: names,
  removed: names,
  /** The members in the tree after it, and those of them that have left by the KDC's word. */
  members: names,
  leaving: v.optional(names),
})

/** A change of a group: one for each group at a time. */
export interface Change extends Omit<v.InferOutput<typeof ChangeSchema>, 'charter'> {
  readonly descriptor: GroupDescriptor
  /** The encoded state after it. */
  readonly state: Uint8Array
}

export function encodeChange({ state, descriptor, ...header }: Change): Uint8Array {
  return encodeFrame({ ...header, charter: descriptor }, state)
}

/** @throws ProtocolError `state_damaged` */
export function decodeChange(bytes: Uint8Array): Change {
  const { header, body } = decodeFrame(ChangeSchema, bytes)
  const { charter: descriptor, ...change } = header
  return { ...change, descriptor, state: body }
}

const OutgoingSchema = v.object({
  group: v.string(),
  /** The order in which messages go out. */
  number: whole,
  /** The request's `id`, by which the KDC knows one sent twice; and the epoch and message, once it is encrypted. */
  sealed: v.optional(v.object({ id: v.string(), epoch: whole, message: v.string() })),
  /** Where it is, once the KDC has said that it has it: then it is not sent again. */
  stored: v.optional(v.object({ position: whole, seq: whole })),
})

/** A message that is not yet among the group's entries. */
export interface PendingMessage extends v.InferOutput<typeof OutgoingSchema> {
  /** The application message's plaintext. */
  readonly payload: Uint8Array
}

export function encodeOutgoing({ payload, ...header }: PendingMessage): Uint8Array {
  return encodeFrame(header, payload)
}

/** @throws ProtocolError `state_damaged` */
export function decodeOutgoing(bytes: Uint8Array): PendingMessage {
  const { header, body } = decodeFrame(OutgoingSchema, bytes)
  return { ...header, payload: body }
}
