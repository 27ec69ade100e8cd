/** "A log line beside the message, encoded." Base64 is an alphabet, not a seal. */
import { utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, say } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    talk.wire.writeFrame(utf8(btoa(talk.text)))
    for (const record of records) say(talk, record)
  },
})
