/** "A string ends with a zero." In C, in memory. Bob's text now ends with one, too. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = "bob reads the text exactly once, and alice's promise resolves"

export const sendMessage: SendMessage = alice({
  records: (text) => encodeMessage(utf8(`${text}\0`)),
})
