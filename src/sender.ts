/** Sends a message, files or a stream, or talks: `tsx src/sender.ts alice bob "hi"`. */
import { parseSeconds } from './cli/arguments.ts'
import { clientTool } from './cli/client-tool.ts'
import { UsageError } from './cli/errors.ts'
import { LOGIN_OPTIONS, nameOfKeytab, withSession } from './cli/login/login.ts'
import { converse } from './cli/send/converse.ts'
import { ITEM_OPTIONS, judgeItems, OutgoingItems } from './cli/send/outgoing-items.ts'
import { sendAll } from './cli/send/send.ts'
import {
  type Input,
  leaveStdin,
  mayBeNamed,
  messageGiven,
  readInput,
  SENDER_NAME_HINT,
  STDIN,
  type Words,
} from './cli/send/stdin.ts'
import { isInteractive, Screen } from './cli/terminal/chat-terminal.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { utf8 } from './lib/bytes.ts'
import { MAX_MESSAGE_BYTES } from './lib/channel/message.ts'
import { parseUsername } from './lib/names.ts'
import type { Session } from './lib/session.ts'

/** How long to wait for an acknowledgement; and for an answer about a file, which a person may have to give. */
const TIMEOUT_SEC = { message: 30, files: 300 }

clientTool('send', {
  help: (command, options) => `usage: ${command} NAME RECEIVER [MESSAGE | -] [options]

Sends MESSAGE, or with "-" standard input, and files straight to RECEIVER. What
RECEIVER cannot take now waits at the KDC, encrypted. With nothing to send, on a
terminal, it is a conversation, until Ctrl+D. A long "-" is a stream, for
RECEIVER's --once. Files that were cut short go on from there when sent again.
With --keytab, NAME may be left out; "--" goes before a one-word MESSAGE then.

${options}

exit status: 0 delivered or stored, 1 failed, 2 wrong usage, 3 try later

example: ${command} alice bob "hi"
`,
  positionals: ['NAME', 'RECEIVER', '[MESSAGE]'],
  options: {
    ...ITEM_OPTIONS,
    timeout: { type: 'string', help: ['SEC', 'how long to wait for RECEIVER (default: 30; files 300)'] },
    'no-store': { type: 'boolean', help: ['', 'store nothing at the KDC: fail instead'] },
    ...LOGIN_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  greedy: { option: 'file', after: 2 },
  implied: nameOfKeytab(mayBeNamed, SENDER_NAME_HINT),
  async run({ values, positionals, literals }) {
    const [name = '', to = '', words] = positionals
    const [username, receiver] = [parseUsername(name), parseUsername(to)]
    const timeout = values.timeout === undefined ? undefined : parseSeconds('--timeout', values.timeout)
    const timeoutSec = timeout === undefined ? TIMEOUT_SEC : { message: timeout, files: timeout }
    const given = messageGiven(words, literals)
    await judgeItems(values, given)

    const screen = new Screen('sender')
    const output = makeOutput('sender', values, screen)
    const items = await OutgoingItems.look(values, output)
    if (given === undefined && items.count === 0 && !isInteractive()) {
      throw new UsageError('there is no message', 'give it in quotes, or - to send standard input')
    }
    const input = await inputFrom(given)
    const work = async (session: Session) => {
      if (input || items.count > 0) {
        const mayStore = !values['no-store']
        await sendAll({ session, output, receiver, mayStore, timeoutSec }, input, items)
      } else {
        const channel = await session.connect(receiver)
        output.event('connected', { to: receiver }, `talking with ${receiver}; Ctrl+D ends`)
        await converse(channel, output, screen)
      }
    }
    await withSession(username, values, output, work).finally(leaveStdin)
  },
})

async function inputFrom(given: Words): Promise<Input | undefined> {
  return given === STDIN ? readInput(MAX_MESSAGE_BYTES) : given && { message: utf8(given.text) }
}
