#!/usr/bin/env node
/** Solved: receives texts. `receiver.js KDC USERNAME`: ../../README.md. */
import { createDecipheriv, hkdfSync, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, isIP } from 'node:net'
import { fromBase64url, Refused, Session } from '../kdc.js'
import { Handshake, NOISE_MESSAGE_BYTES } from '../noise.js'

const MESSAGE = 1
const PART = 2
const ACK = 4
const END = 5
const ABORT = 6
const MIN_FRAME = 19
const MAX_FRAME = 65535
const MIN_TICKET = 65
const MAX_TICKET = 4096
const TAG_BYTES = 16
const MAX_MESSAGE = 2 ** 20
const SKEW_SEC = 60
const HANDSHAKE_MS = 10_000
const PATIENCE_MS = 30_000
const NAME = /^[a-z0-9_][a-z0-9_.-]{0,63}$/

const u16 = (n) => Buffer.of(n >> 8, n & 0xff)
const frame = (content) => Buffer.concat([u16(content.length), content])
const record = (type, body) => Buffer.concat([Buffer.of(type), u16(body.length), body])
const hkdf = (ikm, salt, info, length) => Buffer.from(hkdfSync('sha256', ikm, salt, info, length))

/** The bytes and frames of a connection, however they come. */
class Bytes {
  #chunks
  #rest = Buffer.alloc(0)

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  async frame(shortest, longest) {
    const length = (await this.read(2)).readUInt16BE()
    if (length < shortest || length > longest) throw new Refused(`a frame of ${length} bytes`)
    return await this.read(length)
  }

  async read(length) {
    while (this.#rest.length < length) {
      const { value, done } = await this.#chunks.next()
      if (done) throw new Refused('the connection was cut')
      this.#rest = Buffer.concat([this.#rest, value])
    }
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return bytes
  }
}

/** §4.3: tickets of one session, and the memory of those that were accepted. */
class Judge {
  #session
  #accepted = new Map()

  constructor(session) {
    this.#session = session
  }

  /** What the ticket says; throws Refused at the first thing that is wrong. */
  judge(ticket) {
    if (ticket[0] !== 0x01) throw new Refused('ticket_version')
    const { token, username } = this.#session
    const [header, sid, salt] = [ticket.subarray(0, 49), ticket.subarray(1, 17), ticket.subarray(17, 49)]
    if (!timingSafeEqual(sid, hkdf(token, '', 'symbolon/1 session id', 16)))
      throw new Refused('ticket_not_for_us')
    const key = hkdf(token, salt, 'symbolon/1 ticket', 32)
    const fields = this.#fields(this.#open(key, header, ticket.subarray(49)))
    if (fields.receiver !== username) throw new Refused('ticket_not_for_us')
    const now = this.#now()
    if (fields.issued_at > now + SKEW_SEC) throw new Refused('ticket_not_yet_valid')
    if (fields.expires_at <= now - SKEW_SEC) throw new Refused('ticket_expired')
    const name = salt.toString('hex')
    if (this.#accepted.has(name)) throw new Refused('ticket_replayed')
    for (const [old, until] of this.#accepted) if (until <= now) this.#accepted.delete(old)
    this.#accepted.set(name, fields.expires_at + SKEW_SEC)
    return fields
  }

  /** By the KDC's clock. */
  #now() {
    return Math.floor(Date.now() / 1000) + this.#session.ahead
  }

  #open(key, header, sealed) {
    try {
      const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(header)
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
    } catch (cause) {
      throw new Refused('ticket_damaged', { cause })
    }
  }

  #fields(plaintext) {
    try {
      const fields = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext))
      const isTime = (time) => Number.isSafeInteger(time) && time >= 0
      const isName = (name) => typeof name === 'string' && NAME.test(name)
      const secret = fromBase64url(fields.secret)
      const { username, receiver, issued_at, expires_at, ip_addr } = fields
      const good = [username, receiver].every(isName) && [issued_at, expires_at].every(isTime)
      if (!good || !isIP(ip_addr) || secret.length !== 32) throw new Refused('a field is not of its type')
      return { ...fields, secret }
    } catch (cause) {
      throw new Refused('ticket_damaged', { cause })
    }
  }
}

/** §5.3: whole records, at least one, and nothing left over. */
function* records(plaintext) {
  let at = 0
  do {
    const body = at + 3
    const end = body <= plaintext.length ? body + plaintext.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY
    if (end > plaintext.length) throw new Refused('malformed')
    yield { type: plaintext[at], body: plaintext.subarray(body, end) }
    at = end
  } while (at < plaintext.length)
}

/** §5, bob's side: one channel. */
class Channel {
  #socket
  #bytes
  #ticket
  #sending
  #receiving
  #handled = 0
  #parts = []
  #size = 0
  #ended = false

  constructor(socket) {
    this.#socket = socket
    this.#bytes = new Bytes(socket)
  }

  /** §5.1, §5.8: not a byte is written before message 1 has been verified. */
  async shakeHands(judge) {
    const [version] = await this.#bytes.read(1)
    if (version !== 1) throw new Refused('another version')
    const ticket = await this.#bytes.frame(MIN_TICKET, MAX_TICKET)
    this.#ticket = judge.judge(ticket)
    const prologue = Buffer.concat([Buffer.from('symbolon/1 channel'), ticket])
    const handshake = new Handshake(prologue, this.#ticket.secret, { initiator: false })
    handshake.read(await this.#bytes.frame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
    this.#socket.write(frame(handshake.write()))
    const { sending, receiving } = handshake.split()
    this.#sending = sending
    this.#receiving = receiving
  }

  async converse() {
    try {
      while (!this.#ended) {
        const plaintext = this.#receiving.decrypt(await this.#bytes.frame(MIN_FRAME, MAX_FRAME))
        for (const { type, body } of records(plaintext)) await this.#take(type, body)
      }
    } catch (error) {
      // Only who has proved the secret is told why.
      const code = error.message
      if (['malformed', 'message_too_large'].includes(code)) this.#say(record(ABORT, Buffer.from(code)))
      throw error
    }
    this.#say(record(END, Buffer.alloc(0)))
  }

  #say(plaintext) {
    this.#socket.write(frame(this.#sending.encrypt(plaintext)))
  }

  async #take(type, body) {
    if (type === ABORT) throw new Refused('the sender gave up')
    if (this.#ended || ![MESSAGE, PART, END].includes(type)) throw new Refused('malformed')
    if (type === END) {
      if (body.length > 0 || this.#parts.length > 0) throw new Refused('malformed')
      this.#ended = true
      return
    }
    if (type === PART && body.length === 0) throw new Refused('malformed')
    this.#size += body.length
    if (this.#size > MAX_MESSAGE) throw new Refused('message_too_large')
    this.#parts.push(body)
    if (type === PART) return
    const message = Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    await show(this.#ticket.username, new TextDecoder('utf-8', { ignoreBOM: true }).decode(message))
    // §5.4: acknowledged once it is shown, not before.
    const count = Buffer.alloc(8)
    count.writeBigUInt64BE(BigInt(++this.#handled))
    this.#say(record(ACK, count))
  }
}

/** One line for every message. */
function show(from, text) {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${JSON.stringify({ from, text })}\n`, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

const [kdc, username] = process.argv.slice(2)
try {
  const session = await Session.login(kdc, username, process.env.SYMBOLON_PASSWORD)
  const judge = new Judge(session)
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
    // What breaks a connection is told to whoever reads it.
    socket.on('error', () => {})
    const late = setTimeout(() => socket.destroy(), HANDSHAKE_MS)
    try {
      const channel = new Channel(socket)
      await channel.shakeHands(judge)
      socket.setTimeout(PATIENCE_MS, () => socket.destroy())
      clearTimeout(late)
      await channel.converse()
    } catch (error) {
      process.stderr.write(`receiver: refused: ${error.message}\n`)
    } finally {
      clearTimeout(late)
      socket.destroySoon()
    }
  })
  await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  await session.listen(server.address().port)
} catch (error) {
  process.stderr.write(`receiver: error: ${error.message}\n`)
  process.exit(1)
}
