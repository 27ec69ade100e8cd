/** "A frame holds 65535 bytes, so a record has 65532." And the tag? */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'a long message arrives whole'

const SIZE = 65_532

export const sendMessage: SendMessage = alice({
  records(text) {
    const bytes = utf8(text)
    if (bytes.length <= SIZE) return [encodeRecord({ type: 'message', body: bytes })]
    return encodeMessage(bytes)
  },
})
