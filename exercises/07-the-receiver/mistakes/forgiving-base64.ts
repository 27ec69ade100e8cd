/** "Buffer reads every base64." Also what is none: it leaves out what it does not know. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'what is sealed is as the protocol has it, or it is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    secret: (text) => Uint8Array.from(Buffer.from(text, 'base64url')),
  })
