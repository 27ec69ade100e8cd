/** "When bob gives up, the error says why." In bob's words, whatever they are: he may say the text. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'abort') throw new Error(`bob gave up: ${record.code}`)
    right.judge(talk, record)
  },
})
