import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArguments, parseChoice, parseInteger, parsePort, parseSeconds } from '../../cli/arguments.ts'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { credentialsPath } from '../../cli/login/credentials.ts'
import { DEFAULT_KDC } from '../../cli/login/kdc-url.ts'
import { stopSignal } from '../../cli/stop.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { systemClock } from '../../lib/clock.ts'
import { openData } from '../data.ts'
import { addDemo, type Demo } from '../demo-accounts.ts'
import { directRoutes } from '../fast-userinfo.ts'
import {
  type Direct,
  type Fetch,
  type Listening,
  serve as listenOn,
  type TlsIdentity,
} from '../http/server.ts'
import { generateMasterKeys, type MasterKeys } from '../keys/master-keys.ts'
import { KEEP_SEC, SESSION_IDLE_SEC, SESSION_LIFETIME_SEC, TICKET_LIFETIME_SEC } from '../lifetimes.ts'
import { createLog, LOG_LEVELS } from '../log.ts'
import type { ProxyList } from '../network/proxies.ts'
import { startKdc } from '../run-kdc.ts'
import { REGISTRATIONS, type Registration } from '../settings.ts'
import { LOGIN_LIMITS, loginLimits } from '../traffic/login-limits.ts'
import { DATA_HELP, DATA_OPTION, dataDirectory } from './data-option.ts'
import {
  forgetMasterKeyVariable,
  MASTER_KEY_HELP,
  MASTER_KEY_OPTION,
  masterKeysFrom,
  requireApart,
} from './master-key-option.ts'
import { PROXY_HELP, PROXY_OPTION, trustedProxies } from './proxy-option.ts'
import { certificateTroubles, readTls, TLS_HELP, TLS_OPTIONS } from './tls-option.ts'

const DAY_SEC = 24 * 60 * 60
/** Ten years. */
const MAX_KEEP_DAYS = 3650

const HELP = `usage: ${commandOf('kdc')} [options]   serves
       ${commandOf('kdc')} COMMAND     manages accounts and more, also as it serves:
        adduser, passwd, deluser, users, invite, invitations, uninvite,
        endsessions, keytab, backup, rotatekey, stored; each has a --help

${optionLines(
  ['--host ADDR, --port N', 'listen here (default: 127.0.0.1, 8800); 0 is any port'],
  DATA_HELP,
  ['--demo', 'with alice and bob; without --data, nothing is kept'],
  ...TLS_HELP,
  PROXY_HELP,
  ['--allow-plaintext', 'take passwords in clear from other machines'],
  ['--registration MODE', `${REGISTRATIONS.join(', ')} (default: invitation)`],
  MASTER_KEY_HELP,
  ['--ticket-lifetime SEC', `how long a ticket may be used (default: ${TICKET_LIFETIME_SEC})`],
  ['--session-lifetime SEC', `how long a login lasts (default: ${SESSION_LIFETIME_SEC})`],
  ['--session-idle SEC', `how long it may go unused (default: ${SESSION_IDLE_SEC})`],
  ['--login-tries N', `tries of a name from an address (default: ${LOGIN_LIMITS.nameFromAddress.burst})`],
  ['--keep-days N', `how long messages wait for the absent (default: ${KEEP_SEC / DAY_SEC})`],
  ['--log-level LEVEL', `${LOG_LEVELS.join(', ')} (default: info)`],
)}

example: ${commandOf('kdc')} --demo
`

const OPTIONS = {
  ...DATA_OPTION,
  ...TLS_OPTIONS,
  ...PROXY_OPTION,
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8800' },
  demo: { type: 'boolean', default: false },
  'allow-plaintext': { type: 'boolean', default: false },
  'ticket-lifetime': { type: 'string', default: String(TICKET_LIFETIME_SEC) },
  'session-lifetime': { type: 'string', default: String(SESSION_LIFETIME_SEC) },
  'session-idle': { type: 'string', default: String(SESSION_IDLE_SEC) },
  'login-tries': { type: 'string', default: String(LOGIN_LIMITS.nameFromAddress.burst) },
  'keep-days': { type: 'string', default: String(KEEP_SEC / DAY_SEC) },
  registration: { type: 'string', default: 'invitation' },
  ...MASTER_KEY_OPTION,
  'log-level': { type: 'string', default: 'info' },
} as const

interface Settings {
  readonly directory: string
  readonly host: string
  readonly port: number
  readonly demo: boolean
  readonly allowPlaintext: boolean
  readonly proxies: ProxyList
  readonly tls: TlsIdentity | undefined
  readonly ticketLifetimeSec: number
  readonly sessionLifetimeSec: number
  readonly sessionIdleSec: number
  readonly keepSec: number
  readonly registration: Registration
  readonly loginLimits: ReturnType<typeof loginLimits>
  readonly masterKeys: MasterKeys
  readonly logLevel: (typeof LOG_LEVELS)[number]
}

// A number at which no try is ever refused, for load tests.
const MAX_TRIES = 1_000_000_000

const say = talk('kdc')

/** `kdc`, without a command: serves until it is asked to stop. */
export async function serve(argv: string[]): Promise<void> {
  const { values } = parseArguments(argv, { help: HELP, options: OPTIONS, positionals: [] })
  const settings = {
    host: values.host,
    port: parsePort(values.port),
    demo: values.demo,
    allowPlaintext: values['allow-plaintext'],
    proxies: trustedProxies(values['trusted-proxy']),
    ticketLifetimeSec: parseSeconds('--ticket-lifetime', values['ticket-lifetime']),
    sessionLifetimeSec: parseSeconds('--session-lifetime', values['session-lifetime']),
    sessionIdleSec: parseSeconds('--session-idle', values['session-idle']),
    registration: parseChoice('--registration', REGISTRATIONS, values.registration),
    loginLimits: loginLimits(parseInteger('--login-tries', values['login-tries'], 1, MAX_TRIES)),
    keepSec: parseInteger('--keep-days', values['keep-days'], 1, MAX_KEEP_DAYS) * DAY_SEC,
    logLevel: parseChoice('--log-level', LOG_LEVELS, values['log-level']),
    // Last: a wrong option is told before anything is read.
    tls: readTls(values['tls-cert'], values['tls-key']),
  }
  if (!values.demo || values.data !== undefined) {
    requireApart(values['master-key'], dataDirectory(values.data))
    const masterKeys = masterKeysFrom(values['master-key'])
    await run({ ...settings, directory: dataDirectory(values.data), masterKeys })
    return
  }
  if (values['master-key'] !== undefined) {
    throw new UsageError(
      '--master-key: a demo keeps nothing that it could open',
      'give --data too, or leave it out',
    )
  }
  forgetMasterKeyVariable()
  const directory = mkdtempSync(join(tmpdir(), 'symbolon-demo-'))
  // However this ends.
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  await run({ ...settings, directory, masterKeys: generateMasterKeys() })
}

async function run(settings: Settings): Promise<void> {
  const stop = stopSignal()
  const data = await openData(settings.directory)
  const log = createLog(settings.logLevel, { onLost: sayLost })
  const { kdc, app, drain, close } = startKdc({ ...settings, ...data, log })
  let server: Listening | undefined
  let demo: Demo | undefined
  try {
    server = await listen(app.fetch, directRoutes(kdc), settings)
    const url = localUrl(server.url)
    if (settings.demo) demo = await addDemo(data, url)
    say(`listening on ${server.url}`)
    tellTroubles(settings)
    const key = await data.opaqueKeys.publicKey()
    say(`its key is ${key}`)
    if (demo) introduce(demo, url, key)
    log.info({ url: server.url }, 'started')
    await stop
    say('stopping')
  } finally {
    drain()
    if (server) {
      await server.close()
      log.info({}, 'stopped')
    }
    await demo?.remove()
    if (demo && demo.written.length > 0)
      say(`took the passwords of ${demo.written.join(' and ')} out of ${credentialsPath()}`)
    await close()
  }
}

const WHY_LOST: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EPIPE: 'its reader is gone',
  EAGAIN: 'its reader is too slow',
}

function sayLost({ code = '', message }: NodeJS.ErrnoException): void {
  const why = WHY_LOST[code] ?? message
  say(
    `the log cannot be written: ${why}. The KDC goes on, and counts the lines that are lost: log_lost tells`,
  )
}

async function listen(fetch: Fetch, direct: Direct, { host, port, tls }: Settings): Promise<Listening> {
  try {
    return await listenOn(fetch, { host, port, tls, direct })
  } catch (cause) {
    const { code } = cause as { code?: string }
    const hint = 'choose others with --host and --port; --port 0 takes any that is free'
    if (code === 'EADDRINUSE') throw new ToolError(`port ${port} on ${host} is in use`, { cause, hint })
    if (code === 'EACCES') throw new ToolError(`port ${port} on ${host} needs privileges`, { cause, hint })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ToolError(`this machine has no address ${host}`, { cause, hint })
    }
    throw new ToolError(`cannot listen on ${host}, port ${port}: ${reasonOf(cause)}`, {
      cause,
      hint: HINTS[code ?? ''] ?? hint,
    })
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EINVAL: 'an address that begins with fe80 takes the name of its interface: fe80::1%eth0',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
}

const REASONS: Readonly<Record<string, string>> = {
  EINVAL: 'the address is not complete',
  EAFNOSUPPORT: 'this machine does not have addresses of this kind',
  EAI_AGAIN: 'the name cannot be looked up now',
  EMFILE: 'too many files are open',
}

function reasonOf(cause: unknown): string {
  const { code = '', message } = cause as { code?: string; message: string }
  return REASONS[code] ?? message
}

function tellTroubles({ tls, host }: Settings): void {
  const troubles = tls ? certificateTroubles(tls.cert, host, systemClock()) : []
  for (const trouble of troubles) say(`warning: ${trouble}`)
}

// A KDC that listens on every address is reached on this machine by its loopback address, and the tools call it that.
function localUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

// The KDC sends others to the address that a receiver comes from: there it has to listen.
function receiverHost(url: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || host.startsWith('127.') ? '' : ` --host ${host}`
}

function introduce({ untouched, trusted, written }: Demo, url: string, key: string): void {
  if (written.length > 0) {
    say(`wrote the passwords of ${written.join(' and ')} into ${credentialsPath()}, until it stops`)
  }
  for (const username of untouched) say(`${username} was here before, with a password of its own`)
  if (!trusted) say(`the tools know another KDC under ${url}, and take this one only with its key`)
  // Joined, because a key may begin with dashes.
  const kdc = (url === DEFAULT_KDC ? '' : ` --kdc ${url}`) + (trusted ? '' : ` --kdc-key=${key}`)
  say('it knows alice and bob, and is gone when it stops. Try, in two other terminals:')
  say(`  ${commandOf('receive')} bob${receiverHost(url)}${kdc}`)
  say(`  ${commandOf('send')} alice bob "hi"${kdc}`)
}
