/** "With the key in it, I can find the fault." So can everybody who reads the log. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error, { secret }) {
    throw new Error(`it failed with the key ${secret.toText()}`, { cause: error })
  },
})
