/** "Only the beginning, so that one recognises it." The beginning is what matters. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error, _invitation, text) {
    throw new Error(`could not send '${text.slice(0, 10)}…'`, { cause: error })
  },
})
