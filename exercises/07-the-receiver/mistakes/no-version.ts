/** "There is one version." A later one may mean something else by the same bytes. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    version: () => {},
  })
