/** Waits for messages and prints them: `tsx src/receiver.ts bob`. */
import { clientTool } from './cli/client-tool.ts'
import { ToolError } from './cli/errors.ts'
import { loginFrom, nameOfKeytab, OWN_LOGIN_OPTIONS } from './cli/login/login.ts'
import { SAVE_OPTIONS, savingFrom } from './cli/mailbox/save-files.ts'
import { LISTEN_OPTIONS, listenAddressFrom, listenAt } from './cli/receive/listen.ts'
import { judgeOnce, ONCE_OPTION, receiveOnce } from './cli/receive/once.ts'
import { receiverLoop } from './cli/receive/receiver-loop.ts'
import { showStoredMessages } from './cli/receive/stored-messages.ts'
import { askToStop, stopSignal } from './cli/stop.ts'
import { ASK_OPTION, askerFrom } from './cli/terminal/ask.ts'
import { ChatTerminal, isInteractive, Screen } from './cli/terminal/chat-terminal.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { parseUsername } from './lib/names.ts'

clientTool('receive', {
  help: (command, options) => `usage: ${command} NAME [options]

Prints what others send NAME, one line each: "alice: hi", and messages stored at
the KDC, until Ctrl+C. On a terminal, what you type goes to the one in the
prompt, or to the one you name: "@alice see you".

${options}

exit status: 0 ended by Ctrl+C, 1 refused or failed, 2 wrong usage, 3 try later
example: ${command} bob --output inbox
`,
  positionals: ['NAME'],
  implied: nameOfKeytab(),
  options: {
    ...LISTEN_OPTIONS,
    ...SAVE_OPTIONS,
    ...ASK_OPTION,
    ...ONCE_OPTION,
    ...OWN_LOGIN_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  async run({ values, positionals }) {
    const username = parseUsername(positionals[0] ?? '')
    const address = listenAddressFrom(values)
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
    if (values.once) return receiveOnce(session, address, settings)

    const { serve, reply } = receiverLoop(screen, settings)
    let fail: (error: unknown) => void = () => {}
    const failed = new Promise<void>((_, reject) => {
      fail = reject
    })
    const presence = await listenAt(session, output, address, serve, fail)
    const stored = showStoredMessages(session, output, ended.signal, saving, () => presence.hint())
    if (isTyping) screen.conversation = new ChatTerminal('> ', reply, askToStop)
    try {
      await Promise.race([stopped, failed])
    } finally {
      screen.close()
      ended.abort()
      await presence.close()
      await stored
    }
  },
})
