/**
 * What the options of a session's functions may be: what a program got wrong is named, before anything is sent.
 *
 * @module
 */
import { judgeArgument, judgeOptions } from './check-options.ts'
import { kdcOrigin } from './kdc-link/kdc-origin.ts'

const CHANNEL_OPTIONS = {
  handshakeTimeoutMs: 'milliseconds',
  stallTimeoutMs: 'milliseconds',
  closeTimeoutMs: 'milliseconds',
  maxMessageBytes: 'count',
  randomBytes: 'function',
  trace: 'function',
} as const

export const CONNECT_OPTIONS = {
  ...CHANNEL_OPTIONS,
  host: 'string',
  port: 'port',
  dial: 'function',
  signal: 'signal',
} as const

export const PLACE_OPTIONS = {
  host: 'string',
  port: 'port',
  refreshIntervalMs: 'milliseconds',
  isOfThisMachine: 'function',
} as const

export const LISTEN_OPTIONS = {
  ...CHANNEL_OPTIONS,
  ...PLACE_OPTIONS,
  maxChannels: 'count',
  maxChannelsPerSender: 'count',
  maxHandshakes: 'count',
  maxHandshakesPerAddress: 'count',
  onChannel: 'function',
  onRefused: 'function',
  onChange: 'function',
} as const

export const SEND_OPTIONS = { store: 'boolean', timeoutMs: 'milliseconds', signal: 'signal' } as const

const LOGIN_OPTIONS = {
  clock: 'function',
  judgeKey: 'function',
  link: 'object',
  now: 'function',
  onNotice: 'function',
  signal: 'signal',
  state: 'object',
  trace: 'function',
} as const

/** @throws TypeError */
export function judgeLogin(
  where: string,
  kdc: unknown,
  username: unknown,
  password: unknown,
  options: object,
  more: Parameters<typeof judgeOptions>[2] = {},
): void {
  judgeKdc(`${where}: kdc`, kdc)
  judgeArgument(`${where}: username`, username, 'string')
  if (typeof password !== 'function') judgeArgument(`${where}: password`, password, 'string')
  judgeOptions(where, options, { ...LOGIN_OPTIONS, ...more })
  const { state } = options as { readonly state?: { readonly open?: unknown } }
  if (state && typeof state.open !== 'function') {
    throw new TypeError(`${where}: options.state: expected one with open(), such as fileStateStore() gives`)
  }
}

function judgeKdc(name: string, kdc: unknown): void {
  judgeArgument(name, kdc, 'string')
  try {
    kdcOrigin(kdc as string)
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`)
  }
}
