/**
 * Keytabs and the credentials file, as programs read them: in the library's errors.
 *
 * @module
 */

import { ToolError } from '../cli/errors.ts'
import { readCredentials as readCredentialsFile } from '../cli/login/credentials.ts'
import { type Keytab, readKeytab as readKeytabFile } from '../cli/login/keytab.ts'
import { FileError } from '../files/errors.ts'
import { ProtocolError } from '../lib/errors.ts'
import type { LoginOptions } from '../lib/renewable-login.ts'
import { login, type Session } from '../lib/session.ts'
import { judgePath } from './files.ts'

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
