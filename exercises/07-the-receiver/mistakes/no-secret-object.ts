/** "Bytes are bytes." Where they are printed, so is the secret; a Secret shows nothing. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a good ticket is accepted: who it is from, where they are, and the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    accept: ({ username, ip_addr }, secret) => ({ username, ip_addr, secret: secret as never }),
  })
