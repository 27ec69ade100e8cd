/**
 * Logging in, as every tool does it.
 *
 * @module
 */
import { login, type Session } from '../lib/client.ts'
import type { Output } from './events.ts'
import { kdcUrl } from './kdc-url.ts'
import { keyJudge } from './known-kdcs.ts'
import { passwordSource } from './password.ts'

/** The options that every tool with a login takes, for `parseArguments`. */
export const LOGIN_OPTIONS = {
  kdc: { type: 'string' },
  'kdc-key': { type: 'string' },
  'password-file': { type: 'string' },
} as const

export const LOGIN_HELP = `  --kdc URL             the KDC (default: SYMBOLON_KDC, else http://127.0.0.1:8800)
  --kdc-key KEY         its key (default: as known; the first time, any)
  --password-file FILE  the password is its first line (else SYMBOLON_PASSWORD,
                        the credentials file, or a prompt)`

interface LoginValues {
  readonly kdc?: string | undefined
  readonly 'kdc-key'?: string | undefined
  readonly 'password-file'?: string | undefined
}

/**
 * Logs `username` in with whatever the command line says.
 *
 * @throws the errors of `login`, of `passwordSource` and of `keyJudge`.
 */
export function loginFrom(username: string, values: LoginValues, output: Output): Promise<Session> {
  const kdc = kdcUrl(values.kdc)
  const password = passwordSource({ username, kdc, passwordFile: values['password-file'] })
  const judgeKey = keyJudge(kdc, values['kdc-key'], (key) => {
    output.event('kdc_key', { kdc, key }, `from now on the KDC at ${kdc} is known by its key ${key}`)
  })
  return login(kdc, username, password, { trace: output.trace, judgeKey })
}
