/** A connection that breaks when a test wants it to: a proxy between a sender and a receiver. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { needs, runs } from './needs.ts'

/** Where it takes connections, and where they lead. */
export interface Way {
  readonly host: string
  readonly port: number
}

/**
 * The KDC tells senders the address that a receiver's requests come from, 127.0.0.1: the proxy is there, and the receiver listens at
 * this one, on the same port.
 */
export const BEHIND = '127.0.0.2'

const probe = `require('net').createServer().on('error', () => process.exit(1)).listen(0, '${BEHIND}', () => process.exit(0))`

export const hasBehind = () => runs(process.execPath, '-e', probe)

/** Tests that put a proxy before a receiver's process. */
export const withProxy = needs(BEHIND, hasBehind, `on macOS: ifconfig lo0 alias ${BEHIND}`)

export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #to: () => Way
  #left = Number.POSITIVE_INFINITY
  #act: () => void = () => {}
  /** Lets each piece wait so long, towards the receiver: a slow line. */
  delayMs = 0
  /** How many bytes have passed towards the receiver. */
  passed = 0

  private constructor(server: Server, to: () => Way) {
    this.#server = server
    this.#to = to
    server.on('connection', (socket) => this.#join(socket))
  }

  static async start(to: () => Way, at: Way = { host: '127.0.0.1', port: 0 }): Promise<CuttingProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const proxy = new CuttingProxy(server, to)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, resolve)
    })
    return proxy
  }

  /** One before the receiver that listens on the same port, elsewhere. */
  static async beforeReceiver(): Promise<CuttingProxy> {
    const proxy: CuttingProxy = await CuttingProxy.start(() => ({ host: BEHIND, port: proxy.port }))
    return proxy
  }

  /** What a receiver is to be started with. */
  get place(): string[] {
    return ['--host', BEHIND, '--port', String(this.port)]
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * Does something, once, when so many more bytes have passed towards the receiver; no byte more passes before.
   *
   * @param act - default: cuts what is open.
   */
  after(bytes: number, act: () => void = () => this.cut()): void {
    this.#left = bytes
    this.#act = act
  }

  /** Cuts what is open now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.#left = Number.POSITIVE_INFINITY
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: Socket): void {
    const far = connect({ ...this.#to(), allowHalfOpen: true, noDelay: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('end', () => other.end())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroySoon()
      })
      socket.on('data', (bytes: Buffer) => {
        if (socket === near && this.delayMs > 0) {
          socket.pause()
          setTimeout(() => {
            other.write(this.#allowed(bytes))
            socket.resume()
          }, this.delayMs)
          return
        }
        if (other.write(socket === near ? this.#allowed(bytes) : bytes)) return
        socket.pause()
        other.once('drain', () => socket.resume())
      })
    }
  }

  #allowed(bytes: Buffer): Buffer {
    const some = bytes.subarray(0, this.#left)
    this.#left -= some.length
    this.passed += some.length
    if (this.#left > 0) return bytes
    this.#left = Number.POSITIVE_INFINITY
    // What was let through is on its way before.
    setImmediate(this.#act)
    // The rest of these bytes is lost where the connection is cut, and goes on elsewhere.
    return bytes
  }
}
