/** "What I have heard from bob stands beside the function." There is one such place, and in it one bob has ended them all. */
import type { ChannelRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, type Talk } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let ended = false

function note(talk: Talk, record: ChannelRecord): void {
  right.judge(talk, record)
  ended ||= record.type === 'end'
}

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    ended = false
    right.tell(talk, records)
  },
  async wait(talk) {
    while (!talk.acknowledged || !(talk.ended || ended)) {
      for (const record of await right.hear(talk)) note(talk, record)
    }
  },
})
