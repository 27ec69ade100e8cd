/** The options with which a KDC serves over TLS: files as certificate authorities hand them out, in PEM. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { timestamp } from '../../cli/terminal/format.ts'
import { readSmallFile } from '../../files/small-file.ts'
import { isSystemError, systemReason } from '../../lib/system-errors.ts'
import type { TlsIdentity } from '../http/server.ts'

export const TLS_OPTIONS = {
  'tls-cert': { type: 'string', help: ['FILE', 'serve over TLS: the certificate, in PEM'] },
  'tls-key': { type: 'string', help: ['FILE', 'and its key'] },
} as const

const MAX_PEM_BYTES = 1024 * 1024

/**
 * What `--tls-cert` and `--tls-key` name, read and judged.
 *
 * @returns nothing when neither is given.
 * @throws UsageError when only one is; ToolError when a file cannot be used; FileError `file_not_private` for a key that
 *   others can read.
 */
export function readTls(certFile: string | undefined, keyFile: string | undefined): TlsIdentity | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) throw new UsageError('--tls-key: --tls-cert is missing', 'TLS takes both')
  if (keyFile === undefined) throw new UsageError('--tls-cert: --tls-key is missing', 'TLS takes both')
  const cert = read('certificate', certFile, { mayBeShared: true })
  const key = read('key', keyFile, { mayBeShared: false })
  if (!parseCertificate(cert, certFile).checkPrivateKey(parseKey(key, keyFile))) {
    throw new ToolError(`the TLS key ${keyFile} does not belong to the certificate ${certFile}`, {
      hint: 'the certificate of the KDC itself comes first in its file, before those of its authorities',
    })
  }
  refuseUnusable(cert, key, certFile)
  return { cert, key }
}

/**
 * What clients will mind about a certificate that a KDC can serve with all the same: its clock may be wrong, or another name theirs.
 *
 * @param host - where the KDC listens.
 * @param now - Unix seconds.
 * @returns in words; nothing where all is well.
 */
export function certificateTroubles(pem: string, host: string, now: number): string[] {
  const certificate = new X509Certificate(pem)
  const [from, to] = [Date.parse(certificate.validFrom) / 1000, Date.parse(certificate.validTo) / 1000]
  const troubles: string[] = []
  if (now > to) troubles.push(`the TLS certificate has expired, at ${timestamp(to)}: clients will refuse it`)
  if (now < from)
    troubles.push(`the TLS certificate is not valid before ${timestamp(from)}: clients will refuse it`)
  if (!EVERYWHERE.includes(host) && !isFor(certificate, host)) {
    const names = certificate.subjectAltName ?? 'no name'
    troubles.push(
      `the TLS certificate is not for ${host}, but for ${names}: clients will refuse it by another name`,
    )
  }
  return troubles
}

/** Addresses that stand for all there are. */
const EVERYWHERE = ['0.0.0.0', '::']

function isFor(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

function read(what: string, path: string, options: { readonly mayBeShared: boolean }): string {
  try {
    return readSmallFile(path, { maxBytes: MAX_PEM_BYTES, ...options }).toString('latin1')
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new ToolError(`cannot read the TLS ${what} ${path}: ${systemReason(cause.code)}`, {
      cause,
      hint: 'check the path, and that the user the KDC runs as may read it',
    })
  }
}

function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ToolError(`${path} is not a certificate in PEM`, {
      cause,
      hint: 'such a file has a line -----BEGIN CERTIFICATE-----',
    })
  }
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // No cause: nothing of a key goes anywhere.
    throw new ToolError(`${path} is not an unencrypted private key in PEM`, {
      hint: 'such a file has a line -----BEGIN PRIVATE KEY-----; openssl pkey takes a passphrase off',
    })
  }
}

// What OpenSSL minds besides: a key that is too short, a broken certificate further down.
function refuseUnusable(cert: string, key: string, path: string): void {
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    const reason = (cause as { reason?: string }).reason ?? (cause as Error).message
    throw new ToolError(`TLS cannot use the certificate ${path}: ${reason}`, {
      cause,
      hint: 'ask its authority for another',
    })
  }
}
