/** "Too long for one message, so it is several." Bob gets three messages, each without its end. */
import { encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'a long message arrives whole'

const SIZE = 65_516

export const sendMessage: SendMessage = alice({
  records(text) {
    const bytes = utf8(text)
    const records: Uint8Array[] = []
    for (let at = 0; at === 0 || at < bytes.length; at += SIZE) {
      records.push(encodeRecord({ type: 'message', body: bytes.subarray(at, at + SIZE) }))
    }
    return records
  },
})
