/** "The KDC has sealed it, so it is right." A KDC can be wrong, and there are several versions of it. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    judgeContent: () => {},
  })
