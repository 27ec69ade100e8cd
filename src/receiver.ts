/**
 * Waits for messages and prints them: `tsx src/receiver.ts bob`.
 */
import { parseArguments, parsePort, parsePositiveInteger } from './cli/arguments.ts'
import { Conversation, isInteractive } from './cli/conversation.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { Replies } from './cli/replies.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { stopSignal } from './cli/stop.ts'
import { print, talk } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import type { Channel } from './lib/channel.ts'
import { SymbolonError } from './lib/errors.ts'
import type { Message } from './lib/message.ts'
import { parseUsername } from './lib/names.ts'
import type { PresenceChange } from './lib/presence.ts'

const HELP = `usage: tsx src/receiver.ts NAME [options]

Logs NAME in and prints what others send, one line each: "alice: hi". Serves any
number of senders at once, until Ctrl+C. On a terminal, what you type goes to
whoever spoke last, or to the one you name: "@alice see you".

  --host ADDR           address to listen at (default: 127.0.0.1; 0.0.0.0 for all)
  --port N              port to listen at (default: any that is free)
  --refresh SEC         how often to tell the KDC that we still listen (default: 15)
${LOGIN_HELP}
${OUTPUT_HELP}
  -h, --help            show this

stdout: messages (or events with --json); stderr: talk.
exit status: 0 stopped by Ctrl+C, 1 refused or failed, 2 wrong usage, 3 try later

example: tsx src/receiver.ts bob
`

runTool('receiver', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME'],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      refresh: { type: 'string', default: '15' },
      ...LOGIN_OPTIONS,
      ...OUTPUT_OPTIONS,
    },
  })
  const username = parseUsername(positionals[0] ?? '')
  const port = parsePort(values.port)
  const refreshIntervalMs = 1000 * parsePositiveInteger('--refresh', values.refresh)

  const say = talk('receiver')
  let terminal: Conversation | undefined
  const output = makeOutput('receiver', values, {
    data: (line) => (terminal ? terminal.print(line) : print(line)),
    talk: (line) => (terminal ? void terminal.print(`receiver: ${line}`) : say(line)),
  })
  const session = await loginFrom(username, values, output.trace)
  const replies = new Replies()
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
      serve(channel, replies, output).catch(fail)
    },
    onRefused: ({ address, error }) => {
      const line = `refused a connection from ${address}: ${error.message} (${error.code})`
      output.event('refused', { address, code: error.code }, line)
    },
    onChange: (change) => {
      if (change.state === 'refused') fail(change.error)
      else tellChange(change, output)
    },
  })
  stopSignal().then(leave)
  const at = presence.address
  output.event('listening', { address: at.address, port: at.port }, `listening on ${at.address}:${at.port}`)
  if (isInteractive() && !values.json) {
    terminal = new Conversation('> ', (line) => reply(line, replies, output), leave)
  }
  try {
    await over
  } finally {
    terminal?.close()
    terminal = undefined
    await presence.close()
  }
})

/** Prints what one sender says; each message is acknowledged once it has been written. */
async function serve(channel: Channel, replies: Replies, output: Output): Promise<void> {
  const { username, address } = channel.peer
  output.event('connected', { from: username, address })
  replies.connected(channel)
  try {
    while (true) {
      const message = await receiveOrFail(channel, output)
      if (!message) break
      replies.spoke(channel)
      // Not caught here: a standard output that cannot be written to is the end of this tool, not of one channel.
      await output.said(username, message)
    }
  } finally {
    replies.left(channel)
  }
}

async function receiveOrFail(channel: Channel, output: Output): Promise<Message | undefined> {
  const { username } = channel.peer
  try {
    const message = await channel.receive()
    if (message) return message
    await channel.close()
    output.event('ended', { from: username })
  } catch (error) {
    if (!(error instanceof SymbolonError)) throw error
    output.event(
      'channel_failed',
      { from: username, code: error.code },
      `${username}: ${error.message} (${error.code})`,
    )
  }
  return undefined
}

/** Sends a typed line to whom it is for. */
function reply(line: string, replies: Replies, output: Output): void {
  if (line.trim() === '') return
  const { channel, to, text } = replies.addressee(line)
  if (!channel) {
    output.event('not_sent', { to }, to ? `${to} is not connected now` : 'nobody is connected now')
    return
  }
  channel.send(text).catch((error: Error) => {
    output.event('not_sent', { to }, `${to} did not get that: ${error.message}`)
  })
}

function tellChange(change: Exclude<PresenceChange, { state: 'refused' }>, output: Output): void {
  switch (change.state) {
    case 'renewed':
      output.event('renewed', {}, 'the KDC had forgotten us: logged in again')
      break
    case 'lost':
      output.event('kdc_lost', {}, `${change.error.message}; still listening, and trying again`)
      break
    case 'back':
      output.event('kdc_back', {}, 'the KDC is back')
      break
  }
}
