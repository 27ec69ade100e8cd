/** Logging in, as every tool does it. */
import { ProtocolError } from '../../lib/errors.ts'
import { requireServer } from '../../lib/kdc-link/http.ts'
import type { Notice } from '../../lib/mls/notices.ts'
import type { LoginOptions } from '../../lib/renewable-login.ts'
import { login, type Session } from '../../lib/session.ts'
import { fileStateStore } from '../../state/client-state.ts'
import type { Implied } from '../arguments.ts'
import { setting } from '../environment.ts'
import { UsageError } from '../errors.ts'
import type { Output } from '../terminal/output.ts'
import { KDC_URL_OPTION, kdcUrl } from './kdc-url.ts'
import { isKept, KeptSessionOver, keepSession, type PrincipalAtKdc, resumeSession } from './kept-session.ts'
import { readKeytab } from './keytab.ts'
import { keyJudge } from './known-kdcs.ts'
import { MAX_TRIES, PASSWORD_OPTION, Passwords } from './password.ts'
import { canPrompt } from './prompt.ts'

/** Which KDC, and by which key it is known. */
export const KDC_OPTIONS = {
  ...KDC_URL_OPTION,
  'kdc-key': { type: 'string', help: ['KEY', 'its key (default: as known; the first time, any)'] },
} as const

/** Of a tool with a session of its own. */
export const OWN_LOGIN_OPTIONS = {
  ...KDC_OPTIONS,
  ...PASSWORD_OPTION,
  keytab: { type: 'string', help: ['FILE', 'KDC, key, NAME and password of a service'] },
} as const

/** Of a tool that goes on with a session that is kept. */
export const LOGIN_OPTIONS = {
  ...OWN_LOGIN_OPTIONS,
  'password-file': {
    type: 'string',
    help: [
      'FILE',
      'the password is its first line (else SYMBOLON_PASSWORD, what login keeps, the credentials file, or a prompt)',
    ],
  },
} as const

type Values<Options> = { readonly [Option in keyof Options]?: string | undefined }

/** NAME of a keytab, for `parseArguments`: a service need not be named twice. @param isOther - as of `Implied`. */
export function nameOfKeytab(isOther?: Implied['isOther'], hint?: string) {
  return ({ keytab: path }: { readonly keytab?: string | undefined }): Implied | undefined => {
    if (path === undefined) return undefined
    const { username } = readKeytab(path)
    return { argument: username, says: `${path} is the keytab of ${username}`, isOther, hint }
  }
}

/** How to reach the KDC that the command line names, and to know it again; and where what is of stored messages and groups is kept. */
export function kdcFrom(
  values: Values<typeof KDC_OPTIONS>,
  output: Output,
): { kdc: string; options: LoginOptions } {
  const kdc = kdcUrl(values.kdc)
  const judgeKey = keyJudge(kdc, values['kdc-key'], (key) => {
    output.event('kdc_key', { kdc, key }, `from now on the KDC at ${kdc} is known by its key ${key}`)
  })
  const onNotice = ({ code, text, ...fields }: Notice) =>
    output.event(code, fields, `${placeOf(fields, text)}${text}`)
  return { kdc, options: { trace: output.trace, judgeKey, onNotice, state: fileStateStore() } }
}

// Which group or conversation it is about, unless the words say so.
function placeOf({ group, username }: Pick<Notice, 'group' | 'username'>, text: string): string {
  if (group !== undefined) return `${group}: `
  return username === undefined || text.includes(username) ? '' : `with ${username}: `
}

/** What a tool makes of a session that is kept: goes on with it, takes a fresh one in its place, or has one of its own. */
export type SessionUse = 'kept' | 'fresh' | 'own'

export interface LoggedIn {
  readonly session: Session
  /** The KDC's URL. */
  readonly kdc: string
  /** For the tool's end: logs out, or leaves the session to the next tool if it is one that is kept. Does not reject. */
  leave(): Promise<void>
}

/**
 * Goes on with the session that is kept, unless the command line or the environment says how to log in; else logs `username` in, and keeps
 * the session in the place of one that has ended.
 */
export async function loginFrom(
  username: string,
  values: Values<typeof LOGIN_OPTIONS>,
  output: Output,
  use: SessionUse = 'kept',
): Promise<LoggedIn> {
  const given = values.keytab ?? values['password-file'] ?? setting('SYMBOLON_PASSWORD')
  if (use === 'own' || given !== undefined) return logIn(username, values, output, use)
  const { kdc, options } = kdcFrom(values, output)
  const principal = { username, kdc }
  if (!isKept(principal)) return logIn(username, values, output, use)
  const kept = use === 'kept' ? await resumeLive(principal, options, output) : undefined
  if (kept) return { kdc, session: kept, leave: () => kept.close() }
  const { session, leave } = await logIn(username, values, output, use)
  const keepAndClose = () => keepSession(session, kdc).then(() => session.close(), leave)
  return { kdc, session, leave: keepAndClose }
}

/** Works with a session as `loginFrom` gives it, and leaves it. */
export async function withSession(
  username: string,
  values: Values<typeof LOGIN_OPTIONS>,
  output: Output,
  work: (session: Session, kdc: string) => Promise<void>,
  use?: SessionUse,
): Promise<void> {
  const { session, kdc, leave } = await loginFrom(username, values, output, use)
  try {
    await work(session, kdc)
    // So that something can be stored for this principal.
    await session.mailbox.ensure().catch(() => {})
  } finally {
    await leave()
  }
}

/** @returns none when it is over, and says so. */
async function resumeLive(
  principal: PrincipalAtKdc,
  options: LoginOptions,
  output: Output,
): Promise<Session | undefined> {
  let session: Session | undefined
  try {
    session = await resumeSession(principal, {
      ...options,
      freshPassword: freshPasswordOf(principal, output),
    })
    // Before any work is done, which would be cut short.
    await session.sessions()
    return session
  } catch (error) {
    await session?.close()
    if (!(error instanceof KeptSessionOver) && !isKeyChanged(error)) throw error
    const what = isKeyChanged(error) ? 'is with a KDC of another key' : 'has ended'
    const line = `the session of ${principal.username} kept for ${principal.kdc} ${what}`
    output.event('session_ended', { ...principal }, line)
    return undefined
  }
}

/** The password, for what a kept session is too old for: a person is told why it is asked for again. */
function freshPasswordOf({ username, kdc }: PrincipalAtKdc, output: Output): () => Promise<string> {
  const why = `the KDC has another key for ${username} than this machine, or none: to put this one there takes a login of the last five minutes`
  const beforePrompt = async () => {
    await requireServer(kdc)
    output.event('password_needed', { username }, why)
  }
  const passwords = new Passwords({ username, kdc, beforePrompt, mayBeKept: true })
  return async () => {
    try {
      return await passwords.get()
    } catch (error) {
      if (!(error instanceof UsageError) || canPrompt()) throw error
      throw new UsageError(`${why}, and ${error.message}`, error.hint)
    }
  }
}

const isKeyChanged = (error: unknown) => error instanceof ProtocolError && error.code === 'kdc_key_changed'

async function logIn(
  username: string,
  values: Values<typeof LOGIN_OPTIONS>,
  output: Output,
  use: SessionUse,
): Promise<LoggedIn> {
  const { keytab, 'password-file': passwordFile } = values
  const service = keytab === undefined ? undefined : readKeytab(keytab)
  if (service && service.username !== username) {
    throw new UsageError(`${keytab} is the keytab of ${service.username}`, `not of ${username}`)
  }
  // What the command line says goes before what the keytab says.
  const kdcKey = values['kdc-key'] ?? service?.kdcKey
  const { kdc, options } = kdcFrom({ kdc: values.kdc ?? service?.kdc, 'kdc-key': kdcKey }, output)
  const beforePrompt = () => requireServer(kdc)
  const mayBeKept = use === 'kept'
  const passwords = new Passwords({ username, kdc, passwordFile, keytab, beforePrompt, mayBeKept })
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

/** Does what takes a fresh login, after another one if the last is too long ago: to think of a password may take long. */
export async function withFreshLogin(
  session: Pick<Session, 'renew'>,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof ProtocolError && error.code === 'login_stale')) throw error
    await session.renew()
    await act()
  }
}
