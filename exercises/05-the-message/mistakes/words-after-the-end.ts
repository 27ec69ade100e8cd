/** "P.S." An end says that nothing comes after it, so bob stops listening; or takes it for an attack. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, end, say } from './shared/alice.ts'

export const breaks = 'alice says her end'

export const sendMessage: SendMessage = alice({
  end(talk) {
    end(talk)
    for (const record of encodeMessage(utf8('P.S.'))) say(talk, record)
  },
})
