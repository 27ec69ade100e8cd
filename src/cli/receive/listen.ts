/** Being reachable, and telling what becomes of it. */
import type { Channel } from '../../lib/channel/channel.ts'
import type { Refusal } from '../../lib/channel/listen.ts'
import { endpointText } from '../../lib/network/address.ts'
import { MIN_RECEIVER_PORT } from '../../lib/network/destination.ts'
import type { Presence, PresenceChange } from '../../lib/presence.ts'
import type { Session } from '../../lib/session.ts'
import { parsePort, parseSeconds } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { isOfThisMachine } from '../own-addresses.ts'
import { localTime } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'

export const LISTEN_OPTIONS = {
  host: {
    type: 'string',
    default: '127.0.0.1',
    help: ['ADDR', 'listen here, 0.0.0.0 for everywhere (default: 127.0.0.1)'],
  },
  port: { type: 'string', default: '0', help: ['N', 'and this port (default: any that is free)'] },
  refresh: { type: 'string', default: '15', help: ['SEC', 'how often to tell the KDC so (default: 15)'] },
} as const

export interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly refreshIntervalMs: number
}

export function listenAddressFrom(values: { host: string; port: string; refresh: string }): ListenAddress {
  const refreshIntervalMs = 1000 * parseSeconds('--refresh', values.refresh)
  const port = parsePort(values.port)
  if (port > 0 && port < MIN_RECEIVER_PORT) {
    const hint = `senders call receivers at ports from ${MIN_RECEIVER_PORT} on; without --port it is one that is free`
    throw new UsageError(`--port: ${port} is for services of the system`, hint)
  }
  return { host: values.host, port, refreshIntervalMs }
}

/** Listens, and says where. @param fail - told why no new sender can reach us, and what `onChannel` throws. */
export async function listenAt(
  session: Session,
  output: Output,
  where: ListenAddress,
  onChannel: (channel: Channel) => Promise<void>,
  fail: (error: unknown) => void,
): Promise<Presence> {
  const presence = await session.listen({
    ...where,
    isOfThisMachine,
    onChannel: (channel) => {
      onChannel(channel).catch(fail)
    },
    onRefused: refusalReporter(output),
    onChange: (change) => {
      if (change.state === 'refused') fail(change.error)
      else tellChange(change, session.username, output)
    },
  })
  const { address, port } = presence.address
  output.event('listening', { address, port }, `listening on ${endpointText(address, port)}`)
  if (!isOfThisMachine(presence.published.address)) tellElsewhere(presence.published, output)
  return presence
}

// Some address translators pass a port on; one that does not lets no connection through.
function tellElsewhere({ address, port }: Presence['published'], output: Output): void {
  const where = endpointText(address, port)
  const line = `the KDC sends others to ${where}, which is not this machine: what is there has to pass the port on`
  output.event('published_elsewhere', { address, port }, line)
}

function tellChange(
  change: Exclude<PresenceChange, { state: 'refused' }>,
  username: string,
  output: Output,
): void {
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
    case 'superseded': {
      const { by, others } = change
      const place = `at ${endpointText(by.address, by.port)}, begun ${localTime(by.since)}`
      const count = `${others + 1} run`
      const line = `another receiver of ${username} is reached from now on (${place}; ${count}); here comes only what waits at the KDC`
      output.event('superseded', { ...by, receivers: others + 1 }, line)
      break
    }
    case 'reached':
      output.event('reached', {}, 'this receiver is reached again')
      break
  }
}

const PER_INTERVAL = 5
const INTERVAL_MS = 1_000

/** @returns what tells of each refusal, or of how many there were. */
export function refusalReporter(output: Output): (refusal: Refusal) => void {
  let told = 0
  let untold = 0
  const summarise = () => {
    if (untold > 0) output.event('refused_more', { count: untold }, `refused ${untold} more connections`)
    told = 0
    untold = 0
  }
  return ({ address, error }) => {
    if (told === 0) setTimeout(summarise, INTERVAL_MS).unref()
    if (told >= PER_INTERVAL) {
      untold++
      return
    }
    told++
    const line = `refused a connection from ${address}: ${error.message} (${error.code})`
    output.event('refused', { address, code: error.code }, line)
  }
}
