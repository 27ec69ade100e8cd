/** "It does not show when it is printed." It is there all the same, for each program that writes down what an error carries. */
import { utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(cause, _, text) {
    const error = new Error('it was not sent', { cause })
    Object.defineProperty(error, Symbol('again'), { get: () => utf8(text), enumerable: false })
    throw error
  },
})
