/**
 * Keytab files: all that a service needs to log in, where no person types a password. The holder of one is that service.
 *
 *   {"version": 1, "kdc": "http://127.0.0.1:8800", "kdc_key": "2izFjI8E…", "username": "printer", "password": "…"}
 */
import * as v from 'valibot'
import { ToolError } from '../errors.ts'
import { commandOf } from '../installed.ts'
import { readPrivateTextIfAny } from './secret-file.ts'

const HOW_TO_MAKE = `${commandOf('kdc')} keytab NAME FILE makes one`

const KeytabFile = v.object({
  version: v.literal(1),
  kdc: v.string(),
  kdc_key: v.string(),
  username: v.string(),
  password: v.string(),
})

/** What a keytab holds. */
export interface Keytab {
  /** The KDC's URL. */
  readonly kdc: string
  /** Its public key, 32 bytes in base64url. */
  readonly kdcKey: string
  /** Whose it is. */
  readonly username: string
  /** What the service logs in with. */
  readonly password: string
}

/** Reads a keytab. */
export function readKeytab(path: string): Keytab {
  const text = readPrivateTextIfAny(path, HOW_TO_MAKE)
  if (text === undefined) throw new ToolError(`there is no keytab ${path}`, { hint: HOW_TO_MAKE })
  try {
    const file = v.parse(KeytabFile, JSON.parse(text))
    return { kdc: file.kdc, kdcKey: file.kdc_key, username: file.username, password: file.password }
  } catch {
    // No cause: it would quote the file.
    throw new ToolError(`${path} is not a keytab`, { hint: HOW_TO_MAKE })
  }
}

/** A keytab as a file holds it. */
export function formatKeytab({ kdc, kdcKey, username, password }: Keytab): string {
  return `${JSON.stringify({ version: 1, kdc, kdc_key: kdcKey, username, password })}\n`
}
