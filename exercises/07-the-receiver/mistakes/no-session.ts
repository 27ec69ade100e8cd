/** "If it opens, it is for this session." The header says another, and the protocol asks. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    session: () => {},
  })
