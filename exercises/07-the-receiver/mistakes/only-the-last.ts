/** "I keep the last one, and compare." An attacker waits until another one has come. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    remember({ memory, salt }, { expires_at }) {
      memory.clear()
      memory.set(salt, expires_at + 60)
    },
  })
