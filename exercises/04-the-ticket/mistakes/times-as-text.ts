/** "JSON is text, so a time is text." JSON has numbers, and bob calculates with these. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

const plaintext = (content: object) =>
  utf8(JSON.stringify(content, (_name, value) => (typeof value === 'number' ? String(value) : value)))

export const answerUserinfo = answerWith(ticketWith({ plaintext }))
