#!/usr/bin/env node
/** Yours: sends one text. `sender.js KDC USERNAME RECEIVER` with the text on standard input: exercises/starters/README.md. */
import { buffer } from 'node:stream/consumers'
import { Refused, Session } from './kdc.js'

/** Finishes when the receiver has acknowledged the text and said its end; throws Refused in every other case. */
async function send(session, receiver, text) {
  // Message 3, and message 4: where the receiver is, the secret, and the ticket (§3.2).
  const answer = await session.userinfo(receiver)
  // Replace this line: read message 4, and speak message 5 (§5). noise.js does the mathematics.
  const fields = Object.keys(answer).length
  throw new Refused(
    `exercise 05: write send in sender.js (${fields} fields came, ${text.length} bytes are to be sent)`,
  )
}

const [kdc, username, receiver] = process.argv.slice(2)
try {
  const text = await buffer(process.stdin)
  await send(await Session.login(kdc, username, process.env.SYMBOLON_PASSWORD), receiver, text)
} catch (error) {
  process.stderr.write(`sender: error: ${error.message}\n`)
  process.exitCode = 1
}
