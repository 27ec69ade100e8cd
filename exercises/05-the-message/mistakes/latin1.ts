/** "A character is a byte." It was, for some languages, on some machines. */
import { encodeMessage } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  records: (text) => encodeMessage(Uint8Array.from(Buffer.from(text, 'latin1'))),
})
