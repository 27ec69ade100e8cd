/**
 * "Unicode should be normalised." For comparing. A message is what was written; a file's name, say, is those
 * bytes.
 */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  records: (text) => encodeMessage(utf8(text.normalize('NFC'))),
})
