/** "What is too short does not open anyhow." And what is too long keeps bob busy. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    length: () => {},
  })
