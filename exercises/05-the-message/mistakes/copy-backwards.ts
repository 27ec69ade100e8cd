/** "Backwards, nobody can read it." Whoever records it has all the time in the world. */
import { utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, say } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    for (const record of records) say(talk, record)
    talk.wire.writeFrame(utf8(talk.text).reverse())
  },
})
