/**
 * `@hyperswarm/secret-stream`: Noise XX and libsodium's secretstream, native. Installed apart from the project.
 *
 * @module
 */
import { createRequire } from 'node:module'
import * as net from 'node:net'
import type { Duplex } from 'node:stream'
import { peerPackage } from '../peers/installed.ts'
import type { StreamPeer } from './streams.ts'

interface KeyPair {
  readonly publicKey: Buffer
  readonly secretKey: Buffer
}

interface SecretStream {
  new (isInitiator: boolean, socket: net.Socket, options: { keyPair: KeyPair }): Duplex
  keyPair(): KeyPair
}

const PACKAGE = '@hyperswarm/secret-stream'

function load(): SecretStream {
  const file = peerPackage(PACKAGE)
  if (file === undefined) throw new Error(`${PACKAGE} is not installed`)
  return createRequire(file)(PACKAGE) as SecretStream
}

let keyPair: KeyPair | undefined

export const SECRET_STREAM: StreamPeer = {
  keepsMessages: true,

  async listen(onStream) {
    const Stream = load()
    keyPair ??= Stream.keyPair()
    const options = { keyPair }
    const server = net.createServer({ noDelay: true }, (socket) =>
      onStream(new Stream(false, socket, options)),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { port: (server.address() as net.AddressInfo).port }
  },

  async dial(address) {
    const Stream = load()
    keyPair ??= Stream.keyPair()
    const { port } = address as { port: number }
    const stream = new Stream(true, net.connect({ host: '127.0.0.1', port, noDelay: true }), { keyPair })
    await new Promise<void>((resolve, reject) => {
      stream.once('connect', resolve)
      stream.once('error', reject)
    })
    // It is no error that the other side goes first.
    stream.on('error', () => {})
    return stream
  },
}
