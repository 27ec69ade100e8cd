/**
 * "He said his end, so he has heard me out." He says that he sends no more, and nothing about what he has
 * read.
 */
import type { SendMessage } from '../given.ts'
import { alice, end, right } from './shared/alice.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    while (!talk.ended) for (const record of await right.hear(talk)) right.judge(talk, record)
    if (!talk.acknowledged) end(talk)
  },
})
