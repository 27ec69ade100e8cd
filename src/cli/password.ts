/**
 * Where a password comes from: a keytab, `--password-file`, `SYMBOLON_PASSWORD`, the credentials file, or a prompt without echo;
 * never an argument, which everybody on the machine can read.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from '../lib/opaque.ts'
import { readCredentials } from './credentials.ts'
import { setting } from './environment.ts'
import { ToolError, UsageError } from './errors.ts'
import type { OptionHelp } from './help.ts'
import { readKeytab } from './keytab.ts'
import { promptSecret } from './prompt.ts'
import { readSecretFile } from './secret-file.ts'

export interface PasswordSources {
  readonly username: string
  /** The KDC's URL, to look the password up in the credentials file. */
  readonly kdc?: string
  readonly passwordFile?: string | undefined
  /** The environment variable that may hold it. Default: `SYMBOLON_PASSWORD`. */
  readonly variable?: string
  /** A keytab, which has the password. */
  readonly keytab?: string | undefined
}

export const PASSWORD_HELP: OptionHelp = [
  '--password-file FILE',
  'the password is its first line (else SYMBOLON_PASSWORD, the credentials file, or a prompt)',
]

/** The option of whatever sets a password and needs none. */
export const SET_PASSWORD_HELP: OptionHelp = [
  '--password-file FILE',
  'the new password is its first line (else SYMBOLON_PASSWORD, or a prompt)',
]

/** Shortest password to be set, in characters: NIST SP 800-63B §5.1.1.2. */
const MIN_PASSWORD_CHARACTERS = 8

/**
 * The password of an account that exists.
 *
 * @throws ToolError, UsageError
 */
export async function readPassword(sources: PasswordSources): Promise<string> {
  return writtenPassword(sources) ?? check(await promptSecret(`password for ${sources.username}: `))
}

/**
 * The password of an account that exists, for a tool that logs in again and again: what is written down is read anew
 * each time, for it may have changed. Nobody is asked twice: by then the terminal may be in use for something else, and
 * what is typed would be read as that.
 */
export function passwordSource(sources: PasswordSources): () => Promise<string> {
  let last: string | undefined
  return async () => {
    last = writtenPassword(sources) ?? last ?? (await readPassword(sources))
    return last
  }
}

/**
 * A password to be set: asked for twice when it is typed.
 *
 * @throws ToolError when the two differ; UsageError.
 */
export async function readNewPassword(sources: PasswordSources): Promise<string> {
  const given = givenPassword(sources)
  if (given !== undefined) return requireLength(given)
  const password = requireLength(check(await promptSecret(`new password for ${sources.username}: `)))
  if (check(await promptSecret('the same again: ')) !== password) {
    throw new ToolError('the two passwords differ', { hint: 'start again' })
  }
  return password
}

function requireLength(password: string): string {
  if ([...password].length >= MIN_PASSWORD_CHARACTERS) return password
  throw new UsageError(
    `the password has fewer than ${MIN_PASSWORD_CHARACTERS} characters`,
    'three or four words that do not belong together are easy to remember and hard to guess',
  )
}

function writtenPassword(sources: PasswordSources): string | undefined {
  return givenPassword(sources) ?? storedPassword(sources)
}

function givenPassword({
  passwordFile,
  keytab,
  variable: name = 'SYMBOLON_PASSWORD',
}: PasswordSources): string | undefined {
  if (keytab !== undefined) return readKeytab(keytab).password
  if (passwordFile !== undefined) return check(readSecretFile(passwordFile, 'password'))
  const variable = setting(name)
  return variable === undefined ? undefined : check(variable)
}

function storedPassword({ kdc, username }: PasswordSources): string | undefined {
  return kdc === undefined ? undefined : readCredentials().get(kdc)?.get(username)
}

// NFC, so that the same keys pressed on two systems give the same bytes (RFC 8265 §4.2.2).
function check(password: string): string {
  if (password.length === 0) throw new UsageError('the password is empty')
  // Half of a character: every other half would do as well.
  if (/\p{Surrogate}/u.test(password)) throw new UsageError('the password is not text')
  const normal = password.normalize('NFC')
  if (Buffer.byteLength(normal) > MAX_PASSWORD_BYTES) {
    throw new UsageError(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`)
  }
  return normal
}
