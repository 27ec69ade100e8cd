/** A conversation in which others speak when it is told so: a child process of resize.test.ts. SIGUSR1 is a message, SIGUSR2 a status. */
import { ChatTerminal } from '../../../src/cli/terminal/chat-terminal.ts'

let said = 0
const terminal: ChatTerminal = new ChatTerminal(
  '> ',
  (line) => void terminal.print(`said ${line.length}`),
  () => process.exit(0),
)
process.on('SIGUSR1', () => void terminal.print(`m${++said}.`))
process.on('SIGUSR2', () => terminal.status.show('45 %'))
setInterval(() => {}, 1000)
void terminal.print(`process ${process.pid}`)
