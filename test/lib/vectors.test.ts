/**
 * The library against test/vectors/, which other implementations made: see test/vectors/README.md.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../src/lib/bytes.ts'
import { Channel } from '../../src/lib/channel/channel.ts'
import { accept, initiate } from '../../src/lib/channel/handshake.ts'
import {
  type ChannelRecord,
  decodeRecords,
  encodeMessage,
  encodeRecord,
} from '../../src/lib/channel/records.ts'
import { REKEY_INTERVAL, rekeyIfDue } from '../../src/lib/channel/rekey.ts'
import { Wire } from '../../src/lib/channel/wire.ts'
import type { RandomBytes } from '../../src/lib/crypto/random.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { generateKeyPair } from '../../src/lib/crypto/x25519.ts'
import { SymbolonError } from '../../src/lib/errors.ts'
import {
  CipherState,
  type HandshakePattern,
  HandshakeState,
  NNpsk0,
  type Transport,
} from '../../src/lib/noise.ts'
import { AcceptedTickets } from '../../src/lib/replay.ts'
import { createTicket, openTicket, sessionId, type Ticket } from '../../src/lib/ticket.ts'
import { needs, pythonWith } from '../helpers/needs.ts'
import { rejects, throws } from '../helpers/throws.ts'

const VECTORS = new URL('../vectors/', import.meta.url)
const EMPTY = new Uint8Array(0)

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function bytes(hexadecimal: string): Uint8Array {
  return new Uint8Array(Buffer.from(hexadecimal, 'hex'))
}

function token(hexadecimal: string): Secret {
  return new Secret('session token', bytes(hexadecimal))
}

/** What the code under test draws is what the vector says; asking for more, or for another length, is an error. */
function prepared(hexadecimal: string): RandomBytes {
  let left: Uint8Array | undefined = bytes(hexadecimal)
  return (length) => {
    const drawn = left
    left = undefined
    if (drawn?.length !== length) throw new Error(`the vector has no other ${length} random bytes`)
    return drawn
  }
}

// --- ticket.json ---

interface Fields {
  username: string
  ip_addr: string
  secret: string
  receiver: string
  issued_at: number
  expires_at: number
}

interface TicketVectors {
  session_ids: { token: string; sid: string }[]
  ticket_keys: { token: string; salt: string; key: string }[]
  tickets: {
    name: string
    made_by_kdc: boolean
    token: string
    salt: string
    secret: string
    fields: Fields
    sid: string
    key: string
    ticket: string
    senderinfo: string
    receiver: string
    now: number
  }[]
  refused: { name: string; code: string; token: string; receiver: string; now: number; ticket: string }[]
  sequences: {
    name: string
    token: string
    receiver: string
    memory?: number
    steps: { now: number; ticket: string; code: string | null }[]
  }[]
}

const ticket = suite('ticket.json')
const ticketVectors = load<TicketVectors>('ticket.json')

function toTicket(fields: Fields): Ticket {
  return {
    username: fields.username,
    ipAddress: fields.ip_addr,
    secret: Secret.fromText('channel secret', fields.secret),
    receiver: fields.receiver,
    issuedAt: fields.issued_at,
    expiresAt: fields.expires_at,
  }
}

ticket('session ids are derived from the token', () => {
  assert.ok(ticketVectors.session_ids.length > 0)
  for (const vector of ticketVectors.session_ids) {
    assert.is(hex(sessionId(token(vector.token))), vector.sid)
  }
})

for (const vector of ticketVectors.tickets) {
  ticket(`is accepted: ${vector.name}`, () => {
    const opened = openTicket(bytes(vector.ticket), token(vector.token), {
      receiver: vector.receiver,
      accepted: new AcceptedTickets(),
      clock: () => vector.now,
    })
    assert.is(hex(opened.secret.reveal()), vector.secret)
    const { secret: _, ...rest } = opened
    const { secret: __, ...expected } = toTicket(vector.fields)
    assert.equal(rest, expected)
  })

  if (!vector.made_by_kdc) continue
  ticket(`is made byte for byte: ${vector.name}`, () => {
    const made = createTicket(toTicket(vector.fields), token(vector.token), {
      randomBytes: prepared(vector.salt),
    })
    assert.is(hex(made), vector.ticket)
    assert.is(Buffer.from(made).toString('base64url'), vector.senderinfo)
  })
}

for (const vector of ticketVectors.refused) {
  ticket(`is refused (${vector.code}): ${vector.name}`, () => {
    const accepted = new AcceptedTickets()
    throws(
      () =>
        openTicket(bytes(vector.ticket), token(vector.token), {
          receiver: vector.receiver,
          accepted,
          clock: () => vector.now,
        }),
      vector.code,
    )
    assert.is(accepted.size, 0)
  })
}

for (const vector of ticketVectors.sequences) {
  ticket(`one after the other: ${vector.name}`, () => {
    const accepted = new AcceptedTickets(vector.memory)
    for (const { now, code, ticket } of vector.steps) {
      const open = () =>
        openTicket(bytes(ticket), token(vector.token), {
          receiver: vector.receiver,
          accepted,
          clock: () => now,
        })
      if (code === null) open()
      else throws(open, code)
    }
  })
}

ticket('is refused with any one bit changed', () => {
  const [good] = ticketVectors.tickets
  if (!good) throw new Error('ticket.json has no tickets')
  const options = { receiver: good.receiver, clock: () => good.now }
  const damaged = bytes(good.ticket)
  for (let bit = 0; bit < damaged.length * 8; bit++) {
    const position = bit >> 3
    const original = damaged[position] ?? 0
    damaged[position] = original ^ (1 << (bit & 7))
    const code = position === 0 ? 'ticket_version' : position <= 16 ? 'ticket_not_for_us' : 'ticket_damaged'
    throws(
      () => openTicket(damaged, token(good.token), { ...options, accepted: new AcceptedTickets() }),
      code,
    )
    damaged[position] = original
  }
})

ticket.run()

// --- noise.json ---

interface NoiseInputs {
  protocol_name: string
  init_prologue: string
  resp_prologue: string
  init_psks: string[]
  resp_psks: string[]
  init_ephemeral: string
  resp_ephemeral: string
  init_static?: string
  resp_static?: string
  init_remote_static?: string
  resp_remote_static?: string
  handshake_hash: string
}

interface NoiseMessage {
  sender?: Role
  payload: string
  ciphertext: string
}

interface NoiseVectors {
  vectors: (NoiseInputs & { handshake_messages: number; messages: NoiseMessage[] })[]
  rekey: {
    keys: { key: string; rekeyed: string }[]
    conversation: NoiseInputs & {
      messages: NoiseMessage[]
      transport: ((NoiseMessage & { sender: Role; rekey?: undefined }) | { rekey: Role })[]
    }
  }
  refused: {
    name: string
    reader: Role
    prologue: string
    psk: string
    ephemeral: string
    message: string
  }[]
}

type Role = 'init' | 'resp'

const noise = suite('noise.json')
const noiseVectors = load<NoiseVectors>('noise.json')

// Noise revision 34, §7.5; the psk modifiers, §9.
const PATTERNS: readonly HandshakePattern[] = [
  NNpsk0,
  { name: 'NN', messages: [['e'], ['e', 'ee']] },
  { name: 'NNpsk2', messages: [['e'], ['e', 'ee', 'psk']] },
  {
    name: 'NK',
    responderPreMessage: ['s'],
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
    ],
  },
  {
    name: 'KK',
    initiatorPreMessage: ['s'],
    responderPreMessage: ['s'],
    messages: [
      ['e', 'es', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  {
    name: 'KKpsk0',
    initiatorPreMessage: ['s'],
    responderPreMessage: ['s'],
    messages: [
      ['psk', 'e', 'es', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  { name: 'XX', messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] },
  { name: 'XXpsk3', messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']] },
  {
    name: 'IX',
    messages: [
      ['e', 's'],
      ['e', 'ee', 'se', 's', 'es'],
    ],
  },
  {
    name: 'IK',
    responderPreMessage: ['s'],
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  {
    name: 'IKpsk2',
    responderPreMessage: ['s'],
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se', 'psk'],
    ],
  },
]

function patternOf(protocolName: string): HandshakePattern {
  const pattern = PATTERNS.find(({ name }) => protocolName === `Noise_${name}_25519_ChaChaPoly_SHA256`)
  if (!pattern) throw new Error(`no pattern for ${protocolName}`)
  return pattern
}

function handshakeState(vector: NoiseInputs, role: Role): HandshakeState {
  const [psk] = vector[`${role}_psks`]
  const staticKey = vector[`${role}_static`]
  const remoteStaticKey = vector[`${role}_remote_static`]
  return new HandshakeState({
    pattern: patternOf(vector.protocol_name),
    initiator: role === 'init',
    prologue: bytes(vector[`${role}_prologue`]),
    randomBytes: prepared(vector[`${role}_ephemeral`]),
    ...(psk !== undefined && { psk: bytes(psk) }),
    ...(staticKey !== undefined && { staticKey: generateKeyPair(() => bytes(staticKey)) }),
    ...(remoteStaticKey !== undefined && { remoteStaticKey: bytes(remoteStaticKey) }),
  })
}

/** Both sides do the handshake of a vector, and every byte of it is compared. */
function shakeHands(vector: NoiseInputs, messages: NoiseMessage[]): Record<Role, Transport> {
  const sides = { init: handshakeState(vector, 'init'), resp: handshakeState(vector, 'resp') }
  for (const [turn, { payload, ciphertext }] of messages.entries()) {
    const [writer, reader] = turn % 2 === 0 ? [sides.init, sides.resp] : [sides.resp, sides.init]
    assert.is(hex(writer.writeMessage(bytes(payload))), ciphertext)
    assert.is(hex(reader.readMessage(bytes(ciphertext))), payload)
  }
  const { transport: init } = sides.init
  const { transport: resp } = sides.resp
  if (!init || !resp) throw new Error('the handshake is not finished')
  assert.is(hex(init.handshakeHash), vector.handshake_hash)
  assert.is(hex(resp.handshakeHash), vector.handshake_hash)
  return { init, resp }
}

function sayOnce(sides: Record<Role, Transport>, message: NoiseMessage): void {
  const [writer, reader] = message.sender === 'init' ? [sides.init, sides.resp] : [sides.resp, sides.init]
  assert.is(hex(writer.send.encryptWithAd(EMPTY, bytes(message.payload))), message.ciphertext)
  assert.is(hex(reader.receive.decryptWithAd(EMPTY, bytes(message.ciphertext))), message.payload)
}

for (const [number, vector] of noiseVectors.vectors.entries()) {
  noise(`${vector.protocol_name} (${number}): handshake and transport, byte for byte`, () => {
    const sides = shakeHands(vector, vector.messages.slice(0, vector.handshake_messages))
    for (const message of vector.messages.slice(vector.handshake_messages)) sayOnce(sides, message)
  })
}

noise('every pattern of this test has a vector', () => {
  const tested = new Set(noiseVectors.vectors.map((vector) => patternOf(vector.protocol_name).name))
  assert.equal([...tested].sort(), PATTERNS.map(({ name }) => name).sort())
})

noise('Rekey gives the next key', () => {
  for (const { key, rekeyed } of noiseVectors.rekey.keys) {
    const cipher = new CipherState(bytes(key))
    cipher.rekey()
    assert.is(
      hex(cipher.encryptWithAd(EMPTY, utf8('x'))),
      hex(new CipherState(bytes(rekeyed)).encryptWithAd(EMPTY, utf8('x'))),
    )
  }
})

noise('Rekey changes one direction and keeps the nonce', () => {
  const { conversation } = noiseVectors.rekey
  const sides = shakeHands(conversation, conversation.messages)
  for (const event of conversation.transport) {
    if (event.rekey === undefined) {
      sayOnce(sides, event)
    } else {
      const [writer, reader] = event.rekey === 'init' ? [sides.init, sides.resp] : [sides.resp, sides.init]
      writer.send.rekey()
      reader.receive.rekey()
    }
  }
})

for (const vector of noiseVectors.refused) {
  noise(`is refused: ${vector.name}`, () => {
    const state = new HandshakeState({
      pattern: NNpsk0,
      initiator: vector.reader === 'init',
      prologue: bytes(vector.prologue),
      psk: bytes(vector.psk),
      randomBytes: prepared(vector.ephemeral),
    })
    throws(() => {
      if (vector.reader === 'init') state.writeMessage()
      state.readMessage(bytes(vector.message))
      // An ephemeral key of small order in message 1 meets ours only here.
      if (vector.reader === 'resp') state.writeMessage()
    }, 'handshake_failed')
    assert.is(state.transport, undefined)
  })
}

noise.run()

// --- channel.json ---

type Side = 'sender' | 'receiver'
type Body = string | { pattern_from: number; length: number }

type Step = { from: Side; what: string; records?: { type: string; body: Body }[]; bytes: string }

interface ChannelVectors {
  conversation: {
    token: string
    secret: string
    receiver: string
    now: number
    ticket: string
    prologue: string
    sender_ephemeral: string
    receiver_ephemeral: string
    handshake_hash: string
    steps: Step[]
    messages_from_sender: Body[]
    messages_from_receiver: Body[]
  }
  streams: {
    steps: Step[]
    messages_from_sender: Body[]
    messages_from_receiver: Body[]
    streams_from_sender: Body[][]
    streams_from_receiver: Body[][]
  }
  rekey: { every: number; messages: { from: Side; nonce: number; plaintext: string; bytes: string }[] }
  refused_openings: { name: string; bytes: string }[]
  refused_records: { name: string; sent: number; plaintexts: string[] }[]
}

const channel = suite('channel.json')
const channelVectors = load<ChannelVectors>('channel.json')
const { conversation } = channelVectors
const [opening, answer, ...talk] = conversation.steps
const { streams } = channelVectors
if (!opening || !answer) throw new Error('channel.json has no handshake')

function body(described: Body): Uint8Array {
  if (typeof described === 'string') return bytes(described)
  const { pattern_from: start, length } = described
  return Uint8Array.from({ length }, (_, i) => (start + i) % 251)
}

/** One end of a connection; the other end is the vector's. */
class Tape extends Duplex {
  written = ''

  constructor() {
    super({ allowHalfOpen: true })
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.written += hex(chunk)
    done()
  }
}

/** The library's handshake as the sender or as the receiver of the conversation. */
async function handshakeAs(side: Side, tape: Tape): Promise<{ wire: Wire; transport: Transport }> {
  const wire = new Wire(tape)
  if (side === 'sender') {
    tape.push(bytes(answer?.bytes ?? ''))
    const transport = await initiate(wire, {
      ticket: bytes(conversation.ticket),
      secret: new Secret('channel secret', bytes(conversation.secret)),
      randomBytes: prepared(conversation.sender_ephemeral),
    })
    return { wire, transport }
  }
  tape.push(bytes(opening?.bytes ?? ''))
  return { wire, transport: await acceptFrom(wire) }
}

async function acceptFrom(wire: Wire): Promise<Transport> {
  const { transport } = await accept(wire, {
    judge: (ticket) =>
      openTicket(ticket, token(conversation.token), {
        receiver: conversation.receiver,
        accepted: new AcceptedTickets(),
        clock: () => conversation.now,
      }),
    randomBytes: prepared(conversation.receiver_ephemeral),
  })
  return transport
}

async function bothTransports(): Promise<Record<Side, Transport>> {
  const sender = await handshakeAs('sender', new Tape())
  const receiver = await handshakeAs('receiver', new Tape())
  return { sender: sender.transport, receiver: receiver.transport }
}

function toRecord({ type, body: described }: { type: string; body: Body }): ChannelRecord {
  const content = body(described)
  if (type === 'message' || type === 'part' || type === 'data') return { type, body: content }
  if (type === 'end') return { type }
  if (type === 'ack') return { type, count: Number(Buffer.from(content).readBigUInt64BE()) }
  throw new Error(`channel.json has a record ${type}`)
}

/** Every event there is to handle, before the next bytes come. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

channel('both sides of the handshake, byte for byte', async () => {
  const sender = new Tape()
  const receiver = new Tape()
  const one = await handshakeAs('sender', sender)
  const other = await handshakeAs('receiver', receiver)
  assert.is(sender.written, opening.bytes)
  assert.is(receiver.written, answer.bytes)
  assert.is(hex(one.transport.handshakeHash), conversation.handshake_hash)
  assert.is(hex(other.transport.handshakeHash), conversation.handshake_hash)
})

/** Each transport message of the steps, made and read by this library. */
async function sayAll(steps: Step[]): Promise<void> {
  const sides = await bothTransports()
  for (const step of steps) {
    const [from, to] =
      step.from === 'sender' ? [sides.sender, sides.receiver] : [sides.receiver, sides.sender]
    const records = (step.records ?? []).map(toRecord)
    const plaintext = Buffer.concat(records.map(encodeRecord))
    const frame = bytes(step.bytes)
    assert.is(hex(from.send.encryptWithAd(EMPTY, plaintext)), hex(frame.subarray(2)), step.what)
    assert.equal(decodeRecords(to.receive.decryptWithAd(EMPTY, frame.subarray(2))), records, step.what)
  }
}

channel('every transport message, byte for byte, and the records in it', () => sayAll(talk))

channel('a long message is the parts that the vector has', () => {
  const long = conversation.messages_from_sender.map(body).find((message) => message.length > 65535 - 16 - 3)
  if (!long) throw new Error('channel.json has no long message')
  const parts = talk
    .filter(({ from }) => from === 'sender')
    .flatMap(({ records = [] }) => records.filter(({ body }) => typeof body !== 'string'))
    .map((record) => hex(encodeRecord(toRecord(record))))
  assert.is(parts.length, 2)
  assert.equal(encodeMessage(long).map(hex), parts)
})

for (const [us, them] of [
  ['sender', 'receiver'],
  ['receiver', 'sender'],
] as const) {
  channel(`a ${us} of this library understands the whole conversation`, async () => {
    const tape = new Tape()
    const { wire, transport } = await handshakeAs(us, tape)
    const ours = new Channel(wire, transport, { peer: { username: them, address: '127.0.0.1' } })
    // What the vector acknowledges must have been sent; when, and in which frames, is ours to choose.
    const sent = conversation[`messages_from_${us}`].map((message) => ours.send(body(message)))
    ours.end()
    for (const step of talk) if (step.from === them) tape.push(bytes(step.bytes))
    tape.push(null)
    const read: string[] = []
    for await (const message of ours) read.push(hex(message.bytes))
    assert.equal(
      read,
      conversation[`messages_from_${them}`].map((message) => hex(body(message))),
    )
    await Promise.all(sent)
    await ours.close()
  })
}

channel('streams: every transport message, byte for byte, and the records in it', async () => {
  assert.equal(streams.steps.slice(0, 2), conversation.steps.slice(0, 2))
  await sayAll(streams.steps.slice(2))
})

/** The records in what was written after the handshake. */
function recordsIn(written: string, handshake: string, reader: CipherState): ChannelRecord[] {
  const records: ChannelRecord[] = []
  let rest = bytes(written.slice(handshake.length))
  while (rest.length > 0) {
    const end = 2 + new DataView(rest.buffer, rest.byteOffset).getUint16(0)
    records.push(...decodeRecords(reader.decryptWithAd(EMPTY, rest.subarray(2, end))))
    rest = rest.subarray(end)
  }
  return records
}

/** What records come to, however they are cut up: what is said, in its order, and the last acknowledgement. */
function saidBy(records: ChannelRecord[]): { said: string[]; acknowledged: number } {
  const said: string[] = []
  let acknowledged = 0
  let message = ''
  let stream = ''
  for (const record of records) {
    if (record.type === 'part' || record.type === 'message') message += hex(record.body)
    if (record.type === 'message') said.push(`message ${message}`)
    if (record.type === 'message') message = ''
    if (record.type === 'data') stream += hex(record.body)
    if (record.type === 'data' && record.body.length === 0) said.push(`stream ${stream}`)
    if (record.type === 'data' && record.body.length === 0) stream = ''
    if (record.type === 'ack') acknowledged = record.count
    if (record.type === 'end') said.push('end')
  }
  return { said, acknowledged }
}

/** What a program does with a channel that carries messages and streams. */
class Program {
  readonly messages: string[] = []
  readonly streams: string[] = []
  readonly #channel: Channel
  #stream: Duplex | undefined

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** Does what sends such a record. */
  say(record: ChannelRecord): void {
    if (record.type === 'message') this.#channel.send(record.body)
    if (record.type === 'data' && record.body.length > 0) this.#openStream().write(record.body)
    if (record.type === 'data' && record.body.length === 0) this.#openStream().end()
    if (record.type === 'end') this.#channel.end()
  }

  async readAll(): Promise<void> {
    for (let kind = await this.#channel.next(); kind; kind = await this.#channel.next()) {
      if (kind === 'stream') this.#openStream()
      else this.messages.push(hex((await this.#channel.receive())?.bytes ?? EMPTY))
    }
  }

  #openStream(): Duplex {
    if (this.#stream) return this.#stream
    const stream = this.#channel.stream()
    const pieces: string[] = []
    stream.on('data', (piece) => pieces.push(hex(piece)))
    stream.on('end', () => this.streams.push(pieces.join('')))
    stream.on('close', () => {
      this.#stream = undefined
    })
    this.#stream = stream
    return stream
  }
}

for (const [us, them] of [
  ['sender', 'receiver'],
  ['receiver', 'sender'],
] as const) {
  channel(`a ${us} of this library understands the streams, and says as much`, async () => {
    const tape = new Tape()
    const { wire, transport } = await handshakeAs(us, tape)
    const { [them]: peer } = await bothTransports()
    const ours = new Channel(wire, transport, { peer: { username: them, address: '127.0.0.1' } })
    const program = new Program(ours)
    const reading = program.readAll()
    // Each step after what it answers has been heard; how ours are cut into frames is ours to choose.
    for (const { from, records = [], bytes: frame } of streams.steps.slice(2)) {
      if (from === them) tape.push(bytes(frame))
      else for (const record of mergeParts(records.map(toRecord))) program.say(record)
      await settle()
    }
    tape.push(null)
    await reading
    await ours.close()
    assert.equal(
      program.messages,
      streams[`messages_from_${them}`].map((message) => hex(body(message))),
    )
    assert.equal(
      program.streams,
      streams[`streams_from_${them}`].map((stream) => stream.map((piece) => hex(body(piece))).join('')),
    )
    const stepsOf = (side: Side) => streams.steps.slice(2).filter(({ from }) => from === side)
    const expected = stepsOf(us).flatMap(({ records = [] }) => records.map(toRecord))
    const handshake = us === 'sender' ? opening.bytes : answer.bytes
    assert.equal(saidBy(recordsIn(tape.written, handshake, peer.receive)), saidBy(expected))
  })
}

/** Parts as the whole message that a program sends. */
function mergeParts(records: ChannelRecord[]): ChannelRecord[] {
  let parts = EMPTY
  return records.flatMap((record): ChannelRecord[] => {
    if (record.type === 'part') parts = Buffer.concat([parts, record.body])
    if (record.type === 'part') return []
    if (record.type !== 'message') return [record]
    const whole = Buffer.concat([parts, record.body])
    parts = EMPTY
    return [{ type: 'message', body: whole }]
  })
}

channel('keys are replaced after every 65536th transport message of a direction', async () => {
  assert.is(REKEY_INTERVAL, channelVectors.rekey.every)
  const sides = await bothTransports()
  for (const side of ['sender', 'receiver'] as const) {
    const { send } = sides[side]
    for (const vector of channelVectors.rekey.messages.filter(({ from }) => from === side)) {
      while (send.n < vector.nonce) {
        send.encryptWithAd(EMPTY, EMPTY)
        rekeyIfDue(send)
      }
      const frame = bytes(vector.bytes)
      const message = send.encryptWithAd(EMPTY, bytes(vector.plaintext))
      rekeyIfDue(send)
      assert.is(hex(message), hex(frame.subarray(2)), `${side}, nonce ${vector.nonce}`)
    }
  }
})

for (const vector of channelVectors.refused_openings) {
  channel(`a receiver says nothing to a stranger: ${vector.name}`, async () => {
    const tape = new Tape()
    tape.push(bytes(vector.bytes))
    tape.push(null)
    let refusal: unknown
    await acceptFrom(new Wire(tape)).catch((error: unknown) => {
      refusal = error
    })
    assert.instance(refusal, SymbolonError)
    assert.is(tape.written, '')
  })
}

for (const vector of channelVectors.refused_records) {
  channel(`is refused: ${vector.name}`, async () => {
    const theirs = (await handshakeAs('sender', new Tape())).transport.send
    const tape = new Tape()
    const { wire, transport } = await handshakeAs('receiver', tape)
    const ours = new Channel(wire, transport, { peer: { username: 'alice', address: '127.0.0.1' } })
    let over = false
    ours.closed.then(() => {
      over = true
    })
    for (let i = 0; i < vector.sent; i++) ours.send('sent').catch(() => {})
    await settle()
    for (const plaintext of vector.plaintexts) {
      assert.not(over, 'an earlier transport message was refused')
      const frame = theirs.encryptWithAd(EMPTY, bytes(plaintext))
      tape.push(Buffer.concat([Uint8Array.of(frame.length >> 8, frame.length), frame]))
      await settle()
    }
    assert.ok(over, 'nothing was refused')
    await rejects(ours.close(), 'malformed')
  })
}

channel.run()

// --- how they were made ---

const making = suite('making the vectors')
const python = pythonWith('dissononce', 'cryptography')
const withDissononce = needs(
  'python3-dissononce',
  () => python !== undefined,
  'apt-get install python3-dissononce python3-cryptography',
)

withDissononce(making)('make.py makes the same vectors again', () => {
  const script = fileURLToPath(new URL('make.py', VECTORS))
  const { status, stderr } = spawnSync(python ?? '', [script, '--check'], { encoding: 'utf8' })
  assert.is(stderr, '')
  assert.is(status, 0)
})

making.run()
