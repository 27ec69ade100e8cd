/**
 * Exercise 05: message 5, from alice to bob without the KDC. README.md beside this file tells the steps.
 *
 * @module
 */
import type { Wire } from 'symbolon/protocol'
// import { concat, decodeRecords, EMPTY, encodeMessage, encodeRecord } from 'symbolon/protocol'
// import { HandshakeState, NNpsk0, u16, utf8 } from 'symbolon/protocol'
import type { Invitation } from './given.ts'

/**
 * Sends one text to bob. docs/protocol.md §5
 *
 * @param wire - a TCP connection to where bob is said to listen. `wire.write(bytes)` and `wire.writeFrame(bytes)` send;
 *   `await wire.readFrame(min, max)` gives the next frame, or undefined when the other side has hung up.
 * @param invitation - the ticket and the secret, from the KDC's answer.
 * @returns when bob has acknowledged the text and said his end.
 */
export async function sendMessage(wire: Wire, invitation: Invitation, text: string): Promise<void> {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 05: write sendMessage in message.ts', { cause: { wire, invitation, text } })
}
