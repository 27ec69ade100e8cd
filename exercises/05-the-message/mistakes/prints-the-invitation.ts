/** "One look at what the KDC sent." With all that is in it. */
import { inspect } from 'node:util'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the secret is not printed'

export const sendMessage: SendMessage = alice({
  psk({ secret }) {
    process.stderr.write(`${inspect({ psk: secret.reveal() })}\n`)
    return secret.reveal()
  },
})
