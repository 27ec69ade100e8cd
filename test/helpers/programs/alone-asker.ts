/** Asks twice where there is no conversation: a child process of ask.test.ts. SIGHUP takes a question back. */
import { askerFrom } from '../../../src/cli/terminal/ask.ts'

const LONG =
  'alice wants to send a-very-long-name-of-a-file-that-goes-on-and-on.pdf and 12 more (13 files, 1.2 GB). Save them?'
const ask = askerFrom({ ask: true, output: 'inbox' }, { conversation: undefined })
let takeBack = new AbortController()
process.on('SIGHUP', () => takeBack.abort())
process.stdout.write(`process ${process.pid}\n`)
for (const question of [LONG, 'Save it?', 'Really?']) {
  takeBack = new AbortController()
  process.stdout.write(`answer: ${await ask?.(question, takeBack.signal)}\n`)
}
