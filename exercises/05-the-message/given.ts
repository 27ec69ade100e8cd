/**
 * Given: the shapes that `message.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { Secret, Wire } from 'symbolon/protocol'

/** What alice took out of message 4: what opens one channel to bob. */
export interface Invitation {
  /** The ticket's bytes. Alice cannot read them; she hands them on. */
  readonly ticket: Uint8Array
  /** The key that she and bob share: `secret.reveal()` gives its 32 bytes. */
  readonly secret: Secret
}

/**
 * What you write: it sends one text and resolves when bob has acknowledged it and both have said their end. In every other
 * case it rejects.
 *
 * @param wire - a TCP connection to where bob is said to listen; nothing has been sent yet.
 */
export type SendMessage = (wire: Wire, invitation: Invitation, text: string) => Promise<void>
