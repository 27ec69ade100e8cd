/** "Only while I look for the fault." It stays in the scrollback, in the log, in the screenshot. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'neither the secret nor the text is printed'

export const sendMessage: SendMessage = alice({
  psk({ secret }) {
    process.stdout.write(`psk ${Buffer.from(secret.reveal()).toString('hex')}\n`)
    return secret.reveal()
  },
})
