/**
 * Where a password comes from: a keytab, `--password-file`, `SYMBOLON_PASSWORD`, the credentials file, or a prompt without echo;
 * never an argument, which every user of the machine can read.
 */
import { MAX_PASSWORD_BYTES } from '../../lib/opaque.ts'
import { setting } from '../environment.ts'
import { UsageError } from '../errors.ts'
import { credentialsPath, readCredentials } from './credentials.ts'
import { loginCommand } from './kdc-url.ts'
import { readKeytab } from './keytab.ts'
import { canPrompt, promptSecret } from './prompt.ts'
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
  /** Awaited before a person is asked, who should not type a password for nothing. */
  readonly beforePrompt?: (() => Promise<void>) | undefined
  /** Whether the tool goes on with a session that `login` has kept. */
  readonly mayBeKept?: boolean | undefined
}

export const PASSWORD_OPTION = {
  'password-file': {
    type: 'string',
    help: [
      'FILE',
      'the password is its first line (else SYMBOLON_PASSWORD, the credentials file, or a prompt)',
    ],
  },
} as const

export const SET_PASSWORD_OPTION = {
  'password-file': {
    type: 'string',
    help: ['FILE', 'the new password is its first line (else SYMBOLON_PASSWORD, or a prompt)'],
  },
} as const

/** How often a person may try, in all, at a prompt. */
export const MAX_TRIES = 3

// Where a password may be given beforehand. The option is that of the variable: SYMBOLON_NEW_PASSWORD and --new-password-file.
function hintFor({ variable = 'SYMBOLON_PASSWORD' }: PasswordSources): string {
  const option = variable.replace('SYMBOLON_', '').toLowerCase().replaceAll('_', '-')
  return `give --${option}-file FILE or set ${variable}`
}

/** Shortest password to be set, in characters: NIST SP 800-63B §5.1.1.2. */
const MIN_PASSWORD_CHARACTERS = 8

/**
 * The password of an account that exists, for a tool that logs in again and again: what is written down is read anew
 * each time, for it may have changed. No person is asked again once one was right: by then the terminal may be in use for something else,
 * and what is typed would be read as that.
 */
export class Passwords {
  readonly #sources: PasswordSources
  #typed: string | undefined
  #last: string | undefined

  constructor(sources: PasswordSources) {
    this.#sources = sources
  }

  /** @throws ToolError, UsageError; what `beforePrompt` throws. */
  readonly get = async (): Promise<string> => {
    const written = givenPassword(this.#sources) ?? storedPassword(this.#sources)
    this.#typed = written === undefined ? (this.#last ?? (await typedPassword(this.#sources))) : undefined
    this.#last = written ?? this.#typed
    return this.#last as string
  }

  /** It was refused. @returns whether another may be asked for: what is written down is wrong however often it is tried. */
  refuse(): boolean {
    const { length } = this.#typed ?? ''
    this.#last = undefined
    return length > 0
  }
}

async function typedPassword(sources: PasswordSources): Promise<string> {
  const { username, kdc, beforePrompt, mayBeKept } = sources
  const once = mayBeKept ? `; or log in once, on a terminal: ${loginCommand(username, kdc)}` : ''
  // Without a terminal there is nothing to wait for.
  if (canPrompt()) await beforePrompt?.()
  return check(await promptSecret(`password for ${username}: `, hintFor(sources) + once))
}

/** A password to be set: asked for twice when it is typed, and again when it cannot be. */
export async function readNewPassword(sources: PasswordSources): Promise<string> {
  const given = givenPassword(sources)
  if (given !== undefined) return judgeNew(given)
  for (let tries = 1; ; tries++) {
    try {
      return await typeNew(sources)
    } catch (error) {
      if (!(error instanceof Unsuitable) || tries === MAX_TRIES) throw error
      process.stderr.write(`${error.message}: try again\n`)
    }
  }
}

/** What may be another the next time. */
class Unsuitable extends UsageError {}

async function typeNew(sources: PasswordSources): Promise<string> {
  const hint = hintFor(sources)
  const password = judgeNew(check(await promptSecret(`new password for ${sources.username}: `, hint)))
  if (check(await promptSecret('the same again: ', hint)) === password) return password
  throw new Unsuitable('the two passwords differ', 'start again')
}

function judgeNew(password: string): string {
  refuseLost(password, 'the password')
  if ([...password].length >= MIN_PASSWORD_CHARACTERS) return password
  throw new Unsuitable(
    `the password has fewer than ${MIN_PASSWORD_CHARACTERS} characters`,
    'three or four words that do not belong together are easy to remember and hard to guess',
  )
}

function givenPassword({
  passwordFile,
  keytab,
  variable: name = 'SYMBOLON_PASSWORD',
}: PasswordSources): string | undefined {
  if (keytab !== undefined) return check(readKeytab(keytab).password, keytab)
  if (passwordFile !== undefined) {
    return check(readSecretFile(passwordFile, 'password'), `the first line of ${passwordFile}`)
  }
  const variable = setting(name)
  return variable === undefined ? undefined : check(refuseLost(variable, name), name)
}

function storedPassword({ kdc, username }: PasswordSources): string | undefined {
  const stored = kdc === undefined ? undefined : readCredentials().get(kdc)?.get(username)
  return stored === undefined ? undefined : check(stored, credentialsPath())
}

// Node decodes the environment leniently: there it stands for any byte that is not UTF-8. In a new password it comes from another
// program's lenience; who has set such a one before still gets in by a file or a prompt, to set another.
function refuseLost(password: string, where: string): string {
  if (!password.includes('\ufffd')) return password
  throw new UsageError(
    `${where} has U+FFFD in it, which stands for characters that were lost`,
    'is it text in UTF-8? Another encoding cannot be told from the next one',
  )
}

// NFC, so that the same keys pressed on two systems give the same bytes (RFC 8265 §4.2.2).
function check(password: string, where?: string): string {
  if (password.length === 0) {
    throw where === undefined
      ? new Unsuitable('the password is empty', 'type it, then Enter')
      : new UsageError(`the password is empty: ${where}`, 'write it there, or do without, to be asked for it')
  }
  // Half of a character: every other half would do as well.
  if (/\p{Surrogate}/u.test(password)) throw new UsageError('the password is not text')
  const normal = password.normalize('NFC')
  if (Buffer.byteLength(normal) > MAX_PASSWORD_BYTES) {
    throw new UsageError(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`)
  }
  return normal
}
