/**
 * A conversation that asks when it is told to: a child process of ask.test.ts. SIGUSR1 asks, SIGUSR2 shows a status, SIGHUP takes back. Of the
 * first two it prints that they have come: what they bring about may be nothing that is seen.
 */
import { ChatTerminal } from '../../../src/cli/terminal/chat-terminal.ts'

let takeBack = new AbortController()
let asked = 0
let statuses = 0
const terminal: ChatTerminal = new ChatTerminal(
  '> ',
  (line) => void terminal.print(`said: ${line}`),
  () => process.exit(0),
)
process.on('SIGUSR1', () => {
  const number = ++asked
  void terminal.print(`asks ${number}`)
  terminal
    .ask(`question ${number}? `, takeBack.signal)
    .then((answer) => terminal.print(`answer ${number}: ${answer}.`))
})
process.on('SIGUSR2', () => {
  void terminal.print(`status ${++statuses}`)
  terminal.status.show('45 %')
})
process.on('SIGHUP', () => {
  takeBack.abort()
  takeBack = new AbortController()
})
setInterval(() => {}, 1000)
void terminal.print(`process ${process.pid}`)
