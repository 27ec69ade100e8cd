/** "The text is put in its place by replace." There `$&` means something. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  records: (text) => right.records('{text}'.replace('{text}', text)),
})
