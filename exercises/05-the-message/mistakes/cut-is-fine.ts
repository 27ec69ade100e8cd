/** "Bob hung up without a complaint." Or his machine is off; or somebody cut the line. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = alice({
  failed(error) {
    if (!(error instanceof Error && error.message === 'the line was cut')) throw error
  },
})
