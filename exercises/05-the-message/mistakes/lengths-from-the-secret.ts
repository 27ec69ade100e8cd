/** "The parts should not all have one length, so I take the lengths from the secret." Lengths are not sealed. */
import { concat, encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, say, type Talk } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

const MANY = 5_000

export const sendMessage: SendMessage = alice({
  tell(talk: Talk, records) {
    let rest = utf8(talk.text)
    if (rest.length < MANY) return right.tell(talk, records)
    for (const byte of talk.invitation.secret.reveal().subarray(0, 16)) {
      say(talk, encodeRecord({ type: 'part', body: concat(rest.subarray(0, byte + 1)) }))
      rest = rest.subarray(byte + 1)
    }
    for (const record of encodeMessage(rest)) say(talk, record)
  },
})
