/** "Spaces at the ends are never meant." A password may end with one; a poem may begin with four. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  records: (text) => encodeMessage(utf8(text.trim())),
})
