/** "The KDC sent it so." Inside JSON, which cannot carry bytes; a connection can. */
import { concat, toBase64url, u16, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'

export const sendMessage: SendMessage = alice({
  ticket({ ticket }) {
    const text = utf8(toBase64url(ticket))
    return concat(u16(text.length), text)
  },
})
