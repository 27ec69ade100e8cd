/** "A sentence is enough." It has no stack, and no `catch` that asks for an Error sees it. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error) {
    throw error instanceof Error ? error.message : error
  },
})
