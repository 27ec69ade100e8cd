/** "So that I know which message it was." So does everybody who reads the log. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error, _invitation, text) {
    throw new Error(`'${text}' was not sent`, { cause: error })
  },
})
