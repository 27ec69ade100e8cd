/** "One look at what the KDC sent." With all that is in it. */
import { inspect } from 'node:util'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'neither the secret nor the text is printed'

export const sendMessage: SendMessage = alice({
  psk({ secret }) {
    process.stderr.write(`${inspect({ psk: secret.reveal() })}\n`)
    return secret.reveal()
  },
})
