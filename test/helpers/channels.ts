/** Bob's listener and alice's connections to it, over real TCP on loopback. */
import type { Channel } from '../../src/lib/channel/channel.ts'
import { type ConnectOptions, connect } from '../../src/lib/channel/connect.ts'
import { type Listener, type ListenOptions, listen, type Refusal } from '../../src/lib/channel/listen.ts'
import type { ChannelOptions } from '../../src/lib/channel/options.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import type { Ticket } from '../../src/lib/ticket.ts'
import { makeTicket, NOW, newToken } from './tickets.ts'

/** Values as they come, waited for in order. */
export class Arrivals<T> {
  readonly #come: T[] = []
  readonly #waiting: ((value: T) => void)[] = []

  readonly push = (value: T): void => {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(value)
    else this.#come.push(value)
  }

  next(): Promise<T> {
    const value = this.#come.shift()
    return value === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(value)
  }

  get count(): number {
    return this.#come.length
  }
}

/** Bob, listening. */
export interface Bob {
  readonly listener: Listener
  readonly token: Secret
  readonly channels: Arrivals<Channel>
  readonly refusals: Arrivals<Refusal>
  readonly port: number
}

export async function startBob(options: Partial<ListenOptions> = {}): Promise<Bob> {
  const token = options.token ?? newToken()
  const channels = new Arrivals<Channel>()
  const refusals = new Arrivals<Refusal>()
  const listener = await listen({
    username: 'bob',
    token,
    clock: () => NOW,
    onChannel: channels.push,
    onRefused: refusals.push,
    ...options,
  })
  return { listener, token, channels, refusals, port: listener.address.port }
}

/** Alice's way to bob, with a fresh ticket unless the test brings one. */
export function dialBob(
  bob: Bob,
  options: Partial<ConnectOptions> & { fields?: Partial<Ticket> } = {},
): Promise<Channel> {
  const { fields, ...rest } = options
  const { bytes, ticket } = makeTicket(bob.token, fields)
  return connect({
    host: '127.0.0.1',
    port: bob.port,
    ticket: bytes,
    secret: ticket.secret,
    receiver: 'bob',
    username: 'alice',
    ...rest,
  })
}

/** Both ends of one conversation, and how to clear up. */
export async function conversation(
  options: Pick<ChannelOptions, 'maxMessageBytes' | 'closeTimeoutMs'> = {},
): Promise<{ alice: Channel; bob: Channel; end: () => Promise<void> }> {
  const listening = await startBob(options as Partial<ListenOptions>)
  const alice = await dialBob(listening, options as Partial<ConnectOptions>)
  const bob = await listening.channels.next()
  return {
    alice,
    bob,
    async end() {
      alice.destroy()
      bob.destroy()
      await listening.listener.close()
    },
  }
}
