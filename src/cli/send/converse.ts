/** A conversation from the sender's side. */
import type { Channel } from '../../lib/channel/channel.ts'
import { TransportError } from '../../lib/errors.ts'
import { EXIT, ToolError } from '../errors.ts'
import { ChatTerminal, type Screen } from '../terminal/chat-terminal.ts'
import type { Output } from '../terminal/output.ts'

/** Sends each typed line and prints each received one, until either side ends. */
export async function converse(channel: Channel, output: Output, screen: Screen): Promise<void> {
  const { username } = channel.peer
  const sending = new Set<Promise<void>>()
  let leaving = false
  let unsure = false
  const terminal = new ChatTerminal(
    '> ',
    (line) => {
      if (line.trim() === '') return
      const sent = channel.send(line).catch((error: Error) => {
        unsure = true
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
  screen.conversation = terminal
  try {
    for await (const message of channel) await output.said(username, message)
    screen.close()
    await channel.close()
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    // Each line that was under way fails too, and is told.
    await Promise.all(sending)
    throw unsure ? error : withoutDoubt(error, username)
  } finally {
    screen.close()
  }
  await Promise.all(sending)
  output.event('ended', { with: username }, leaving ? undefined : `${username} has left`)
}

// The hint of the library's error is for what was under way.
function withoutDoubt(error: TransportError, username: string): ToolError {
  return new ToolError(`${username} is gone, without a word: ${error.message}`, {
    hint: `all that you had sent has arrived; what ${username} sent last may be missing`,
    code: error.code,
    exitCode: EXIT.tryLater,
    cause: error,
  })
}
