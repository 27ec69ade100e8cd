/**
 * Bob is a command: it logs in at a KDC of the class and listens; the grader makes tickets for it, and calls.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import * as net from 'node:net'
import {
  type ChannelRecord,
  concat,
  createTicket,
  decodeRecords,
  EMPTY,
  encodeRecord,
  HandshakeState,
  hkdf,
  NNpsk0,
  Secret,
  seal,
  secureRandomBytes,
  systemClock,
  type Ticket,
  type Transport,
  toBase64url,
  u16,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { startClassKdc } from '../class-kdc.ts'
import { Missing, must } from '../examiner/property.ts'
import type { CommandOptions } from './alice.ts'
import type { Command, Running } from './command.ts'

const POLL_MS = 20
const NAME = utf8('symbolon/1 channel')

/** What opens one channel: the ticket's bytes and the secret. */
export interface Key {
  readonly ticket: Uint8Array
  readonly secret: Uint8Array
}

/** One run of the command, with a KDC of its own. */
interface Session {
  readonly running: Running
  readonly token: Uint8Array
  readonly port: number
  readonly clock: () => number
  close(): void
}

/** A message that the command has shown. */
export interface Shown {
  readonly from: unknown
  readonly text: unknown
}

/** A command that receives. */
export class CommandedBob {
  readonly limitMs: number
  /** What it may not print. */
  readonly secrets: ['token' | 'secret', Uint8Array][] = []
  /** Likewise. */
  readonly passwords: string[] = []
  /** What was answered to tickets that were refused. */
  readonly excuses: string[] = []
  #session: Session | undefined
  #printed = ''
  readonly #command: Command

  constructor(command: Command, { timeLimitSec }: CommandOptions) {
    this.#command = command
    this.limitMs = timeLimitSec * 1000
  }

  /** All that it has printed on both outputs. */
  get printed(): string {
    return `${this.#printed}\n${this.#session?.running.stdout ?? ''}\n${this.#session?.running.stderr ?? ''}`
  }

  /**
   * Starts it anew.
   *
   * @param ahead - by how many seconds the KDC's clock is ahead of this machine's.
   * @throws Missing when it does not listen.
   */
  async start(ahead = 0): Promise<Session> {
    await this.stop()
    const password = toBase64url(randomBytes(9))
    const paths: string[] = []
    const clock = () => systemClock() + ahead
    const kdc = await startClassKdc(
      () => {
        throw new Missing('bob asks for a receiver.')
      },
      { passwords: new Map([['bob', password]]), clock, hears: ({ path }) => paths.push(path) },
    )
    const running = this.#command.run([kdc.url, 'bob'], { SYMBOLON_PASSWORD: password }, '')
    this.passwords.push(password)
    let isOver = false
    running.ended.then(() => {
      isOver = true
    })
    const isListening = await until(() => isOver || kdc.listening.has('bob'), this.limitMs)
    const { port = 0, token = '' } = kdc.listening.get('bob') ?? {}
    this.#session = {
      running,
      port,
      token: Buffer.from(token, 'base64url'),
      clock,
      close: () => kdc.close(),
    }
    if (isListening && !isOver) {
      this.secrets.push(['token', this.#session.token])
      return this.#session
    }
    const last = running.stderr.trim().split('\n').at(-1)
    await this.stop()
    const asked = paths.length === 0 ? 'nothing' : paths.join(', ')
    throw new Missing(
      `bob does not listen: he asked the KDC for ${asked}, and said: ${last || 'nothing'}.`,
      'stopped',
    )
  }

  async stop(): Promise<void> {
    this.#printed = this.printed
    this.#session?.close()
    this.#session = undefined
    await this.#command.endAll()
  }

  /** The run that goes on, or a new one. */
  async session(): Promise<Session> {
    return this.#session ?? (await this.start())
  }

  /** How many lines it has written to standard error. */
  get complaints(): number {
    return (this.#session?.running.stderr ?? '').split('\n').length - 1
  }

  /** What it has shown so far. @throws Missing when a line is no message. */
  shown(): Shown[] {
    const { stdout = '' } = this.#session?.running ?? {}
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        try {
          const { from, text } = JSON.parse(line)
          return { from, text }
        } catch {
          throw new Missing(`this line on standard output is no JSON: ${line.slice(0, 100)}`)
        }
      })
  }

  /** As the KDC makes it; what differs is given. */
  async key(fields: Partial<Ticket> = {}): Promise<Key> {
    const { token, clock } = await this.session()
    const secret = secureRandomBytes(32)
    this.secrets.push(['secret', secret])
    const content = {
      username: 'alice',
      ipAddress: '127.0.0.1',
      secret: new Secret('channel secret', secret),
      receiver: 'bob',
      issuedAt: clock(),
      expiresAt: clock() + 300,
      ...fields,
    }
    return { ticket: createTicket(content, new Secret('session token', token)), secret }
  }

  /** A ticket of other parts than the KDC makes. */
  async forged(parts: Forged = {}): Promise<Key> {
    const { token, clock } = await this.session()
    const secret = secureRandomBytes(32)
    this.secrets.push(['secret', secret])
    const usual = {
      username: 'alice',
      ip_addr: '127.0.0.1',
      secret: toBase64url(secret),
      receiver: 'bob',
      issued_at: clock(),
      expires_at: clock() + 300,
    }
    const { version = 1, sealedUnder = token, sidOf = token, salt = secureRandomBytes(32) } = parts
    const { content = (all: Fields) => all } = parts
    const sid = hkdf(sidOf, EMPTY, 'symbolon/1 session id', 16)
    const header = concat(Uint8Array.of(version), sid, salt)
    const fields = content(usual)
    const plaintext = typeof fields === 'string' ? fields : JSON.stringify(fields)
    const key = hkdf(sealedUnder, salt, 'symbolon/1 ticket', 32)
    return { ticket: concat(header, seal(key, ZERO_NONCE, header, utf8(plaintext))), secret }
  }

  /** Dials. */
  async call(): Promise<Caller> {
    const { port } = await this.session()
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', () => reject(new Missing('bob does not listen at his port any more.')))
    })
    return new Caller(socket, this.limitMs)
  }
}

type Fields = Readonly<Record<string, unknown>>

/** What differs from the KDC's tickets. */
export interface Forged {
  readonly version?: number
  readonly sealedUnder?: Uint8Array
  readonly sidOf?: Uint8Array
  readonly salt?: Uint8Array
  readonly content?: (fields: Fields) => Fields | string
}

/** Alice's end of one connection. */
export class Caller {
  readonly #socket: net.Socket
  readonly #limitMs: number
  #came: Uint8Array = EMPTY
  #read = 0
  #isClosed = false
  #transport: Transport | undefined
  readonly heard: ChannelRecord[] = []

  constructor(socket: net.Socket, limitMs: number) {
    this.#socket = socket
    this.#limitMs = limitMs
    const over = () => {
      this.#isClosed = true
    }
    socket
      .on('data', (bytes) => {
        this.#came = concat(this.#came, bytes)
      })
      .on('end', over)
      .on('close', over)
      .on('error', over)
  }

  /** How many bytes bob has written. */
  get answered(): number {
    return this.#came.length
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  hangUp(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The version, the ticket, and Noise message 1, which may be another. @returns the handshake that waits for message 2. */
  open({ ticket, secret }: Key, { prologue = concat(NAME, ticket), message1 }: Opening = {}): HandshakeState {
    const handshake = new HandshakeState({ pattern: NNpsk0, initiator: true, prologue, psk: secret })
    const first = handshake.writeMessage()
    const sent = message1 ? message1(first) : first
    this.write(concat(Uint8Array.of(1), frame(ticket), frame(sent)))
    return handshake
  }

  /** The whole handshake; false when bob does not answer as bob. */
  async shakeHands(key: Key): Promise<boolean> {
    const handshake = this.open(key)
    const message2 = await this.#frame()
    try {
      if (message2?.length !== 48) return false
      handshake.readMessage(message2)
    } catch {
      return false
    }
    this.#transport = handshake.transport
    return true
  }

  /** All of these in one frame, sealed. */
  say(...records: (ChannelRecord | Uint8Array)[]): void {
    this.write(this.sealed(...records))
  }

  sealed(...records: (ChannelRecord | Uint8Array)[]): Uint8Array {
    const bytes = records.map((record) => (record instanceof Uint8Array ? record : encodeRecord(record)))
    return frame(this.#cipher.send.encryptWithAd(EMPTY, concat(...bytes)))
  }

  /** Reads until it has heard what is wanted; false when the connection closes, or nothing more comes. */
  async hears(isIt: (heard: readonly ChannelRecord[]) => boolean): Promise<boolean> {
    while (!isIt(this.heard)) {
      const bytes = await this.#frame()
      if (!bytes) return false
      this.heard.push(...this.#opened(bytes))
    }
    return true
  }

  /** Whether bob has hung up within the limit. */
  closed(): Promise<boolean> {
    return until(() => this.#isClosed, this.#limitMs)
  }

  get #cipher(): Transport {
    const transport = this.#transport
    must(transport, 'nobody can tell before the handshake is done.')
    return transport
  }

  #opened(bytes: Uint8Array): ChannelRecord[] {
    try {
      return decodeRecords(this.#cipher.receive.decryptWithAd(EMPTY, bytes))
    } catch {
      throw new Missing('what bob said in the channel does not open, or is no record.')
    }
  }

  async #frame(): Promise<Uint8Array | undefined> {
    const length = () => {
      const [high = 0, low = 0] = this.#came.subarray(this.#read)
      return 2 + high * 256 + low
    }
    const has = () => this.#came.length - this.#read >= 2 && this.#came.length - this.#read >= length()
    await until(() => has() || this.#isClosed, this.#limitMs)
    if (!has()) return undefined
    const begin = this.#read
    this.#read += length()
    return this.#came.slice(begin + 2, this.#read)
  }
}

/** What may be another in a handshake. */
export interface Opening {
  readonly prologue?: Uint8Array
  readonly message1?: (right: Uint8Array) => Uint8Array
}

export const frame = (content: Uint8Array): Uint8Array => concat(u16(content.length), content)

/** Looks again and again; false when it has not come within the limit. */
export async function until(isSo: () => boolean, limitMs: number): Promise<boolean> {
  for (let waited = 0; !isSo(); waited += POLL_MS) {
    if (waited > limitMs) return false
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return true
}
