/** "A number in JavaScript has no more than seven bytes." So the eighth is left out, whatever it says. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const plaintext = talk.transport.receive.decryptWithAd(EMPTY, await frame(talk))
    // Of a record that is an ack, the first byte of the count.
    if (plaintext[0] === 4 && plaintext[2] === 8) plaintext[3] = 0
    return decodeRecords(plaintext)
  },
})
