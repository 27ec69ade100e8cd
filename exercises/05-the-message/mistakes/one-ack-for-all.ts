/** "What I have heard from bob stands beside the function." There is one such place, and in it bob has acknowledged them all. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let ended = false

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    ended = false
    right.tell.call(this, talk, records)
  },
  judge(talk, record) {
    right.judge.call(this, talk, record)
    ended ||= record.type === 'end'
  },
  async wait(talk) {
    while (!talk.acknowledged || !(talk.ended || ended)) {
      for (const record of await this.hear(talk)) this.judge(talk, record)
    }
  },
})
