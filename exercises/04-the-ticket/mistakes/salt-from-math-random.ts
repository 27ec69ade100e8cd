/** "For a salt, which is public, Math.random is good enough." Who knows a few of its numbers knows the next; and nothing makes sure that two KDCs do not have the same. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({ salt: () => Uint8Array.from({ length: 32 }, () => Math.floor(Math.random() * 256)) }),
)
