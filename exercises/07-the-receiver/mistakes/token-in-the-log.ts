/** "With the token I can open it by hand." So can everybody who reads the log. */
import { toBase64url } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks =
  'nothing is given away beside: no error, log or printed line has the token, the key or the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    refuse(_, { login }) {
      return new Error(`refused, token ${toBase64url(login.token.reveal())}`)
    },
  })
