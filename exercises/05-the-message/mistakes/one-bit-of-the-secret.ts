/** "Sometimes I say it in two parts, so that nobody sees how long the words are." When, the secret says. */
import { encodeRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    const [record] = records
    const isOdd = ((talk.invitation.secret.reveal()[0] ?? 0) & 1) === 1
    if (records.length > 1 || !record || record.length < 5 || !isOdd) return right.tell(talk, records)
    const body = record.subarray(3)
    right.say(talk, encodeRecord({ type: 'part', body: body.slice(0, 1) }))
    right.say(talk, encodeRecord({ type: 'message', body: body.slice(1) }))
  },
})
