/**
 * Waits for messages and prints them: `tsx src/receiver.ts bob`.
 */

import { parseArguments, parsePort, parseSeconds } from './cli/arguments.ts'
import { ASK_HELP, ASK_OPTION, askerFrom } from './cli/ask.ts'
import { Conversation, isInteractive } from './cli/conversation.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { optionLines } from './cli/help.ts'
import { commandOf } from './cli/installed.ts'
import { showLetters } from './cli/letters.ts'
import { Reception } from './cli/reception.ts'
import { refusalReporter } from './cli/refusals.ts'
import { SAVE_HELP, SAVE_OPTIONS, savingFrom } from './cli/save-files.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { askToStop, stopSignal } from './cli/stop.ts'
import { print, talk } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import { parseUsername } from './lib/names.ts'
import type { PresenceChange } from './lib/presence.ts'

const HELP = `usage: ${commandOf('receive')} NAME [options]

Logs NAME in and prints what others send, one line each: "alice: hi", and what
has waited at the KDC, with its time; until Ctrl+C. On a terminal, what you type
goes to the one in the prompt, or to the one you name: "@alice see you".

${optionLines(
  ['--host ADDR', 'listen here, 0.0.0.0 for everywhere (default: 127.0.0.1)'],
  ['--port N', 'and this port (default: any that is free)'],
  ['--refresh SEC', 'how often to tell the KDC so (default: 15)'],
  ...SAVE_HELP,
  ASK_HELP,
  ...LOGIN_HELP,
  ...OUTPUT_HELP,
)}

exit status: 0 ended by Ctrl+C, 1 refused or failed, 2 wrong usage, 3 try later

example: ${commandOf('receive')} bob
`

runTool('receiver', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME'],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      refresh: { type: 'string', default: '15' },
      ...SAVE_OPTIONS,
      ...ASK_OPTION,
      ...LOGIN_OPTIONS,
      ...OUTPUT_OPTIONS,
    },
  })
  const username = parseUsername(positionals[0] ?? '')
  const port = parsePort(values.port)
  const refreshIntervalMs = 1000 * parseSeconds('--refresh', values.refresh)
  const isTyping = isInteractive() && !values.json
  const ended = new AbortController()
  let terminal: Conversation | undefined
  const ask = askerFrom(values, () => terminal)
  const saving = await savingFrom(values, ended.signal, isTyping)
  const status = () => terminal?.status

  const say = talk('receiver')
  const output = makeOutput('receiver', values, {
    data: (line) => (terminal ? terminal.print(line) : print(line)),
    talk: (line) => (terminal ? void terminal.print(`receiver: ${line}`) : say(line)),
  })
  const reception = new Reception(() => terminal, { output, saving, ask, status, signal: ended.signal })
  const { session } = await loginFrom(username, values, output)
  let fail: (error: unknown) => void = () => {}
  let leave: () => void = () => {}
  const over = new Promise<void>((resolve, reject) => {
    leave = resolve
    fail = reject
  })

  const presence = await session.listen({
    host: values.host,
    port,
    refreshIntervalMs,
    onChannel: (channel) => {
      reception.serve(channel).catch(fail)
    },
    onRefused: refusalReporter(output),
    onChange: (change) => {
      if (change.state === 'refused') fail(change.error)
      else tellChange(change, output)
    },
  })
  stopSignal().then(leave)
  const at = presence.address
  output.event('listening', { address: at.address, port: at.port }, `listening on ${at.address}:${at.port}`)
  const letters = showLetters(session, output, ended.signal, saving)
  if (isTyping) terminal = new Conversation('> ', reception.reply, askToStop)
  try {
    await over
  } finally {
    terminal?.close()
    terminal = undefined
    ended.abort()
    await presence.close()
    await letters
  }
})

function tellChange(change: Exclude<PresenceChange, { state: 'refused' }>, output: Output): void {
  switch (change.state) {
    case 'renewed':
      output.event('renewed', {}, 'logged in again: the session had ended')
      break
    case 'lost':
      output.event('kdc_lost', {}, `${change.error.message}; still listening, and trying again`)
      break
    case 'back':
      output.event('kdc_back', {}, 'the KDC is back')
      break
  }
}
