/**
 * Sends a message, or talks: `tsx src/sender.ts alice bob "hi"`.
 */

import { parseArguments, parseSeconds } from './cli/arguments.ts'
import { Conversation, isInteractive } from './cli/conversation.ts'
import { UsageError } from './cli/errors.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { haveMailbox } from './cli/have-mailbox.ts'
import { HELP_HELP, optionLines } from './cli/help.ts'
import { commandOf } from './cli/installed.ts'
import { Mail } from './cli/mail.ts'
import { closeFiles, FILE_HELP, FILE_OPTION, openFiles, sendFiles } from './cli/send-files.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { readStdin } from './cli/stdin.ts'
import { stopping } from './cli/stop.ts'
import { leaveMessage } from './cli/stored.ts'
import { print, talk } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import type { Outgoing } from './files/outgoing.ts'
import { utf8 } from './lib/bytes.ts'
import { type Channel, MAX_MESSAGE_BYTES } from './lib/channel.ts'
import type { Session } from './lib/client.ts'
import { ProtocolError, SymbolonError, TransportError } from './lib/errors.ts'
import { kindOf } from './lib/mls/payload.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: ${commandOf('send')} NAME RECEIVER [MESSAGE | -] [options]

Sends a message straight to RECEIVER: MESSAGE, or with "-" standard input (1 MiB
at most). If RECEIVER is away, it waits at the KDC, encrypted, as files always
do. With neither, on a terminal, it is a conversation, until Ctrl+D.

${optionLines(
  FILE_HELP,
  ['--timeout SEC', 'how long to wait for the acknowledgement (default: 30)'],
  ['--no-store', 'fail when RECEIVER is away'],
  ...LOGIN_HELP,
  ...OUTPUT_HELP,
  HELP_HELP,
)}

stdout: what RECEIVER says (or events with --json); stderr: talk.
exit status: 0 delivered or stored, 1 failed, 2 wrong usage, 3 try later

example: ${commandOf('send')} alice bob "hi"
`

runTool('sender', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME', 'RECEIVER', '[MESSAGE]'],
    options: {
      timeout: { type: 'string', default: '30' },
      'no-store': { type: 'boolean' },
      ...FILE_OPTION,
      ...LOGIN_OPTIONS,
      ...OUTPUT_OPTIONS,
    },
  })
  const [name = '', to = '', words] = positionals
  const [username, receiver] = [parseUsername(name), parseUsername(to)]
  const timeoutSec = parseSeconds('--timeout', values.timeout)
  const paths = values.file ?? []
  if (paths.length > 0 && values['no-store']) {
    throw new UsageError('--file and --no-store do not go together', 'files always wait at the KDC')
  }
  if (words === undefined && paths.length === 0 && !isInteractive()) {
    throw new UsageError('there is no message', 'give it in quotes, or - to send standard input')
  }
  const message = words === '-' ? await readStdin(MAX_MESSAGE_BYTES) : words
  const files = await openFiles(paths, words)

  const say = talk('sender')
  let terminal: Conversation | undefined
  const output = makeOutput('sender', values, {
    data: (line) => (terminal ? terminal.print(line) : print(line)),
    talk: (line) => (terminal ? void terminal.print(`sender: ${line}`) : say(line)),
  })
  const { session } = await loginFrom(username, values, output)
  try {
    if (message !== undefined) {
      await tell(session, output, receiver, message, { timeoutSec, mayStore: !values['no-store'] })
    } else if (files.length === 0) {
      const channel = await session.connect(receiver)
      output.event('connected', { to: receiver }, `talking with ${receiver}; Ctrl+D ends`)
      await converse(channel, output, (begun) => {
        terminal = begun
      })
    }
    if (files.length > 0) await sendAll(session, output, receiver, files)
    await haveMailbox(session, output).catch(() => {})
  } finally {
    await closeFiles(files)
    // The KDC may be gone by now; the session then ends by itself.
    await session.logout().catch(() => {})
  }
})

/** Sends one message: straight to the receiver, or by way of the KDC. */
async function tell(
  session: Session,
  output: Output,
  receiver: string,
  message: string | Uint8Array,
  { timeoutSec, mayStore }: { timeoutSec: number; mayStore: boolean },
): Promise<void> {
  let away: unknown
  const channel = await session.connect(receiver).catch((error: unknown) => {
    // Nobody has a mailbox in common with oneself.
    if (!mayStore || receiver === session.username || !isAway(error)) throw error
    away = error
  })
  if (channel) {
    await deliver(channel, message, timeoutSec)
    output.event('delivered', { to: receiver }, `delivered to ${receiver}`)
    return
  }
  await store(session, output, receiver, message).catch((error: unknown) => {
    // Somebody who has never been here has no keys to encrypt it with.
    const hasNone = error instanceof ProtocolError && error.code === 'receiver_unknown'
    throw hasNone ? withoutMailbox(away, receiver) : error
  })
  output.event('stored', { to: receiver }, `stored for ${receiver}, who is away`)
}

function withoutMailbox(away: unknown, receiver: string): unknown {
  if (!(away instanceof ProtocolError && away.code === 'receiver_offline')) return away
  const why = `${receiver} is not listening anywhere, and nothing can wait for one who has never logged in`
  return new ProtocolError('receiver_offline', why, { cause: away })
}

/** Leaves files with the KDC, until Ctrl+C. */
async function sendAll(
  session: Session,
  output: Output,
  receiver: string,
  files: readonly Outgoing[],
): Promise<void> {
  const mail = await Mail.open(session, output)
  try {
    await sendFiles(mail, output, { with: receiver }, files, stopping())
  } finally {
    await mail.close()
  }
}

// Nobody is there, or nobody who could prove to be the receiver: nothing was said yet.
const AWAY = ['receiver_offline', 'peer_unreachable', 'peer_silent', 'handshake_failed']

function isAway(error: unknown): boolean {
  return error instanceof SymbolonError && AWAY.includes(error.code)
}

/** Leaves one message with the KDC, which cannot read it. */
async function store(
  session: Session,
  output: Output,
  receiver: string,
  message: string | Uint8Array,
): Promise<void> {
  const mail = await Mail.open(session, output)
  try {
    await mail.use(async (mailbox) => {
      await mailbox.sync()
      const bytes = typeof message === 'string' ? utf8(message) : message
      await leaveMessage(mailbox, output, { with: receiver }, bytes, kindOf(bytes))
    })
  } finally {
    await mail.close()
  }
}

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
