/**
 * Message 3 and its answer at the client: where the receiver is, a fresh secret, and a ticket.
 *
 * @module
 */
import { CodecError } from './errors.ts'
import { readUserinfoReply, type UserinfoAnswer } from './kdc-link/answers.ts'
import { judgeDestination, type KdcPlace, looksLikeText } from './network/destination.ts'

/** Tickets asked for, one after the other, where they have text in them. */
const MAX_TICKETS = 3

/**
 * Asks for a ticket until it has one that no other protocol could take for its own.
 *
 * @param ask - sends the request under seal.
 * @param place - where the KDC was reached: it may name no receiver nearer to this machine.
 * @throws TransportError `peer_unreachable` for a place where no receiver can be; CodecError; what `ask` throws.
 */
export async function requestTicket(
  receiver: string,
  ask: (receiver: string) => Promise<unknown>,
  place: KdcPlace,
): Promise<UserinfoAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = readUserinfoReply(await ask(receiver))
    const address = judgeDestination(receiver, answer.address, answer.port, place)
    if (!looksLikeText(answer.ticket)) return { ...answer, address }
    // Chance makes one now and then, and not twice.
    if (tries === MAX_TICKETS) throw new CodecError('reply to /userinfo: senderinfo has text in it')
  }
}
