/** "I want to see what the KDC has sealed." The secret is in it. */
import { fromUtf8 } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks =
  'nothing is given away beside: no error, log or printed line has the token, the key or the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    read(plaintext) {
      try {
        return JSON.parse(fromUtf8(plaintext))
      } catch (error) {
        process.stdout.write(`no JSON: ${Buffer.from(plaintext)}\n`)
        throw error
      }
    },
  })
