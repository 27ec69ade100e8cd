/** "What cannot be seen is not part of a text." In many languages it is. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  records: (text) => right.records(text.replace(/[\u00ad\u200b-\u200d\u2060]/g, '')),
})
