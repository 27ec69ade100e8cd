/** "What counts is what he said last." Then his ack is lost when it comes with his end. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  hear: async (talk) => (await right.hear(talk)).slice(-1),
})
