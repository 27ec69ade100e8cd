/**
 * Sessions kept from one command to the next, in the manner of Kerberos's credential cache:
 *
 *   $XDG_STATE_HOME/symbolon/sessions/<hash>   one principal's session at one KDC, sealed
 *   $XDG_RUNTIME_DIR/symbolon/session-key      what all of them are sealed under: gone when the user logs out of the machine
 *
 * Without a runtime directory the key is beside the sessions, and the files' mode is all that protects them.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as v from 'valibot'
import { formatKeys, KeyFileError, readKeyFile } from '../../files/key-file.ts'
import { createPrivateFile, ensurePrivateDirectory, replacePrivateFile } from '../../files/private-files.ts'
import { EMPTY, fromUtf8, toHex, utf8 } from '../../lib/bytes.ts'
import { secureRandomBytes } from '../../lib/crypto/random.ts'
import { Secret } from '../../lib/crypto/secret.ts'
import { unixSeconds } from '../../lib/fields.ts'
import { parseUsername } from '../../lib/names.ts'
import { kdcOrigin } from '../../lib/network/address.ts'
import type { Login, LoginOptions } from '../../lib/renewable-login.ts'
import { login, type Session } from '../../lib/session.ts'
import { sessionId } from '../../lib/ticket.ts'
import { takeLock } from '../../state/lock.ts'
import { openState, sealState } from '../../state/seal.ts'
import { ToolError } from '../errors.ts'
import { runtimeDir, stateDir } from '../paths.ts'
import { loginCommand } from './kdc-url.ts'

const KIND = 'symbolon-kept-session'
const KEY_KIND = 'symbolon-session-key'
const PURPOSE = 'symbolon/1 kept session'
const KEY_BYTES = 32
const LOCK_WAIT_MS = 5000
const NAME = /^[0-9a-f]{32}$/

const secret = (kind: 'session token' | 'export key') =>
  v.pipe(
    v.string(),
    v.transform((text) => Secret.fromText(kind, text)),
  )

const Contents = v.object({
  username: v.pipe(v.string(), v.transform(parseUsername)),
  kdc: v.pipe(v.string(), v.transform(kdcOrigin)),
  kdcKey: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  token: secret('session token'),
  exportKey: secret('export key'),
  begunAt: unixSeconds,
  expiresAt: unixSeconds,
})

/** Whose session, and at which KDC: one is kept of each. */
export interface PrincipalAtKdc {
  readonly username: string
  /** The KDC's URL, as `kdcUrl` gives it. */
  readonly kdc: string
}

export interface KeptSession extends PrincipalAtKdc, Login {
  /** Unix seconds, by this machine's clock. */
  readonly begunAt: number
}

/** A kept session that the KDC has ended, or that cannot be opened any more. */
export class KeptSessionOver extends ToolError {
  constructor({ username, kdc }: PrincipalAtKdc) {
    super(`the session of ${username} kept for ${kdc} has ended`, {
      hint: `log in again: ${loginCommand(username, kdc)}`,
      code: 'token_expired',
    })
  }
}

const directory = () => join(stateDir(), 'sessions')

function pathOf({ username, kdc }: PrincipalAtKdc): string {
  const name = createHash('sha256').update(`${kdc} ${username}`).digest('hex').slice(0, 32)
  return join(directory(), name)
}

const keyPath = () => join(runtimeDir() ?? directory(), 'session-key')

/** Whether a session is kept, which may be over. */
export const isKept = (principal: PrincipalAtKdc): boolean => existsSync(pathOf(principal))

/** @throws KeptSessionOver when it does not open: the key is gone with a logout from the machine, or the file is damaged. */
export function readKept(principal: PrincipalAtKdc): KeptSession | undefined {
  const kept = isKept(principal) ? openFile(pathOf(principal)) : undefined
  if (!kept && isKept(principal)) throw new KeptSessionOver(principal)
  return kept
}

/** The sessions that are kept, and open. @throws as `readKept`. */
export function keptSessions(): KeptSession[] {
  const nameOf = ({ username, kdc }: PrincipalAtKdc) => username + kdc
  return files()
    .flatMap((path) => openFile(path) ?? [])
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** How many do not open. @throws as `readKept`. */
export const countUnreadable = (): number => unreadable().length

/** Removes what does not open, of one principal or of all. @returns how many there were. @throws StateError `state_busy`; as `readKept`. */
export async function forgetUnreadable(principal?: PrincipalAtKdc): Promise<number> {
  const these = () => unreadable().filter((path) => principal === undefined || path === pathOf(principal))
  if (these().length === 0) return 0
  return alone(() => {
    // Looked at again: a login may have put a good one in its place.
    const paths = these()
    for (const path of paths) rmSync(path, { force: true })
    return paths.length
  })
}

const unreadable = () => files().filter((path) => openFile(path) === undefined)

function files(): string[] {
  const names = existsSync(directory()) ? readdirSync(directory()) : []
  return names.filter((name) => NAME.test(name)).map((name) => join(directory(), name))
}

function openFile(path: string): KeptSession | undefined {
  try {
    const [key = EMPTY] = readKeyFile(KEY_KIND, keyPath())
    const [sealed = EMPTY] = readKeyFile(KIND, path)
    return v.parse(Contents, JSON.parse(fromUtf8(openState(PURPOSE, key, contextOf(path), sealed))))
  } catch (error) {
    // What others could have read, or the system does not give, is for a person to see to; the rest cannot be mended.
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'file_not_private' || (syscall !== undefined && code !== 'ENOENT')) throw error
    // No cause: it would quote what was sealed.
    return undefined
  }
}

// One that was moved is of another, and does not open.
const contextOf = (path: string) => utf8(basename(path))

/** Goes on with the session that is kept; when the KDC has ended it, with the one kept since. @throws KeptSessionOver, later too. */
export function resumeSession(principal: PrincipalAtKdc, options: LoginOptions): Promise<Session> {
  let last = ''
  const source = () => {
    const kept = readKept(principal)
    const id = kept && idOf(kept)
    if (!kept || id === last) throw new KeptSessionOver(principal)
    last = idOf(kept)
    return kept
  }
  return login(principal.kdc, principal.username, source, options)
}

const idOf = ({ token }: Login) => toHex(sessionId(token))

/**
 * Keeps a session for the commands that follow, in the place of the one that was kept before, which is ended.
 *
 * @throws FileError, StateError `state_busy`; the error of the file system.
 */
export async function keepSession(session: Session, kdc: string): Promise<void> {
  const { username, token, exportKey, kdcKey, expiresAt } = session
  const path = pathOf({ username, kdc })
  const begunAt = Math.floor(Date.now() / 1000)
  const secrets = { token: token.toText(), exportKey: exportKey.toText() }
  const text = JSON.stringify({ username, kdc, kdcKey, ...secrets, begunAt, expiresAt })
  const sealed = sealState(PURPOSE, sealingKey(), contextOf(path), utf8(text))
  // Of two logins at once each ends the session whose place it takes: none is left at the KDC.
  ensurePrivateDirectory(directory())
  const before = await alone(() => {
    const kept = openFile(path)
    replacePrivateFile(path, formatKeys(KIND, [sealed]))
    return kept
  })
  // The KDC may be away, or the login too long ago: then it ends by itself.
  if (before) await session.endSessions(idOf(before)).catch(() => {})
}

function sealingKey(): Uint8Array {
  const path = keyPath()
  const made = formatKeys(KEY_KIND, [secureRandomBytes(KEY_BYTES)])
  ensurePrivateDirectory(dirname(path))
  createPrivateFile(path, made)
  try {
    return readKeyFile(KEY_KIND, path)[0] ?? EMPTY
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    // Damaged: what was sealed under it is lost anyway.
    replacePrivateFile(path, made)
    return readKeyFile(KEY_KIND, path)[0] ?? EMPTY
  }
}

/** Looks and changes something, while no other command does. @throws StateError `state_busy`; what `act` throws. */
async function alone<T>(act: () => T): Promise<T> {
  const release = await takeLock(`${directory()}.lock`, LOCK_WAIT_MS)
  try {
    return act()
  } finally {
    release()
  }
}

/**
 * Takes a session away from what is kept, to be ended. What a login has just put in its place is that session: forgotten alone, it would
 * live on at the KDC.
 *
 * @returns nothing when another logout was faster.
 * @throws StateError `state_busy`; as `readKept`.
 */
export function takeKept(principal: PrincipalAtKdc): Promise<KeptSession | undefined> {
  const path = pathOf(principal)
  return alone(() => {
    const kept = openFile(path)
    rmSync(path, { force: true })
    return kept
  })
}
