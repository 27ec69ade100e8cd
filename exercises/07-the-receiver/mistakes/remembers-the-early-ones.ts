/** "It opened, so I remember it." It was refused, and when its time comes it is taken for used. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver, STEPS } from './shared/habits.ts'

export const breaks = 'what is refused has used up nothing'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    receiver(content, seen) {
      STEPS.receiver(content, seen)
      STEPS.replay(seen, content)
      STEPS.remember(seen, content)
    },
    room({ memory, login, now }) {
      for (const [old, until] of memory) if (until <= now) memory.delete(old)
      check(memory.size <= login.memory, 'request_refused')
    },
    replay: () => {},
    remember: () => {},
  })
