/**
 * A conversation from the sender's side.
 *
 * @module
 */
import type { Channel } from '../lib/channel.ts'
import { Conversation } from './conversation.ts'
import type { Output } from './events.ts'
import type { Screen } from './screen.ts'

/** Sends each typed line and prints each received one, until either side ends. */
export async function converse(channel: Channel, output: Output, screen: Screen): Promise<void> {
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
  screen.conversation = terminal
  try {
    for await (const message of channel) await output.said(username, message)
  } finally {
    screen.close()
  }
  await channel.close()
  await Promise.all(sending)
  output.event('ended', { with: username }, leaving ? undefined : `${username} has left`)
}
