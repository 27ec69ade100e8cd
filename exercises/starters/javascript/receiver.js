#!/usr/bin/env node
/** Yours: receives texts. `receiver.js KDC USERNAME`: exercises/starters/README.md. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Refused, Session } from './kdc.js'

/** One channel, from its first byte to its end; throws Refused when it is not as agreed. */
async function receive(_socket, session) {
  // Replace this line: judge the ticket (§4.3), and speak message 5 (§5). noise.js does the mathematics.
  throw new Refused(`exercise 07: write receive in receiver.js (a connection came for ${session.username})`)
}

const [kdc, username] = process.argv.slice(2)
try {
  const session = await Session.login(kdc, username, process.env.SYMBOLON_PASSWORD)
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    // What breaks a connection is told to whoever reads it.
    socket.on('error', () => {})
    try {
      await receive(socket, session)
    } catch (error) {
      process.stderr.write(`receiver: refused: ${error.message}\n`)
    } finally {
      socket.destroySoon()
    }
  })
  await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  await session.listen(server.address().port)
} catch (error) {
  process.stderr.write(`receiver: error: ${error.message}\n`)
  process.exit(1)
}
