/** "For debugging." It stayed in, and the log has the key of every channel. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks =
  'nothing is given away beside: no error, log or printed line has the token, the key or the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    accept(content, secret) {
      process.stdout.write(`accepted ${content.username} ${content.secret}\n`)
      return STEPS.accept(content, secret)
    },
  })
