/**
 * Delivering a message to a receiver who is there.
 *
 * @module
 */
import type { Channel } from '../../lib/channel/channel.ts'
import { TransportError } from '../../lib/errors.ts'

/**
 * Sends one message, and waits until it is acknowledged.
 *
 * @throws TransportError `peer_silent` when that takes longer than `timeoutSec`; as `Channel.send`.
 */
export async function deliver(
  channel: Channel,
  message: string | Uint8Array,
  timeoutSec: number,
): Promise<void> {
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
}
