/** "He hung up: so be it." Alice's program says nothing, and to alice that looks like success. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'an impostor gets nothing, and alice is told'

export const sendMessage: SendMessage = alice({
  failed(error) {
    if (!(error instanceof Error && error.message === 'bob hung up')) throw error
  },
})
