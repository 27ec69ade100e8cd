/** "No ack after a second: send it again." Bob had it; now he has it twice. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, end } from './shared/alice.ts'

export const breaks = "bob reads the text exactly once, and alice's promise resolves"

export const sendMessage: SendMessage = alice({
  records: (text) => [...encodeMessage(utf8(text)), ...encodeMessage(utf8(text))],
  judge(talk, record) {
    if (record.type === 'ack' && !talk.acknowledged) {
      talk.acknowledged = true
      end(talk)
    }
    if (record.type === 'end') talk.ended = true
  },
})
