/** "Sent: ..." On a screen there is no seal. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'neither the secret nor the text is printed'

export const sendMessage: SendMessage = alice({
  records(text) {
    process.stdout.write(`sending: ${text.slice(0, 60)}\n`)
    return right.records(text)
  },
})
