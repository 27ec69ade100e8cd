/** A connection that breaks when a test wants it to: a proxy between a sender and a receiver. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Where it takes connections, and where they lead. */
export interface Way {
  readonly host: string
  readonly port: number
}

/** What is loaded before a tool to redirect it. */
const DETOUR = new URL('./detour.mjs', import.meta.url).href

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

  static async start(to: () => Way): Promise<CuttingProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const proxy = new CuttingProxy(server, to)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * The environment variables of a sender whose connections to where this proxy leads now come through it: the KDC sends it to the
   * receiver itself, which would not be published anywhere else.
   */
  detour(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import=${DETOUR}`, SYMBOLON_TEST_DETOUR: `${this.#to().port} ${this.port}` }
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
