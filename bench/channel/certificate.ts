/**
 * A certificate for the TLS that we are compared with: self-signed, for `localhost`, P-256, good for a day. Made by hand,
 * because Node makes none and not every machine has `openssl`.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What `tls` takes: both in PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const SEQUENCE = 0x30
const DAY_MS = 24 * 60 * 60 * 1000
// 1.2.840.10045.4.3.2, ecdsa-with-SHA256 (RFC 5758 §3.2)
const ECDSA_WITH_SHA256 = der(SEQUENCE, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
const COMMON_NAME = der(0x06, Buffer.from('550403', 'hex'))
const SUBJECT_ALT_NAME = der(0x06, Buffer.from('551d11', 'hex'))

/** A fresh key and its certificate (RFC 5280 §4.1). */
export function makeCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from('localhost')))))
  const names = der(SEQUENCE, der(0x82, Buffer.from('localhost')))
  // Its first byte keeps the serial number positive and of full length.
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)])
  const signed = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, der(SEQUENCE, SUBJECT_ALT_NAME, der(0x04, names)))),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', signed, privateKey))
  const base64 = der(SEQUENCE, signed, ECDSA_WITH_SHA256, signature).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}

// UTCTime: YYMMDDHHMMSSZ
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}

/** Tag, length and content (X.690 §8.1), the content shorter than 64 KiB. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
