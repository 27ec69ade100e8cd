/** "Bob gets the bytes in hexadecimal." The same bytes are another text, and it is base64url that both read. */
import { fromBase64url, utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) =>
      utf8(
        JSON.stringify({ ...content, secret: Buffer.from(fromBase64url(content.secret)).toString('hex') }),
      ),
  }),
)
