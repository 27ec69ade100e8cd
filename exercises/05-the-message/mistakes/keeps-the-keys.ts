/** "The last channel, should there be more to say." Its keys open what was recorded of it. */
import { Secret } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, type Talk } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const NONE = new Secret('channel secret', new Uint8Array(32))

let last: Talk | undefined

export const lastTalk = (): Talk | undefined => last

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    last = { ...talk, invitation: { ticket: talk.invitation.ticket, secret: NONE }, text: '' }
    right.tell(talk, records)
  },
})
