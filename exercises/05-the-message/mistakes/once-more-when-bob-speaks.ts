/** "He asks something before he acknowledges: he cannot have it." He has, and has it twice now. */
import type { SendMessage } from '../given.ts'
import { alice, right, say } from './shared/alice.ts'

export const breaks = "bob reads the text exactly once, and alice's promise resolves"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    right.judge(talk, record)
    if (record.type !== 'message' || talk.acknowledged) return
    for (const again of right.records(talk.text)) say(talk, again)
  },
})
