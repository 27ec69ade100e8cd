/**
 * "He gives up? Let us see whether he acknowledges it all the same." What comes after an abort comes from
 * nowhere.
 */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'abort') return
    right.judge(talk, record)
  },
})
