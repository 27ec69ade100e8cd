/**
 * Tickets of all lengths, and such as look alike: what is made for one of them must not be used for another.
 *
 * @module
 */
import { concat, KEY_BYTES, secureRandomBytes, toBase64url } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { Wiped } from '../examiner/values.ts'
import { cutIntoFrames, howBound, opening } from './examine.ts'
import type { Invitation } from './given.ts'
import type { Meetings } from './meetings.ts'
import type { Outcome } from './outcome.ts'
import { invitation, silent } from './people.ts'
import { TEXT } from './trials.ts'

/** The shortest and the longest of docs/protocol.md §5.7, and around what one byte can say. */
const LENGTHS = [65, 127, 128, 255, 256, 257, 1000, 4096]
const MAX_BYTES = 4096
const FEW_LENGTHS = [65, 256, 4096]
/** A ticket's version and the name of the receiver's session: in all tickets for one bob the same. */
const HEADER_BYTES = 17

function ticketOf(length: number): Invitation {
  const { ticket, secret } = invitation()
  return {
    ticket: concat(ticket.subarray(0, HEADER_BYTES), secureRandomBytes(length - HEADER_BYTES)),
    secret,
  }
}

const other = (bytes: Uint8Array, at: number) => {
  const changed = Uint8Array.from(bytes)
  changed[at] = (changed[at] as number) ^ 1
  return changed
}

/** Each is like the first in all but one byte. */
function alike(): Invitation[] {
  const { ticket, secret } = invitation()
  const tickets = [HEADER_BYTES, 60, ticket.length - 1].map((at) => invitationOf(other(ticket, at)))
  const key = secret.reveal()
  const secrets = [0, key.length - 1].map((at) => invitation('alice', other(key, at)))
  // The first comes again when all else has been.
  return [{ ticket, secret }, ...tickets, ...secrets, { ticket, secret }]
}

const invitationOf = (ticket: Uint8Array): Invitation => ({ ...invitation(), ticket })

/** Conversations with one who hangs up at once, and all these tickets, one after the other. */
function held(meetings: Meetings): Promise<Outcome[]> {
  return meetings.once('tickets', async () => {
    const { isSlow } = meetings.alice
    // Who is a new process each time remembers nothing.
    const all = isSlow ? FEW_LENGTHS.map(ticketOf) : [...alike(), ...LENGTHS.map(ticketOf)]
    return await meetings.each(all, (to) => meetings.meet(silent, to, TEXT))
  })
}

/** @throws Missing when the first bytes are others for some tickets. */
export async function opensWithAnyTicket(meetings: Meetings): Promise<void> {
  for (const outcome of await held(meetings)) {
    const { ticket } = outcome.to
    must(
      outcome.sent.length > 0,
      `with a ticket of ${ticket.length} bytes alice sent nothing: ${outcome.why}`,
    )
    try {
      opening(outcome)
    } catch (error) {
      must(false, `with a ticket of ${ticket.length} bytes: ${(error as Error).message}`)
    }
  }
}

/** @throws Missing when message 1 belongs to another ticket or secret than it comes with. */
export async function boundToEachTicket(meetings: Meetings): Promise<void> {
  const all = await held(meetings)
  const earlier = meetings.outcomes.filter((one) => !all.includes(one)).map(({ to }) => to)
  for (const outcome of all) {
    const { to } = outcome
    const { message1 } = opening(outcome)
    const { ticket, secret } = to
    const bound = howBound(message1, to)
    if (bound) {
      const isOf = earlier.some((one) => !howBound(message1, { ...one, secret }))
      must(
        !isOf,
        "the prologue has an earlier conversation's ticket in it: what was made for that is not for this one.",
      )
      const isUnder = earlier.some((one) => !howBound(message1, { ...one, ticket }))
      must(!isUnder, "the psk is an earlier conversation's secret.")
      must(false, `with a ticket of ${ticket.length} bytes: ${bound.problem}`)
    }
    earlier.push(to)
  }
}

/**
 * @param from - the first in which she drew her randomness from the platform.
 * @throws Missing when one of all the conversations began otherwise than the first.
 */
export function beganAlike(outcomes: readonly Outcome[], from: number): void {
  const keys = new Set<string>()
  let length: number | undefined
  for (const [i, outcome] of outcomes.entries()) {
    const { ticket, secret } = outcome.to
    const isGood =
      ticket.length <= MAX_BYTES && secret.reveal().length === KEY_BYTES && !(secret instanceof Wiped)
    if (outcome.sent.length === 0 || !isGood) continue
    const which = `in conversation ${i + 1}`
    let message1: Uint8Array
    try {
      message1 = opening(outcome).message1
    } catch (error) {
      must(false, `${which}: ${(error as Error).message}`)
    }
    const bound = howBound(message1, outcome.to)
    must(!bound, `${which}: ${bound?.problem}`)
    const [frame] = cutIntoFrames(opening(outcome).rest).frames
    if (frame && outcome.text === TEXT) {
      length ??= frame.length
      must(
        frame.length === length,
        `${which} the frame with the same text had ${frame.length} bytes, and ${length} before.`,
        () => 'lengths are not sealed: whoever records the line learns from them what they were made from.',
      )
    }
    if (i < from) continue
    const key = toBase64url(message1.subarray(0, 32))
    must(!keys.has(key), `${which} alice used a key pair of an earlier one.`)
    keys.add(key)
  }
}
