/**
 * Sends a message, or talks: `tsx src/sender.ts alice bob "hi"`.
 */

import { parseArguments, parseSeconds } from './cli/arguments.ts'
import { Conversation, isInteractive } from './cli/conversation.ts'
import { ToolError, UsageError } from './cli/errors.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { HELP_HELP, optionLines } from './cli/help.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { readStdin } from './cli/stdin.ts'
import { print, talk } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import { type Channel, MAX_MESSAGE_BYTES } from './lib/channel.ts'
import { TransportError } from './lib/errors.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: npx tsx src/sender.ts NAME RECEIVER [MESSAGE | -] [options]

Logs NAME in and sends one message straight to RECEIVER: MESSAGE, or with "-"
what standard input holds (1 MiB at most). Without either, on a terminal, it is
a conversation, until Ctrl+D.

${optionLines(
  ['--timeout SEC', 'how long to wait for the acknowledgement (default: 30)'],
  ...LOGIN_HELP,
  ...OUTPUT_HELP,
  HELP_HELP,
)}

stdout: what RECEIVER says (or events with --json); stderr: talk.
exit status: 0 RECEIVER has acknowledged the message, 1 refused or failed,
2 wrong usage, 3 cannot reach: try later

example: npx tsx src/sender.ts alice bob "hi"
`

runTool('sender', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME', 'RECEIVER', '[MESSAGE]'],
    options: { timeout: { type: 'string', default: '30' }, ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  })
  const [name = '', to = '', words] = positionals
  const [username, receiver] = [parseUsername(name), parseUsername(to)]
  const timeoutSec = parseSeconds('--timeout', values.timeout)
  if (words === undefined && !isInteractive()) {
    throw new UsageError('there is no message', 'give it in quotes, or - to send standard input')
  }
  const message = words === '-' ? await readStdin(MAX_MESSAGE_BYTES) : words
  if (words === '-' && message?.length === 0) throw new ToolError('standard input is empty: nothing was sent')

  const say = talk('sender')
  let terminal: Conversation | undefined
  const output = makeOutput('sender', values, {
    data: (line) => (terminal ? terminal.print(line) : print(line)),
    talk: (line) => (terminal ? void terminal.print(`sender: ${line}`) : say(line)),
  })
  const { session } = await loginFrom(username, values, output)
  try {
    const channel = await session.connect(receiver)
    if (message !== undefined) {
      await deliver(channel, message, timeoutSec)
      output.event('delivered', { to: receiver }, `delivered to ${receiver}`)
    } else {
      output.event('connected', { to: receiver }, `talking with ${receiver}; Ctrl+D ends`)
      await converse(channel, output, (begun) => {
        terminal = begun
      })
    }
  } finally {
    // The KDC may be gone by now; the session then ends by itself.
    await session.logout().catch(() => {})
  }
})

/** Sends one message and ends; what the receiver may say meanwhile is not read. */
async function deliver(channel: Channel, message: string | Uint8Array, timeoutSec: number): Promise<void> {
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    channel.destroy('timed_out')
  }, timeoutSec * 1000)
  try {
    await channel.send(message)
  } catch (error) {
    if (!timedOut) throw error
    const { username } = channel.peer
    throw new TransportError(
      'peer_silent',
      `${username} did not acknowledge the message within ${timeoutSec} s`,
    )
  } finally {
    clearTimeout(timer)
  }
  // Delivered: an end that is not returned in good order changes nothing about that.
  await channel.close().catch(() => {})
}

/** Sends each typed line and prints each received one, until either side ends. */
async function converse(
  channel: Channel,
  output: Output,
  onTerminal: (terminal: Conversation | undefined) => void,
): Promise<void> {
  const { username } = channel.peer
  const sending = new Set<Promise<void>>()
  let leaving = false
  const terminal = new Conversation(
    '> ',
    (line) => {
      if (line.trim() === '') return
      const sent = channel.send(line).catch((error: Error) => {
        output.event('not_sent', { to: username }, `${username} did not get "${line}": ${error.message}`)
      })
      sending.add(sent)
      sent.finally(() => sending.delete(sent))
    },
    () => {
      leaving = true
      channel.end()
    },
  )
  onTerminal(terminal)
  try {
    for await (const message of channel) await output.said(username, message)
  } finally {
    terminal.close()
    onTerminal(undefined)
  }
  await channel.close()
  await Promise.all(sending)
  output.event('ended', { with: username }, leaving ? undefined : `${username} has left`)
}
