/**
 * An on-path attacker between the clients and the KDC, on plain HTTP, who sees every request and does with it what a plan says: delivers it late,
 * twice or never, and answers whatever it likes. It has no key.
 */
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly type: string
  /** All of it; of a stream, what came first. */
  readonly body: Buffer
  /** The rest of a stream, which has no end. */
  readonly rest?: IncomingMessage
}

/** What a mischief may do with one request. */
export interface Exchange {
  readonly path: string
  readonly body: Buffer
  /** Brings the request to the KDC, or another body in its place. */
  deliver(body?: Buffer): Promise<Answer>
  /** Keeps the request until `release`. */
  hold(): void
  /** What the KDC answered before: to the same path, or to another one, if anything. */
  earlier(where: 'here' | 'elsewhere'): Answer | undefined
}

/** What the client gets: an answer, half of one and then a broken connection, or the broken connection alone. */
export type Outcome = Answer | { readonly half: Answer } | 'cut'

/** What is done with a request. */
export type Mischief = (exchange: Exchange) => Promise<Outcome>

interface Plan {
  readonly path: string
  readonly mischief: Mischief
  /** How many requests for the path pass before. */
  skip: number
  /** How many requests for the path it meets. */
  times: number
  /** Called when the first of them has been answered. */
  readonly onMet: () => void
}

/** The proxy. Without a plan it passes everything on. */
export class MeddlingProxy {
  readonly #server: Server
  readonly #kdc: URL
  readonly #sockets = new Set<Socket>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #answered = new Map<string, Answer>()
  readonly #held: (() => Promise<unknown>)[] = []
  /** Requests that a mischief is at work on. */
  readonly #busy = new Set<Promise<unknown>>()
  #plan: Plan | undefined
  /** How many requests the plan has met. */
  met = 0

  private constructor(server: Server, kdc: string) {
    this.#server = server
    this.#kdc = new URL(kdc)
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      void this.#serve(incoming, outgoing).catch(() => incoming.socket.destroy())
    })
  }

  /** Starts one before the KDC at this URL. */
  static async start(kdc: string): Promise<MeddlingProxy> {
    const server = createServer()
    const proxy = new MeddlingProxy(server, kdc)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** Where the KDC is. */
  get kdcUrl(): string {
    return this.#kdc.origin
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /**
   * From now on requests for `path` meet this mischief, after `skip` that pass.
   *
   * @returns resolves when the first of them has met it.
   */
  plan(path: string, mischief: Mischief, { times = Number.POSITIVE_INFINITY, skip = 0 } = {}): Promise<void> {
    this.met = 0
    return new Promise((resolve) => {
      this.#plan = { path, mischief, times, skip, onMet: resolve }
    })
  }

  /** The line is clean again; what is held stays held. Resolves when the mischief that was under way is over. */
  async clean(): Promise<void> {
    this.#plan = undefined
    await Promise.all(this.#busy)
  }

  /** Delivers what was held, in order. The answers are not waited for any more. */
  async release(): Promise<void> {
    for (const deliver of this.#held.splice(0)) await deliver()
  }

  /** Cuts what is open now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#agent.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = incoming.url ?? ''
    const body = await wholeOf(incoming)
    const plan = this.#planFor(path)
    const exchange = this.#exchange(path, incoming, body)
    if (!plan) return send(await exchange.deliver(), incoming, outgoing)
    this.met++
    const done = plan.mischief(exchange).then((outcome) => send(outcome, incoming, outgoing))
    const settled = done.catch(() => {})
    this.#busy.add(settled)
    void settled.then(() => this.#busy.delete(settled)).then(plan.onMet)
    await done
  }

  #planFor(path: string): Plan | undefined {
    const plan = this.#plan
    if (plan?.path !== path) return undefined
    if (plan.skip > 0) {
      plan.skip--
      return undefined
    }
    if (plan.times === 0) return undefined
    plan.times--
    return plan
  }

  #exchange(path: string, { headers, method = 'POST' }: IncomingMessage, whole: Buffer): Exchange {
    const deliver = async (body = whole) => {
      const answer = await this.#ask(method, path, headers, body)
      this.#answered.set(path, { status: answer.status, type: answer.type, body: answer.body })
      return answer
    }
    // Asked now: an answer to this very request is not an earlier one.
    const here = this.#answered.get(path)
    const elsewhere = [...this.#answered].findLast(([other]) => other !== path)?.[1]
    return {
      path,
      body: whole,
      deliver,
      hold: () => void this.#held.push(async () => (await deliver()).rest?.destroy()),
      earlier: (where) => (where === 'here' ? here : elsewhere),
    }
  }

  #ask(method: string, path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> {
    const kept = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name))
    const { hostname: host, port } = this.#kdc
    return new Promise((resolve, reject) => {
      const asking = request({
        host,
        port,
        method,
        path,
        headers: Object.fromEntries(kept),
        agent: this.#agent,
      })
      asking.on('error', reject)
      asking.on('response', (response) => {
        const status = response.statusCode ?? 0
        const type = response.headers['content-type'] ?? ''
        if (!type.startsWith('text/event-stream')) {
          wholeOf(response).then((body) => resolve({ status, type, body }), reject)
          return
        }
        response.once('error', reject)
        response.once('data', (body: Buffer) => {
          response.pause()
          resolve({ status, type, body, rest: response })
        })
      })
      asking.end(body)
    })
  }
}

const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'host'])

async function wholeOf(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function send(outcome: Outcome, { socket }: IncomingMessage, outgoing: ServerResponse): void {
  if (outcome === 'cut') {
    socket.destroy()
    return
  }
  const { status, type, body, rest } = 'half' in outcome ? outcome.half : outcome
  const headers = { 'Content-Type': type, ...(rest ? {} : { 'Content-Length': body.length }) }
  outgoing.writeHead(status, headers)
  if ('half' in outcome) {
    rest?.destroy()
    outgoing.write(body.subarray(0, body.length >> 1), () => socket.destroy())
  } else if (rest) {
    outgoing.write(body)
    rest.on('error', () => socket.destroy())
    outgoing.on('close', () => rest.destroy())
    rest.pipe(outgoing)
  } else outgoing.end(body)
}
