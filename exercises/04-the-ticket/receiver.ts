/**
 * Bob's real receiver, called with a ticket.
 *
 * @module
 */
import { type Channel, connect, listen, Secret } from 'symbolon/protocol'
import type { Session } from './given.ts'

/** What came of calling a real receiver with a ticket. */
export interface Call {
  readonly heard: readonly string[]
  /** The code of the refusal in the receiver's log. */
  readonly refused: string | undefined
  readonly error: string | undefined
}

export interface Caller {
  readonly ticket: Uint8Array
  readonly secret: Uint8Array
  readonly text: string
}

/** A real receiver: it judges as docs/protocol.md §4.3 says, and is called with each in turn. */
export async function call(receiver: Session, now: number, ...callers: readonly Caller[]): Promise<Call[]> {
  let heard: string[] = []
  let refused: string | undefined
  const onChannel = async (channel: Channel) => {
    for await (const { text } of channel) heard.push(`${channel.peer.username}: ${text}`)
    await channel.close()
  }
  const listener = await listen({
    username: receiver.username,
    token: receiver.token,
    clock: () => now,
    onRefused: ({ error }) => {
      refused = error.code
    },
    onChannel,
  })
  const calls: Call[] = []
  try {
    for (const { ticket, secret, text } of callers) {
      const error = await say(listener.address.port, receiver.username, ticket, secret, text)
      calls.push({ heard, refused, error })
      heard = []
      refused = undefined
    }
  } finally {
    await listener.close()
  }
  return calls
}

/** @returns what went wrong. */
async function say(
  port: number,
  receiver: string,
  ticket: Uint8Array,
  bytes: Uint8Array,
  text: string,
): Promise<string | undefined> {
  try {
    const secret = new Secret('channel secret', bytes)
    const channel = await connect({ host: '127.0.0.1', port, ticket, secret, receiver })
    await channel.send(text)
    await channel.close()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
