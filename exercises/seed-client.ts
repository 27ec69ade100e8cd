/**
 * Given: messages 1 to 3 as docs/protocol.md §3.1 to §3.3 has them, in clear, so that everything can be seen. (The
 * library's own `login` hides the password and seals what follows: §3.6, §3.7.)
 *
 * @module
 */
import { fromBase64url, Secret, type Trace } from 'symbolon/protocol'

type Fields = Readonly<Record<string, unknown>>

/** What message 4 brings. */
export interface Answer {
  readonly address: string
  readonly port: number
  readonly secret: Secret
  readonly ticket: Uint8Array
}

/** Somebody who has logged in. */
export class SeedClient {
  readonly username: string
  readonly token: Secret
  readonly #kdc: string
  readonly #trace: Trace | undefined

  private constructor(kdc: string, username: string, token: Secret, trace: Trace | undefined) {
    this.username = username
    this.token = token
    this.#kdc = kdc
    this.#trace = trace
  }

  /** Messages 1 and 2. */
  static async login(kdc: string, username: string, password: string, trace?: Trace): Promise<SeedClient> {
    const { token } = await post(kdc, '/login', 'token', { username, password }, username, trace)
    return new SeedClient(kdc, username, Secret.fromText('session token', String(token)), trace)
  }

  /** Messages 3 and 4. */
  async userinfo(receiver: string): Promise<Answer> {
    const answer = await this.#post('/userinfo', 'answer', { receiver })
    return {
      address: String(answer.ip_addr),
      port: Number(answer.port),
      secret: Secret.fromText('channel secret', String(answer.secret)),
      ticket: fromBase64url(String(answer.senderinfo), { name: 'senderinfo' }),
    }
  }

  /** Says where this one accepts channels. */
  async announce(port: number): Promise<void> {
    await this.#post('/listen', 'listening', { port })
  }

  #post(path: string, answer: string, fields: Fields): Promise<Fields> {
    const body = { username: this.username, token: this.token.toText(), ...fields }
    return post(this.#kdc, path, answer, body, this.username, this.#trace)
  }
}

async function post(
  kdc: string,
  path: string,
  answer: string,
  body: Fields,
  from: string,
  trace?: Trace,
): Promise<Fields> {
  trace?.({ name: path.slice(1), from, to: 'KDC', by: `POST ${path}`, fields: shown(body) })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(new URL(path, kdc), { method: 'POST', headers, body: JSON.stringify(body) })
  const reply = (await response.json()) as Fields
  if (response.status !== 200) throw new Error(`the KDC failed: ${reply.detail}`)
  trace?.({ name: answer, from: 'KDC', to: from, by: '200', fields: shown(reply) })
  return reply
}

// Even in a lesson: enough of a secret to recognise it, too little to use.
function shown(body: Fields): Record<string, string | number> {
  const long = ['token', 'secret', 'senderinfo']
  const fields = Object.entries(body).map(([name, value]) => {
    if (name === 'password') return [name, '[password]']
    if (long.includes(name)) return [name, `${String(value).slice(0, 6)}…`]
    return [name, typeof value === 'number' ? value : String(value)]
  })
  return Object.fromEntries(fields)
}
