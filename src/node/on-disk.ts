/**
 * What is on disk, for programs: files by their paths, for `sendItems` and `receiveItems`, and keytabs and the credentials file, in the
 * library's errors. `Session.sendFile` and `OfferedFile.accept` take paths themselves.
 *
 * @module
 */
import { ToolError } from '../cli/errors.ts'
import { readCredentials as readCredentialsFile } from '../cli/login/credentials.ts'
import { type Keytab, readKeytab as readKeytabFile } from '../cli/login/keytab.ts'
import { placeIn, sourceOf } from '../files/by-path.ts'
import { FileError } from '../files/errors.ts'
import { judgeArgument } from '../lib/check-options.ts'
import { ProtocolError } from '../lib/errors.ts'
import { parseUsername } from '../lib/names.ts'
import type { PlaceForFiles } from '../lib/paths.ts'
import type { LoginOptions } from '../lib/renewable-login.ts'
import { login, type Session } from '../lib/session.ts'
import type { Source } from '../lib/transfer/index.ts'

/**
 * A file or a directory to be sent; a link is followed, those in a directory are left out.
 *
 * @throws FileError `file_not_readable`: there is none, we may not read it, or it is something else; TypeError.
 * @example await sendItems(channel.stream(), [await sourceFromPath('report.pdf')])
 */
export async function sourceFromPath(path: string): Promise<Source> {
  judgePath('sourceFromPath: path', path)
  return sourceOf(path)
}

/**
 * A directory as the place for what one sender sends: under safe names that are free, whole or not at all.
 *
 * @param directory - made, if there is none; what it is in must be there.
 * @param sender - its username: what was cut goes on when the same one sends it again.
 * @throws FileError `file_not_saved`; ProtocolError `invalid_name`; TypeError.
 * @example
 * const place = await saveInto('inbox', channel.peer.username)
 * await receiveItems(channel.stream(), place.take, { onFate: (item) => console.log(place.savedAs(item)?.path) })
 */
export async function saveInto(directory: string, sender: string): Promise<PlaceForFiles> {
  judgePath('saveInto: directory', directory)
  judgeArgument('saveInto: sender', sender, 'string')
  return placeIn(directory, parseUsername(sender))
}

/** @throws TypeError */
function judgePath(where: string, path: unknown): void {
  judgeArgument(where, path, 'string')
  if (path === '') throw new TypeError(`${where}: expected a path, got an empty string`)
}

/**
 * Reads a keytab, which `symbolon kdc keytab NAME FILE` makes: all that a service needs to log in.
 *
 * @param path - of a file of mode 0600 that belongs to this process's user.
 * @throws FileError `file_not_private`; `file_not_readable` when it is not there, or is no keytab; TypeError.
 */
export function readKeytab(path: string): Keytab {
  judgePath('readKeytab: path', path)
  return inFileTerms(() => readKeytabFile(path))
}

/**
 * Logs in with a keytab, to the KDC that it names and to no other.
 *
 * @param options - as of `login`, but for `judgeKey`.
 * @throws as `readKeytab` and `login`; ProtocolError `kdc_key_changed` when another KDC answers.
 * @example const printer = await loginWithKeytab('/etc/printer.keytab')
 */
export async function loginWithKeytab(
  path: string,
  options: Omit<LoginOptions, 'judgeKey'> = {},
): Promise<Session> {
  judgePath('loginWithKeytab: path', path)
  const { kdc, kdcKey, username, password } = readKeytab(path)
  const judgeKey = (key: string) => {
    if (key === kdcKey) return
    throw new ProtocolError('kdc_key_changed', `another KDC answers at ${kdc} than the one of ${path}`)
  }
  return login(kdc, username, password, { ...options, judgeKey })
}

/**
 * Reads the credentials file, `$XDG_CONFIG_HOME/symbolon/credentials`; a missing one is empty.
 *
 * @returns passwords by username, by the KDC's URL.
 * @throws FileError `file_not_private`; `file_not_readable` when it is no credentials file.
 * @example const password = readCredentials().get('http://127.0.0.1:8800')?.get('alice')
 */
export function readCredentials(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return inFileTerms(readCredentialsFile)
}

// What a tool says to a person, a program catches by its code.
function inFileTerms<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    throw new FileError('file_not_readable', error.message, { cause: error.cause })
  }
}
