/**
 * Logging in, as every tool does it.
 *
 * @module
 */
import { login, type Session } from '../lib/client.ts'
import type { Trace } from '../lib/trace.ts'
import { kdcUrl } from './kdc-url.ts'
import { passwordSource } from './password.ts'

/** The options that every tool with a login takes, for `parseArguments`. */
export const LOGIN_OPTIONS = {
  kdc: { type: 'string' },
  'password-file': { type: 'string' },
  'allow-plaintext': { type: 'boolean' },
} as const

export const LOGIN_HELP = `  --kdc URL             the KDC (default: SYMBOLON_KDC, else http://127.0.0.1:8800)
  --password-file FILE  the password is its first line (else SYMBOLON_PASSWORD,
                        the credentials file, or a prompt)
  --allow-plaintext     send the password to a KDC on another machine without TLS`

interface LoginValues {
  readonly kdc?: string | undefined
  readonly 'password-file'?: string | undefined
  readonly 'allow-plaintext'?: boolean | undefined
}

/**
 * Logs `username` in with whatever the command line says.
 *
 * @throws the errors of `login` and of `passwordSource`.
 */
export function loginFrom(username: string, values: LoginValues, trace: Trace | undefined): Promise<Session> {
  const kdc = kdcUrl(values.kdc)
  const password = passwordSource({ username, kdc, passwordFile: values['password-file'] })
  return login(kdc, username, password, { trace, allowPlaintext: values['allow-plaintext'] ?? false })
}
