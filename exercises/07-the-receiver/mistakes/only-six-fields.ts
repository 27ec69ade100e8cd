/** "Six fields, and no more." A later KDC adds one, and nobody reaches bob any more. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver, STEPS } from './shared/habits.ts'

export const breaks = 'a good ticket is accepted: who it is from, where they are, and the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    judgeContent(content) {
      STEPS.judgeContent(content)
      check(Object.keys(content).length === 6, 'ticket_damaged')
    },
  })
