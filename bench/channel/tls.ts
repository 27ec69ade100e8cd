/**
 * TLS 1.3 as Node has it: ChaCha20-Poly1305, no resumption, a certificate on both sides, so that both are proved as they
 * are on our channel.
 *
 * @module
 */
import type { AddressInfo } from 'node:net'
import * as tls from 'node:tls'
import { type Certificate, makeCertificate } from './certificate.ts'
import type { StreamPeer } from './streams.ts'

const SUITE = 'TLS_CHACHA20_POLY1305_SHA256'

interface Address {
  readonly port: number
  /** Both sides have the same one, which is as much work as two. */
  readonly certificate: Certificate
}

export const TLS: StreamPeer = {
  keepsMessages: false,

  async listen(onStream) {
    const certificate = makeCertificate()
    const proof = { requestCert: true, rejectUnauthorized: true, ca: certificate.cert }
    const server = tls.createServer(
      { ...certificate, ...proof, minVersion: 'TLSv1.3', ciphers: SUITE, noDelay: true },
      onStream,
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { port: (server.address() as AddressInfo).port, certificate } satisfies Address
  },

  async dial(address) {
    const { port, certificate } = address as Address
    context ??= tls.createSecureContext({
      ...certificate,
      ca: certificate.cert,
      minVersion: 'TLSv1.3',
      ciphers: SUITE,
    })
    const options = { host: '127.0.0.1', port, servername: 'localhost', secureContext: context }
    const socket = tls.connect(options)
    socket.setNoDelay(true)
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    const { standardName } = socket.getCipher()
    if (standardName !== SUITE) throw new Error(`TLS chose ${standardName}`)
    return socket
  },
}

/** Made once: a program that connects often would not do it for each connection. */
let context: tls.SecureContext | undefined
