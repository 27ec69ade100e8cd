/** "Nobody else has these two names: a salt of their own." The same each time they talk. */
import { hkdf, utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({
    salt: (_randomBytes, { username, receiver }) => hkdf(utf8(username), utf8(receiver), 'salt'),
  }),
)
