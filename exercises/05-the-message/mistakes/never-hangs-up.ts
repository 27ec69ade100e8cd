/** "The connection closes by itself." When the program ends; and if it does not end? */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hangs up, however it ended'

export const sendMessage: SendMessage = alice({
  hangUp: () => {},
})
