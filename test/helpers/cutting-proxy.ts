/** A connection that breaks when a test wants it to: a proxy between a sender and a receiver. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Where it takes connections, and where they lead. */
export interface Way {
  readonly host: string
  readonly port: number
}

export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #to: () => Way
  #left = Number.POSITIVE_INFINITY
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

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts everything once so many more bytes have passed towards the receiver; connections after that are left alone. */
  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  /** Cuts what is open now. */
  cut(): void {
    this.#left = Number.POSITIVE_INFINITY
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: Socket): void {
    const far = connect({ ...this.#to(), allowHalfOpen: true, noDelay: true })
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        const other = socket === near ? far : near
        other.destroySoon()
      })
    }
    far.pipe(near)
    near.on('data', (bytes: Buffer) => {
      const some = bytes.subarray(0, this.#left)
      this.#left -= some.length
      this.passed += some.length
      const isCut = this.#left <= 0
      if (!far.write(some, () => isCut && this.cut()) && !isCut) {
        near.pause()
        far.once('drain', () => near.resume())
      }
    })
    near.on('end', () => far.end())
  }
}
