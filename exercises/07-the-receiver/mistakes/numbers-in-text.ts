/** "Number() makes a number of it." Also of true, null and a list. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    judgeContent: ({ issued_at, expires_at, ...rest }) =>
      STEPS.judgeContent({ ...rest, issued_at: Number(issued_at), expires_at: Number(expires_at) }),
  })
