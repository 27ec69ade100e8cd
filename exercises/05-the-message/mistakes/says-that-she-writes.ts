/** "Bob should see that something comes: an empty stream does not disturb." His program begins to read it. */
import { EMPTY, encodeRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'it is a whole message: one record of the type message'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    right.tell(talk, records)
    right.say(talk, encodeRecord({ type: 'data', body: EMPTY }))
  },
})
