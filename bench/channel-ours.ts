/**
 * Alice on our channel, through the ordinary API.
 *
 * @module
 */
import { type Channel, connect, createTicket, Secret, secureRandomBytes } from '../src/lib/index.ts'
import * as cases from './channel-cases.ts'
import { quantile } from './harness.ts'

const TICKET_LIFETIME_SEC = 300

export function aliceOnOurs({ ports, token }: cases.Bob): cases.Alice {
  const bobsToken = Secret.fromText('session token', token)
  // What the KDC does for every channel, without the KDC.
  const open = () => {
    const secret = new Secret('channel secret', secureRandomBytes(32))
    const now = Math.floor(Date.now() / 1000)
    const names = { username: 'alice', ipAddress: '127.0.0.1', receiver: 'bob' }
    const ticket = { ...names, secret, issuedAt: now, expiresAt: now + TICKET_LIFETIME_SEC }
    return connect({
      host: '127.0.0.1',
      port: ports.ours,
      ticket: createTicket(ticket, bobsToken),
      secret,
      receiver: 'bob',
    })
  }
  const small = new Uint8Array(cases.SMALL_BYTES).fill(7)
  return {
    async bulk() {
      const channel = await open()
      const message = new Uint8Array(cases.BULK_MESSAGE_BYTES).fill(7)
      const count = cases.BULK_BYTES / cases.BULK_MESSAGE_BYTES
      const perSecond = await rateOf(channel, message, count, 4)
      return (perSecond * cases.BULK_MESSAGE_BYTES) / 1e6
    },
    async small() {
      return rateOf(await open(), small, cases.SMALL_COUNT, cases.SMALL_GROUP)
    },
    async ping() {
      const channel = await open()
      const times: number[] = []
      for (let i = 0; i < cases.PINGS; i++) {
        const from = performance.now()
        channel.send(small).catch(() => {})
        await channel.receive()
        times.push(1000 * (performance.now() - from))
      }
      await channel.close()
      return quantile(times, 0.5)
    },
    connections(count, atOnce) {
      return cases.rate(count, () =>
        cases.repeat(count, atOnce, async () => {
          const channel = await open()
          await channel.send(small)
          channel.close().catch(() => {})
        }),
      )
    },
  }
}

// A group in one turn of the event loop, the next when the one before the last has been acknowledged.
async function rateOf(channel: Channel, message: Uint8Array, count: number, group: number): Promise<number> {
  const perSecond = await cases.rate(count, async () => {
    let before: Promise<unknown> = Promise.resolve()
    for (let sent = 0; sent < count; sent += group) {
      const these = Promise.all(Array.from({ length: group }, () => channel.send(message)))
      await before
      before = these
    }
    await before
  })
  await channel.close()
  return perSecond
}
