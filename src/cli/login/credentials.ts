/**
 * The credentials file: passwords by KDC and username, for people who would rather not type them.
 *
 *   $XDG_CONFIG_HOME/symbolon/credentials   { "http://127.0.0.1:8800": { "alice": "her password" } }
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { ToolError } from '../errors.ts'
import { configDir } from '../paths.ts'
import { readPrivateTextIfAny, replacePrivateText } from './secret-file.ts'

// Maps, not objects: a username may be `__proto__`.
export type Credentials = Map<string, Map<string, string>>

const FORM = 'it holds {"KDC URL": {"username": "password"}}; mend it, or move it away'

const CredentialsFile = v.map(v.string(), v.map(v.string(), v.string()))

export const credentialsPath = (): string => join(configDir(), 'credentials')

/** Reads the credentials file; a missing one is empty. */
export function readCredentials(): Credentials {
  const path = credentialsPath()
  const text = readPrivateTextIfAny(path, FORM)
  if (text === undefined) return new Map()
  try {
    return v.parse(CredentialsFile, JSON.parse(text, objectToMap))
  } catch {
    // No cause: it would quote the file.
    throw new ToolError(`${path} is not a credentials file`, { hint: FORM })
  }
}

// JSON.parse makes `__proto__` an own property, safe to list but not to copy: objects become Maps at once.
function objectToMap(_key: string, value: unknown): unknown {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
  return isObject ? new Map(Object.entries(value)) : value
}

/** Changes the credentials file in one step; one that would be empty is removed. */
export function updateCredentials(change: (credentials: Credentials) => void): void {
  const credentials = readCredentials()
  change(credentials)
  const lines = [...credentials].flatMap(([kdc, users]) => {
    const entries = [...users].map((entry) => entry.map((text) => JSON.stringify(text)).join(': '))
    return users.size === 0 ? [] : [`  ${JSON.stringify(kdc)}: { ${entries.join(', ')} }`]
  })
  replacePrivateText(credentialsPath(), lines.length === 0 ? '' : `{\n${lines.join(',\n')}\n}\n`)
}
