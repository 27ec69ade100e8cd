/** "Message 1 had nonce 0, so this is 1." The handshake's keys are gone; each new key counts from 0. */
import { EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, say } from './shared/alice.ts'

export const breaks = "the message is sealed with the handshake's sending key"

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    talk.transport.send.encryptWithAd(EMPTY, EMPTY)
    for (const record of records) say(talk, record)
  },
})
