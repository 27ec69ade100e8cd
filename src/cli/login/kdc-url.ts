/** Which KDC a tool talks to: `--kdc`, `SYMBOLON_KDC`, or the one on this machine. */
import { kdcOrigin } from '../../lib/network/address.ts'
import { setting } from '../environment.ts'
import { UsageError } from '../errors.ts'

export const DEFAULT_KDC = 'http://127.0.0.1:8800'

export const KDC_URL_OPTION = {
  kdc: { type: 'string', help: ['URL', `the KDC (default: SYMBOLON_KDC, else ${DEFAULT_KDC})`] },
} as const

/** @returns the URL's origin, by which the credentials file knows a KDC. @throws UsageError, which quotes no password. */
export function kdcUrl(option: string | undefined): string {
  const text = option ?? setting('SYMBOLON_KDC') ?? DEFAULT_KDC
  try {
    return kdcOrigin(text)
  } catch (cause) {
    // The error has an example, and quotes what may be quoted: there may be a password in it.
    const where = option === undefined ? 'SYMBOLON_KDC' : '--kdc'
    throw new UsageError(`${where}: ${(cause as Error).message}`, hintFor(text))
  }
}

function hintFor(text: string): string {
  try {
    kdcOrigin(`http://${text}`)
    return 'put http:// before it; or https://, where the KDC serves over TLS'
  } catch {
    return 'the KDC says its URL when it starts; its administrator knows it'
  }
}
