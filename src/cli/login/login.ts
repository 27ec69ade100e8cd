/**
 * Logging in, as every tool does it.
 *
 * @module
 */

import { ProtocolError } from '../../lib/errors.ts'
import { requireServer } from '../../lib/kdc-link/http.ts'
import type { Notice } from '../../lib/mls/notices.ts'
import { type LoginOptions, login, type Session } from '../../lib/session.ts'
import { fileStateStore } from '../../state/client-state.ts'
import type { Implied } from '../arguments.ts'
import { setting } from '../environment.ts'
import { UsageError } from '../errors.ts'
import type { OptionHelp } from '../terminal/help.ts'
import type { Output } from '../terminal/output.ts'
import { KDC_URL_HELP, kdcUrl } from './kdc-url.ts'
import { isKept, KeptSessionOver, keep, type Place, resume } from './kept-session.ts'
import { type Keytab, readKeytab } from './keytab.ts'
import { keyJudge } from './known-kdcs.ts'
import { MAX_TRIES, PASSWORD_HELP, PASSWORD_OR_SESSION_HELP, Passwords } from './password.ts'

/** Which KDC, and by which key it is known, for `parseArguments`. */
export const KDC_OPTIONS = {
  kdc: { type: 'string' },
  'kdc-key': { type: 'string' },
} as const

export const KDC_HELP: readonly OptionHelp[] = [
  KDC_URL_HELP,
  ['--kdc-key KEY', 'its key (default: as known; the first time, any)'],
]

/** The options that every tool with a login takes, for `parseArguments`. */
export const LOGIN_OPTIONS = {
  ...KDC_OPTIONS,
  'password-file': { type: 'string' },
  keytab: { type: 'string' },
} as const

const KEYTAB_HELP: OptionHelp = ['--keytab FILE', 'KDC, key, NAME and password of a service']

/** Of a tool that goes on with a session that is kept. */
export const LOGIN_HELP: readonly OptionHelp[] = [...KDC_HELP, PASSWORD_OR_SESSION_HELP, KEYTAB_HELP]

/** Of a tool with a session of its own. */
export const OWN_LOGIN_HELP: readonly OptionHelp[] = [...KDC_HELP, PASSWORD_HELP, KEYTAB_HELP]

export interface KdcValues {
  readonly kdc?: string | undefined
  readonly 'kdc-key'?: string | undefined
}

export interface LoginValues extends KdcValues {
  readonly 'password-file'?: string | undefined
  readonly keytab?: string | undefined
}

/**
 * NAME of a keytab, for `parseArguments`: a service need not be named twice.
 *
 * @param isOther - whether arguments begin with another name, although there would be room for it.
 * @param hint - for who gave another.
 * @throws ToolError, FileError when there is no such keytab.
 */
export function nameOfKeytab(isOther?: Implied['isOther'], hint?: string) {
  return ({ keytab: path }: { readonly keytab?: string | undefined }): Implied | undefined => {
    if (path === undefined) return undefined
    const { username } = readKeytab(path)
    return { argument: username, says: `${path} is the keytab of ${username}`, isOther, hint }
  }
}

/**
 * How to reach the KDC that the command line names, and to know it again; and where what is of stored messages and groups is kept.
 *
 * @throws UsageError.
 */
export function kdcFrom(values: KdcValues, output: Output): { kdc: string; options: LoginOptions } {
  const kdc = kdcUrl(values.kdc)
  const judgeKey = keyJudge(kdc, values['kdc-key'], (key) => {
    output.event('kdc_key', { kdc, key }, `from now on the KDC at ${kdc} is known by its key ${key}`)
  })
  const onNotice = (notice: Notice) => tell(output, notice)
  return { kdc, options: { trace: output.trace, judgeKey, onNotice, state: fileStateStore() } }
}

function tell(output: Output, { code, text, ...fields }: Notice): void {
  output.event(code, fields, `${placeOf(fields, text)}${text}`)
}

// Which group or conversation it is about, unless the words say so.
function placeOf({ group, username }: Pick<Notice, 'group' | 'username'>, text: string): string {
  if (group !== undefined) return `${group}: `
  return username === undefined || text.includes(username) ? '' : `with ${username}: `
}

/** What a tool makes of a session that is kept: goes on with it, takes a fresh one in its place, or has one of its own. */
export type Use = 'kept' | 'fresh' | 'own'

/** A tool's session. */
export interface LoggedIn {
  readonly session: Session
  /** The URL of the KDC that it is at. */
  readonly kdc: string
  /** For the tool's end: logs out, or leaves the session to the next tool if it is one that is kept. Does not reject. */
  leave(): Promise<void>
}

/**
 * Goes on with the session that is kept, unless the command line or the environment says how to log in; else logs `username` in, and keeps
 * the session in the place of one that has ended.
 *
 * @throws the errors of `login`, of `readPassword`, of `keyJudge` and of `readKept`.
 */
export async function loginFrom(
  username: string,
  values: LoginValues,
  output: Output,
  use: Use = 'kept',
): Promise<LoggedIn> {
  const given = values.keytab ?? values['password-file'] ?? setting('SYMBOLON_PASSWORD')
  if (use === 'own' || given !== undefined) return logIn(username, values, output, use)
  const { kdc, options } = kdcFrom(values, output)
  const place = { username, kdc }
  if (!isKept(place)) return logIn(username, values, output, use)
  const kept = use === 'kept' ? await resumeLive(place, options, output) : undefined
  if (kept) return { kdc, session: kept, leave: () => kept.close() }
  const { session, leave } = await logIn(username, values, output, use)
  const keepAndClose = () => keep(session, kdc).then(() => session.close(), leave)
  return { kdc, session, leave: keepAndClose }
}

/** @returns none when it is over, and says so. */
async function resumeLive(place: Place, options: LoginOptions, output: Output): Promise<Session | undefined> {
  let session: Session | undefined
  try {
    session = await resume(place, options)
    // Before any work is done, which would be cut short.
    await session.sessions()
    return session
  } catch (error) {
    await session?.close()
    if (!(error instanceof KeptSessionOver) && !isKeyChanged(error)) throw error
    output.event(
      'session_ended',
      { ...place },
      `the session of ${place.username} kept for ${place.kdc} has ended`,
    )
    return undefined
  }
}

const isKeyChanged = (error: unknown) => error instanceof ProtocolError && error.code === 'kdc_key_changed'

async function logIn(username: string, values: LoginValues, output: Output, use: Use): Promise<LoggedIn> {
  const { keytab, 'password-file': passwordFile } = values
  const service = keytab === undefined ? undefined : keytabOf(username, keytab)
  const { kdc, options } = kdcFrom(
    { kdc: service?.kdc, 'kdc-key': service?.kdcKey, ...given(values) },
    output,
  )
  const beforePrompt = () => requireServer(kdc)
  const passwords = new Passwords({
    username,
    kdc,
    passwordFile,
    keytab,
    beforePrompt,
    mayBeKept: use === 'kept',
  })
  for (let tries = 1; ; tries++) {
    try {
      const session = await login(kdc, username, passwords.get, options)
      // The KDC may be gone by then; the session ends by itself.
      return { kdc, session, leave: () => session.logout().catch(() => {}) }
    } catch (error) {
      const isRefused = error instanceof ProtocolError && error.code === 'login_refused'
      if (!isRefused || !passwords.refuse() || tries === MAX_TRIES) throw error
      output.event('try_again', { username }, 'the username or the password is wrong: try again')
    }
  }
}

/** Changes a password, after another login if the last is too long ago: thinking of one may take long. */
export async function changePassword(
  session: Pick<Session, 'renew'>,
  change: () => Promise<void>,
): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof ProtocolError && error.code === 'login_stale')) throw error
    await session.renew()
    await change()
  }
}

function keytabOf(username: string, path: string): Keytab {
  const keytab = readKeytab(path)
  if (keytab.username === username) return keytab
  throw new UsageError(`${path} is the keytab of ${keytab.username}`, `not of ${username}`)
}

// What the command line says goes before what the keytab says.
function given({ kdc, 'kdc-key': kdcKey }: KdcValues): KdcValues {
  return { ...(kdc === undefined ? {} : { kdc }), ...(kdcKey === undefined ? {} : { 'kdc-key': kdcKey }) }
}
