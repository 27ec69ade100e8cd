/** "A part is twenty thousand characters." An emoji is two of them, and half of it is nothing. */
import { encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'a long message arrives whole'

const SIZE = 20_000

export const sendMessage: SendMessage = alice({
  records(text) {
    const records: Uint8Array[] = []
    for (let at = 0; at + SIZE < text.length; at += SIZE) {
      records.push(encodeRecord({ type: 'part', body: utf8(text.slice(at, at + SIZE)) }))
    }
    const last = text.slice(records.length * SIZE)
    return [...records, encodeRecord({ type: 'message', body: utf8(last) })]
  },
})
