/** "Data is data." Data is a piece of a stream, which bob reads to its end; a message is another thing. */
import { encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'it is a whole message: one record of the type message'

export const sendMessage: SendMessage = alice({
  records: (text) => [encodeRecord({ type: 'data', body: utf8(text) })],
})
