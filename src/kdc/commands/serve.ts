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
import { startKdc } from '../create-kdc.ts'
import { openData } from '../data.ts'
import { directRoutes } from '../fast-userinfo.ts'
import { type Direct, type Fetch, type Listening, serve as listenOn } from '../http/server.ts'
import { generateMasterKeys, type MasterKeys } from '../keys/master-keys.ts'
import { KEEP_SEC, SESSION_IDLE_SEC, SESSION_LIFETIME_SEC, TICKET_LIFETIME_SEC } from '../lifetimes.ts'
import { createLog, LOG_LEVELS } from '../log.ts'
import { ProxyList } from '../network/ip.ts'
import { REGISTRATIONS } from '../settings.ts'
import { LOGIN_LIMITS, loginLimits } from '../traffic/login-limits.ts'
import { DATA_HELP, DATA_OPTION, dataDirectory } from './data-option.ts'
import { addDemo, type Demo } from './demo-accounts.ts'
import {
  forgetMasterKeyVariable,
  MASTER_KEY_HELP,
  MASTER_KEY_OPTION,
  masterKeysFrom,
  requireApart,
} from './master-key.ts'
import { certificateTroubles, readTls, TLS_HELP, TLS_OPTIONS } from './tls-option.ts'

const DAY_SEC = 24 * 60 * 60
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
  ['--trusted-proxy ADDR', 'believe its X-Forwarded-For; also ADDR/BITS, repeated'],
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
  'trusted-proxy': { type: 'string', multiple: true, default: [] as string[] },
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

// A number at which no try is ever refused, for load tests.
const MAX_TRIES = 1_000_000_000

const say = talk('kdc')

const parse = (argv: string[]) =>
  parseArguments(argv, { help: HELP, options: OPTIONS, positionals: [] }).values

function parseSettings(values: ReturnType<typeof parse>) {
  return {
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
}

type Settings = ReturnType<typeof parseSettings>

/** @throws UsageError for what is neither an IP address nor a network of them. */
function trustedProxies(texts: readonly string[]): ProxyList {
  return new ProxyList(texts, (text) => {
    throw new UsageError(
      `--trusted-proxy: expected an IP address, or one with /BITS, got '${text}'`,
      'for example 127.0.0.1, 10.0.0.0/8 or fd00::/8',
    )
  })
}

/** `kdc`, without a command: serves until it is asked to stop. */
export async function serve(argv: string[]): Promise<void> {
  const values = parse(argv)
  const settings = parseSettings(values)
  if (!values.demo || values.data !== undefined) {
    const directory = dataDirectory(values.data)
    requireApart(values['master-key'], directory)
    return run(settings, directory, masterKeysFrom(values['master-key']))
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
  return run(settings, directory, generateMasterKeys())
}

async function run(settings: Settings, directory: string, masterKeys: MasterKeys): Promise<void> {
  const stop = stopSignal()
  const data = await openData(directory)
  const log = createLog(settings.logLevel, { onLost: sayLost })
  const { kdc, app, drain, close } = startKdc({ ...settings, ...data, masterKeys, log })
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

const OTHERS = 'choose others with --host and --port; --port 0 takes any that is free'

async function listen(fetch: Fetch, direct: Direct, { host, port, tls }: Settings): Promise<Listening> {
  try {
    return await listenOn(fetch, { host, port, tls, direct })
  } catch (cause) {
    const { code = '', message } = cause as { code?: string; message: string }
    const [reason, hint = OTHERS] = WHY_NOT[code] ?? [message]
    const text = {
      EADDRINUSE: `port ${port} on ${host} is in use`,
      EACCES: `port ${port} on ${host} needs privileges`,
      EADDRNOTAVAIL: `this machine has no address ${host}`,
      ENOTFOUND: `this machine has no address ${host}`,
    }[code]
    throw new ToolError(text ?? `cannot listen on ${host}, port ${port}: ${reason}`, { cause, hint })
  }
}

const WHY_NOT: Readonly<Record<string, readonly [reason: string, hint?: string]>> = {
  EINVAL: [
    'the address is not complete',
    'an address that begins with fe80 takes the name of its interface: fe80::1%eth0',
  ],
  EAFNOSUPPORT: ['this machine does not have addresses of this kind'],
  EAI_AGAIN: ['the name cannot be looked up now'],
  EMFILE: ['too many files are open', 'too many files are open: raise the limit (ulimit -n)'],
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
