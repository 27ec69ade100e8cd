/** "Each word in a frame of its own." Who counts the lengths of the words has read the message, or nearly. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

const MAX_WORDS = 200

export const sendMessage: SendMessage = alice({
  records(text) {
    const words = text.split(/(?<= )/)
    if (words.length > MAX_WORDS || utf8(text).length > 60_000) return encodeMessage(utf8(text))
    const last = words.pop() ?? ''
    return [
      ...words.map((word) => encodeRecord({ type: 'part', body: utf8(word) })),
      ...encodeMessage(utf8(last)),
    ]
  },
})
