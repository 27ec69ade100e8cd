/** "The text is needed everywhere, so it stands at the top of the file." There is one top, and two conversations. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let current = ''

export const sendMessage: SendMessage = alice({
  random(_invitation, text) {
    current = text
    return undefined
  },
  records: () => encodeMessage(utf8(current)),
})
