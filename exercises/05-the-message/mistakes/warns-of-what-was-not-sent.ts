/** "It is a warning, so it is told as one." Node puts it on the screen. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'neither the secret nor the text is printed'

export const sendMessage: SendMessage = alice({
  failed(error, _, text) {
    process.emitWarning(`not sent: ${text}`)
    throw error
  },
})
