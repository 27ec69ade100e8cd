/** "Bob takes a mebibyte, so he gets a mebibyte." And alice says that he has all of it. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'a long message arrives whole'

export const sendMessage: SendMessage = alice({
  records: (text) => encodeMessage(utf8(text).subarray(0, 2 ** 20)),
})
