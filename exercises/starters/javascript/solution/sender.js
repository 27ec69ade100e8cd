#!/usr/bin/env node
/** Solved: sends one text. `sender.js KDC USERNAME RECEIVER` with the text on standard input: ../../README.md. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fromBase64url, Refused, Session } from '../kdc.js'
import { Handshake, NOISE_MESSAGE_BYTES } from '../noise.js'

const MESSAGE = 1
const PART = 2
const DATA = 3
const ACK = 4
const END = 5
const ABORT = 6
const MIN_FRAME = 19
const MAX_FRAME = 65535
const MAX_BODY = MAX_FRAME - 16 - 3
const PATIENCE_MS = 30_000

const u16 = (n) => Buffer.of(n >> 8, n & 0xff)
const frame = (content) => Buffer.concat([u16(content.length), content])
const record = (type, body) => Buffer.concat([Buffer.of(type), u16(body.length), body])

/** The frames of a connection, one after the other, however their bytes come. */
class Frames {
  #chunks
  #rest = Buffer.alloc(0)

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  async next(shortest, longest) {
    const length = (await this.#read(2)).readUInt16BE()
    if (length < shortest || length > longest) throw new Refused(`a frame of ${length} bytes`)
    return await this.#read(length)
  }

  async #read(length) {
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

/** §5.3: whole records, at least one, and nothing left over. */
function* records(plaintext) {
  let at = 0
  do {
    const body = at + 3
    const end = body <= plaintext.length ? body + plaintext.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY
    if (end > plaintext.length) throw new Refused('a record that is cut short')
    yield { type: plaintext[at], body: plaintext.subarray(body, end) }
    at = end
  } while (at < plaintext.length)
}

/** §5.3: one message, in parts where it is long. */
function* messageRecords(text) {
  let rest = text
  for (; rest.length > MAX_BODY; rest = rest.subarray(MAX_BODY))
    yield record(PART, rest.subarray(0, MAX_BODY))
  yield record(MESSAGE, rest)
}

/** §5, alice's side. */
async function converse(socket, ticket, secret, text) {
  const frames = new Frames(socket)
  const handshake = new Handshake(Buffer.concat([Buffer.from('symbolon/1 channel'), ticket]), secret, {
    initiator: true,
  })
  socket.write(Buffer.concat([Buffer.of(1), frame(ticket), frame(handshake.write())]))
  // Throws when it was made without the secret: here an impostor is found out.
  handshake.read(await frames.next(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
  const { sending, receiving } = handshake.split()
  for (const plaintext of messageRecords(text)) socket.write(frame(sending.encrypt(plaintext)))
  let acknowledged = false
  let ended = false
  while (!acknowledged || !ended) {
    const plaintext = receiving.decrypt(await frames.next(MIN_FRAME, MAX_FRAME))
    for (const { type, body } of records(plaintext)) {
      if (type === ABORT) throw new Refused('the receiver gave up')
      if (type === ACK) {
        if (acknowledged || body.toString('hex') !== '0000000000000001') {
          throw new Refused('the receiver acknowledged what was not sent')
        }
        acknowledged = true
        socket.write(frame(sending.encrypt(record(END, Buffer.alloc(0)))))
      } else if (ended) throw new Refused('the receiver said something after its end')
      else if (type === END) {
        if (body.length > 0) throw new Refused('an end that is not empty')
        ended = true
      } else if (![MESSAGE, PART, DATA].includes(type)) throw new Refused('a record of an unknown type')
    }
  }
}

/** Finishes when the receiver has acknowledged the text and said its end; throws in every other case. */
async function send(session, receiver, text) {
  const answer = await session.userinfo(receiver)
  const [ticket, secret] = [fromBase64url(answer.senderinfo), fromBase64url(answer.secret)]
  const socket = connect({ host: answer.ip_addr, port: answer.port, allowHalfOpen: true, noDelay: true })
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Refused('the receiver says nothing')))
  try {
    await once(socket, 'connect')
    await converse(socket, ticket, secret, text)
    socket.end()
  } finally {
    socket.destroySoon()
  }
}

const [kdc, username, receiver] = process.argv.slice(2)
try {
  const text = await buffer(process.stdin)
  await send(await Session.login(kdc, username, process.env.SYMBOLON_PASSWORD), receiver, text)
} catch (error) {
  process.stderr.write(`sender: error: ${error.message}\n`)
  process.exitCode = 1
}
