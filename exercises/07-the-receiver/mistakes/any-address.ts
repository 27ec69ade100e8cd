/** "An address is a text." `example.org` is one too, and it is asked for in the net. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    judgeContent: (content) =>
      STEPS.judgeContent({ ...content, ip_addr: content.ip_addr && `${content.ip_addr}` && '192.0.2.1' }),
  })
