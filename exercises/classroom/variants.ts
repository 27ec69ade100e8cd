/**
 * A student's variant of the exercises: names, a port, keys and texts of the student's own, derived from the course's key. The
 * student's program computes values for it. Whose variant they are shows in them, so that copied values do, too.
 *
 * @module
 */
import { scryptSync } from 'node:crypto'
import { createServer } from 'node:net'
import {
  concat,
  createTicket,
  EMPTY,
  equal,
  fromBase64url,
  fromUtf8,
  HandshakeState,
  hkdf,
  NNpsk0,
  open,
  Secret,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { StudentProgram } from '../examiner/program.ts'
import { Dialled, Randomness } from '../examiner/values.ts'

/** What the student is told. */
export type Given = Readonly<Record<string, string | number>>
/** What the student's program computes. */
export type Values = Readonly<Record<string, string>>

/** Bytes of one student's and one exercise's own: the same whenever they are derived. */
type Derive = (label: string, length: number) => Uint8Array

export interface Variant {
  /** The names of the values. */
  readonly values: readonly string[]
  given(derive: Derive): Given
  /** Has the program compute them. */
  compute(program: StudentProgram, given: Given): Promise<Values>
  /** Whether these are the values for what is given. May throw: then they are not. */
  fits(values: Values, given: Given): boolean
}

const NAMES = ['anton', 'berta', 'carla', 'david', 'emma', 'felix', 'greta', 'hanno', 'ida', 'jonas']
const GOODS = ['apples', 'books', 'candles', 'dictionaries', 'eggs', 'flutes', 'globes', 'hats']
const NOW = 1_795_176_000
const NONCE_BYTES = 12
const SID_BYTES = 16
const SALT_BYTES = 32

const number = (derive: Derive, label: string, below: number) =>
  Buffer.from(derive(label, 4)).readUInt32BE() % below
const oneOf = (derive: Derive, label: string, words: readonly string[]) =>
  words[number(derive, label, words.length)] ?? ''
const secretOf = (derive: Derive, label: string) => toBase64url(derive(label, 32))
const bytesOf = (given: Given, name: string) => fromBase64url(String(given[name]))
const text = (derive: Derive) =>
  `${oneOf(derive, 'who', NAMES)} needs ${2 + number(derive, 'count', 9998)} ${oneOf(derive, 'goods', GOODS)}`
const inText = (value: unknown) => (value instanceof Uint8Array ? toBase64url(value) : String(value ?? ''))
/** What a program gave, if that was an object. */
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => ({ ...(value as object) })
const sessionId = (token: Uint8Array) => hkdf(token, EMPTY, utf8('symbolon/1 session id'), SID_BYTES)
const ticketKey = (token: Uint8Array, salt: Uint8Array) => hkdf(token, salt, utf8('symbolon/1 ticket'), 32)

const box: Variant = {
  values: ['box'],
  given: (derive) => ({
    key: secretOf(derive, 'key'),
    label: `For ${oneOf(derive, 'label', NAMES)}, no. ${number(derive, 'number', 10_000)}`,
    text: text(derive),
    randomBytes: toBase64url(derive('nonce', NONCE_BYTES)),
  }),
  async compute(program, given) {
    const key = new Secret('channel secret', bytesOf(given, 'key'))
    const random = new Randomness(bytesOf(given, 'randomBytes'))
    return { box: inText(await program.call('makeBox', given.text, given.label, key, random)) }
  },
  fits({ box = '' }, given) {
    const bytes = fromBase64url(box)
    const [nonce, sealed] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)]
    return (
      fromUtf8(open(bytesOf(given, 'key'), nonce, utf8(String(given.label)), sealed)) === String(given.text)
    )
  },
}

const keys: Variant = {
  values: ['sessionId', 'ticketKey'],
  given: (derive) => ({ token: secretOf(derive, 'token'), salt: secretOf(derive, 'salt') }),
  async compute(program, given) {
    const token = new Secret('session token', bytesOf(given, 'token'))
    const made = await program.call('keysOf', token, bytesOf(given, 'salt'))
    const { sessionId, ticketKey } = fieldsOf(made)
    return { sessionId: inText(sessionId), ticketKey: inText(ticketKey) }
  },
  fits(values, given) {
    const token = bytesOf(given, 'token')
    return (
      values.sessionId === toBase64url(sessionId(token)) &&
      values.ticketKey === toBase64url(ticketKey(token, bytesOf(given, 'salt')))
    )
  },
}

const login: Variant = {
  values: ['salt', 'hash'],
  given: (derive) => ({
    password: `${oneOf(derive, 'password', GOODS)} ${number(derive, 'number', 1_000_000)} é`,
    randomBytes: toBase64url(derive('salt', 16)),
  }),
  async compute(program, given) {
    const random = new Randomness(bytesOf(given, 'randomBytes'))
    const record = await program.call('makeRecord', given.password, random)
    const { salt, hash } = fieldsOf(record)
    return { salt: inText(salt), hash: inText(hash) }
  },
  fits({ salt, hash }, given) {
    // The salt first: scrypt takes its time.
    if (salt !== given.randomBytes) return false
    const cost = { N: 2 ** 14, r: 8, p: 1, maxmem: 2 ** 26 }
    const password = String(given.password).normalize('NFC')
    return hash === toBase64url(scryptSync(password, bytesOf(given, 'randomBytes'), 32, cost))
  },
}

const ticket: Variant = {
  values: ['senderinfo'],
  given: (derive) => ({
    sender: oneOf(derive, 'sender', NAMES),
    senderAddress: `10.1.${number(derive, 'network', 250)}.${1 + number(derive, 'host', 250)}`,
    sendersToken: secretOf(derive, 'senders token'),
    receiver: `bob-${number(derive, 'receiver', 10_000)}`,
    receiverAddress: '127.0.0.1',
    port: 20_000 + number(derive, 'port', 20_000),
    receiversToken: secretOf(derive, 'receivers token'),
    now: NOW,
    ticketLifetimeSec: 300,
    randomBytes: toBase64url(derive('random', 64)),
  }),
  async compute(program, given) {
    const token = (name: string) => new Secret('session token', bytesOf(given, name))
    const reply = await program.call(
      'answerUserinfo',
      { username: given.sender, ipAddress: given.senderAddress, token: token('sendersToken') },
      {
        username: given.receiver,
        ipAddress: given.receiverAddress,
        port: given.port,
        token: token('receiversToken'),
      },
      {
        now: given.now,
        ticketLifetimeSec: given.ticketLifetimeSec,
        randomBytes: new Randomness(bytesOf(given, 'randomBytes')),
      },
    )
    return { senderinfo: inText(fieldsOf(reply).senderinfo) }
  },
  fits({ senderinfo = '' }, given) {
    const bytes = fromBase64url(senderinfo)
    const header = bytes.subarray(0, 1 + SID_BYTES + SALT_BYTES)
    const key = ticketKey(bytesOf(given, 'receiversToken'), header.subarray(1 + SID_BYTES))
    const content = JSON.parse(fromUtf8(open(key, ZERO_NONCE, header, bytes.subarray(header.length))))
    return content.username === given.sender && content.receiver === given.receiver
  },
}

const NOISE_MESSAGE_BYTES = 48

const message: Variant = {
  values: ['opening'],
  given(derive) {
    const secret = new Secret('channel secret', derive('secret', 32))
    const ticket = createTicket(
      {
        username: 'alice',
        receiver: oneOf(derive, 'receiver', NAMES),
        ipAddress: '127.0.0.1',
        issuedAt: NOW,
        expiresAt: NOW + 300,
        secret,
      },
      new Secret('session token', derive('token', 32)),
      { randomBytes: (length: number) => derive('salt', length) },
    )
    return { ticket: toBase64url(ticket), secret: secret.toText(), text: text(derive) }
  },
  async compute(program, given) {
    const ticket = bytesOf(given, 'ticket')
    const length = 3 + ticket.length + 2 + NOISE_MESSAGE_BYTES
    const invitation = { ticket, secret: new Secret('channel secret', bytesOf(given, 'secret')) }
    const opening = await firstBytes(length, (port) =>
      program.call('sendMessage', new Dialled(port), invitation, given.text),
    )
    return { opening: toBase64url(opening) }
  },
  fits({ opening = '' }, given) {
    const bytes = fromBase64url(opening)
    const ticket = bytesOf(given, 'ticket')
    if (!equal(bytes.subarray(3, 3 + ticket.length), ticket)) return false
    const bob = new HandshakeState({
      pattern: NNpsk0,
      initiator: false,
      prologue: concat(utf8('symbolon/1 channel'), ticket),
      psk: bytesOf(given, 'secret'),
    })
    // Throws when it was made without the secret.
    bob.readMessage(bytes.subarray(3 + ticket.length + 2))
    return true
  },
}

/** By the number of the exercise. One that is not here has no variant, and is graded all the same. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  '01': box,
  '02': keys,
  '03': login,
  '04': ticket,
  '05': message,
}

/** What one student is given for one exercise. */
export function givenTo(key: Uint8Array, student: string, exercise: string): Given | undefined {
  return VARIANTS[exercise]?.given((label, length) =>
    hkdf(
      key,
      EMPTY,
      utf8(`symbolon classroom ${JSON.stringify([student.toLowerCase(), exercise, label])}`),
      length,
    ),
  )
}

/** Whether these are the values of this variant. What comes from a student may be anything. */
export function fits(exercise: string, values: unknown, given: Given): boolean {
  const variant = VARIANTS[exercise]
  if (!variant || typeof values !== 'object' || values === null) return false
  try {
    const fields = Object.fromEntries(
      variant.values.map((name) => [name, String((values as Record<string, unknown>)[name])]),
    )
    return variant.fits(fields, given)
  } catch {
    return false
  }
}

/** The first bytes that come over a connection to this machine; then it is hung up. */
async function firstBytes(length: number, use: (port: number) => Promise<unknown>): Promise<Uint8Array> {
  let heard = Buffer.alloc(0)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes])
      if (heard.length >= length) socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  try {
    const address = server.address()
    // It cannot end well: there is no bob.
    const failed = use(typeof address === 'object' && address ? address.port : 0)
    await failed.catch((error) => {
      if (heard.length < length) throw error
    })
    return heard.subarray(0, length)
  } finally {
    server.close()
  }
}
