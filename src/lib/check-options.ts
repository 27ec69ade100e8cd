/** Judging what a program hands in, before anything is done: a TypeError names the argument that is wrong. */
import { LEASE_SEC } from './fields.ts'
import { kdcOrigin } from './network/address.ts'

const TYPES = {
  array: { is: (value: unknown) => Array.isArray(value), words: 'an array' },
  boolean: { is: (value: unknown) => typeof value === 'boolean', words: 'true or false' },
  count: {
    is: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0,
    words: 'an integer above 0',
  },
  function: { is: (value: unknown) => typeof value === 'function', words: 'a function' },
  lease: {
    is: (value: unknown) =>
      Number.isInteger(value) && (value as number) >= LEASE_SEC.least && (value as number) <= LEASE_SEC.most,
    words: `whole seconds, ${LEASE_SEC.least} to ${LEASE_SEC.most}`,
  },
  milliseconds: {
    // What `setTimeout` takes.
    is: (value: unknown) => typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1,
    words: 'milliseconds, above 0 and below 2^31',
  },
  object: { is: (value: unknown) => typeof value === 'object' && value !== null, words: 'an object' },
  port: {
    is: (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
    words: 'a port, 0 to 65535',
  },
  signal: { is: (value: unknown) => value instanceof AbortSignal, words: 'an AbortSignal' },
  string: { is: (value: unknown) => typeof value === 'string', words: 'a string' },
} as const

/** What an argument may be. */
export type ArgumentType = keyof typeof TYPES

/**
 * @param name - of the argument, as the caller knows it.
 * @throws TypeError
 */
export function judgeArgument(name: string, value: unknown, type: ArgumentType): void {
  if (!TYPES[type].is(value))
    throw new TypeError(`${name}: expected ${TYPES[type].words}, got ${shown(value)}`)
}

/**
 * Judges options, each of which may be left out: one that is not known is a mistake in its name.
 *
 * @param where - the function that takes them.
 * @throws TypeError
 */
export function judgeOptions(
  where: string,
  options: object,
  types: Readonly<Record<string, ArgumentType>>,
): void {
  judgeArgument(`${where}: options`, options, 'object')
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(types, name)) throw new TypeError(`${where}: options.${name}: there is no such option`)
  }
  // By name: an option may be inherited, or a getter of a class.
  for (const [name, type] of Object.entries(types)) {
    const value = (options as Record<string, unknown>)[name]
    if (value !== undefined) judgeArgument(`${where}: options.${name}`, value, type)
  }
}

/** The bytes of a message. @throws TypeError */
export function judgeMessage(where: string, message: unknown): void {
  if (typeof message === 'string' || message instanceof Uint8Array) return
  throw new TypeError(`${where}: message: expected a string or a Uint8Array, got ${shown(message)}`)
}

// What it is, not what is in it: it may be a secret.
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}

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
  signal: 'signal',
} as const

export const SEND_OPTIONS = { store: 'boolean', timeoutMs: 'milliseconds', signal: 'signal' } as const

const LOGIN_OPTIONS = {
  clock: 'function',
  freshPassword: 'function',
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
  judgeArgument(`${where}: kdc`, kdc, 'string')
  try {
    kdcOrigin(kdc as string)
  } catch (error) {
    throw new TypeError(`${where}: kdc: ${(error as Error).message}`)
  }
  judgeArgument(`${where}: username`, username, 'string')
  if (typeof password !== 'function') judgeArgument(`${where}: password`, password, 'string')
  judgeOptions(where, options, { ...LOGIN_OPTIONS, ...more })
  const { state } = options as { readonly state?: { readonly open?: unknown } }
  if (state && typeof state.open !== 'function') {
    throw new TypeError(`${where}: options.state: expected one with open(), such as fileStateStore() gives`)
  }
}
