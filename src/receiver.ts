/**
 * Waits for messages and prints them: `tsx src/receiver.ts bob`.
 */

import { parseArguments } from './cli/arguments.ts'
import { ToolError } from './cli/errors.ts'
import { commandOf } from './cli/installed.ts'
import { LOGIN_OPTIONS, loginFrom, nameOfKeytab, OWN_LOGIN_HELP } from './cli/login/login.ts'
import { SAVE_HELP, SAVE_OPTIONS, savingFrom } from './cli/mailbox/save-files.ts'
import { LISTEN_HELP, LISTEN_OPTIONS, listenAddressFrom, listenAt } from './cli/receive/listen.ts'
import { judgeOnce, ONCE_HELP, ONCE_OPTION, receiveOnce } from './cli/receive/once.ts'
import { ReceiverLoop } from './cli/receive/receiver-loop.ts'
import { showStoredMessages } from './cli/receive/stored-messages.ts'
import { askToStop, stopSignal } from './cli/stop.ts'
import { ASK_HELP, ASK_OPTION, askerFrom } from './cli/terminal/ask.ts'
import { ChatTerminal, isInteractive, Screen } from './cli/terminal/chat-terminal.ts'
import { optionLines } from './cli/terminal/help.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { runTool } from './cli/tool.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: ${commandOf('receive')} NAME [options]

Prints what others send NAME, one line each: "alice: hi", and messages stored at
the KDC, until Ctrl+C. On a terminal, what you type goes to the one in the
prompt, or to the one you name: "@alice see you".

${optionLines(...LISTEN_HELP, ...SAVE_HELP, ASK_HELP, ONCE_HELP, ...OWN_LOGIN_HELP, ...OUTPUT_HELP)}

exit status: 0 ended by Ctrl+C, 1 refused or failed, 2 wrong usage, 3 try later
example: ${commandOf('receive')} bob --output inbox
`

runTool('receiver', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME'],
    implied: nameOfKeytab(),
    options: {
      ...LISTEN_OPTIONS,
      ...SAVE_OPTIONS,
      ...ASK_OPTION,
      ...ONCE_OPTION,
      ...LOGIN_OPTIONS,
      ...OUTPUT_OPTIONS,
    },
  })
  const username = parseUsername(positionals[0] ?? '')
  const place = listenAddressFrom(values)
  judgeOnce(values)
  const isTyping = isInteractive() && !values.json && !values.once
  const ended = new AbortController()
  const screen = new Screen('receiver', { bytesOnly: values.once })
  const ask = askerFrom(values, screen)
  const saving = await savingFrom(values, ended.signal, isTyping)
  const output = makeOutput('receiver', values, screen)
  const { session } = await loginFrom(username, values, output, 'own')
  const stopped = stopSignal()
  stopped.then(() => ended.abort(new ToolError('stopped')))
  const status = () => screen.conversation?.status
  const settings = { output, saving, ask, status, signal: ended.signal }
  if (values.once) return receiveOnce(session, place, settings)

  const receiverLoop = new ReceiverLoop(screen, settings)
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<void>((_, reject) => {
    fail = reject
  })
  const presence = await listenAt(session, output, place, (channel) => receiverLoop.serve(channel), fail)
  const stored = showStoredMessages(session, output, ended.signal, saving, () => presence.hint())
  if (isTyping) screen.conversation = new ChatTerminal('> ', receiverLoop.reply, askToStop)
  try {
    await Promise.race([stopped, failed])
  } finally {
    screen.close()
    ended.abort()
    await presence.close()
    await stored
  }
})
