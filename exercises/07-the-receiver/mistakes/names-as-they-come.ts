/** "A name is a text." This one ends with a line break, and the log has two lines. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver, STEPS } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    judgeContent({ username, ...rest }) {
      check(typeof username === 'string' && username, 'ticket_damaged')
      STEPS.judgeContent({ ...rest, username: 'alice' })
    },
  })
