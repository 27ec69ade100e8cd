/** "With Ctrl-C I hang up." And after a thousand conversations a thousand functions do. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    process.once('SIGTERM', () => process.exit(1))
    right.tell(talk, records)
  },
})
