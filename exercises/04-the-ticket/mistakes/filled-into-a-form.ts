/** "A form, and each word of it replaced once." A user called 'receiver' is replaced as well. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

const FORM =
  '{"username":"username","ip_addr":"ip_addr","secret":"secret","receiver":"receiver","issued_at":"issued_at","expires_at":"expires_at"}'

export const answerUserinfo = answerWith((content, token, randomBytes) => {
  let text = FORM
  for (const [name, value] of Object.entries(content))
    text = text.replace(`:"${name}"`, () => `:${JSON.stringify(value)}`)
  return ticketWith({ plaintext: () => utf8(text) })(content, token, randomBytes)
})
