/** "A frame is a record." A frame has one or more: bob's end was in the same one as his ack. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  hear: async (talk) => (await right.hear(talk)).slice(0, 1),
})
