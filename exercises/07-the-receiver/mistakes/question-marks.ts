/** "toString() shows what it can." Two different tickets are the same text then. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    read: (plaintext) => JSON.parse(Buffer.from(plaintext).toString()),
  })
