/**
 * How the grader looks at a ticket: not only whether it opens as it should, but how else it does, so that a student
 * hears what was done instead.
 *
 * @module
 */
import { createDecipheriv, createHash } from 'node:crypto'
import { concat, EMPTY, fromBase64url, fromUtf8, hkdf, open, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import type { UserinfoReply } from './given.ts'

const VERSION_BYTES = 1
const SID_BYTES = 16
const SALT_BYTES = 32
const HEADER_BYTES = VERSION_BYTES + SID_BYTES + SALT_BYTES
const TAG_BYTES = 16
const MAX_TICKET_BYTES = 4096
/** After what is sealed: looked for. */
const MAX_MORE_BYTES = 64

/** A ticket, cut at the places of docs/protocol.md §4.1 or at those where the student has put things. */
export interface Parts {
  readonly version: Uint8Array
  readonly sid: Uint8Array
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  /** All that stands before what is sealed. */
  readonly header: Uint8Array
  readonly sealed: Uint8Array
}

type Piece = 'version' | 'sid' | 'salt' | 'nonce' | 'other'

interface Layout {
  readonly pieces: readonly (readonly [Piece, number])[]
  /** Nothing when it is the right one. */
  readonly wrong?: string
}

const VERSION = ['version', VERSION_BYTES] as const
const SID = ['sid', SID_BYTES] as const
const SALT = ['salt', SALT_BYTES] as const
const THE_ORDER = 'it must be version, session id, salt.'

const RIGHT: Layout = { pieces: [VERSION, SID, SALT] }

const LAYOUTS: readonly Layout[] = [
  RIGHT,
  { pieces: [VERSION, SALT, SID], wrong: `the salt stands before the session id; ${THE_ORDER}` },
  { pieces: [SID, VERSION, SALT], wrong: `the session id stands before the version; ${THE_ORDER}` },
  { pieces: [SID, SALT, VERSION], wrong: `the version stands after the salt; ${THE_ORDER}` },
  { pieces: [SALT, SID, VERSION], wrong: `the header is the wrong way round; ${THE_ORDER}` },
  { pieces: [SALT, VERSION, SID], wrong: `the salt stands first; ${THE_ORDER}` },
  { pieces: [SID, SALT], wrong: 'the version, the byte 0x01, is missing.' },
  {
    pieces: [SALT, SID],
    wrong: 'the version, the byte 0x01, is missing, and the salt stands before the session id.',
  },
  { pieces: [VERSION, SALT], wrong: 'the session id is missing.' },
  { pieces: [VERSION, SID], wrong: 'the salt is missing.' },
  { pieces: [SALT], wrong: 'the version and the session id are missing.' },
  { pieces: [], wrong: 'the header is missing: only what is sealed is there.' },
  ...[2, 4].map((n) => ({
    pieces: [['version', n] as const, SID, SALT],
    wrong: `the version has ${n} bytes; it must be the one byte 0x01.`,
  })),
  ...[8, 12, 32].map((n) => ({
    pieces: [VERSION, ['sid', n] as const, SALT],
    wrong: `the session id has ${n} bytes; it must have 16.`,
  })),
  ...[1, 4, 8, 12, 16, 24, 48, 64].map((n) => ({
    pieces: [VERSION, SID, ['salt', n] as const],
    wrong: `the salt has ${n} bytes; it must have 32.`,
  })),
  {
    pieces: [VERSION, SID, SALT, ['nonce', 12]],
    wrong: 'a nonce stands after the header; it is always zero, so it is not sent.',
  },
  ...[1, 2, 4].map((n) => ({
    pieces: [VERSION, SID, SALT, ['other', n] as const],
    wrong: `${n} bytes more stand between the header and what is sealed.`,
  })),
]

/** How a ticket could be opened, and what it says. */
export interface Opened {
  readonly parts: Parts
  readonly wrongLayout: string | undefined
  /** Whose session token it took. */
  readonly whose: string
  readonly key: Key
  /** The associated data it took; nothing when it was the header. */
  readonly aad: Aad
  readonly wrongNonce: string | undefined
  /** Empty when it is no JSON. */
  readonly content: Readonly<Record<string, unknown>>
  readonly plaintext: Uint8Array
}

/** A key that a ticket may be sealed with. */
export interface Key {
  readonly bytes: Uint8Array
  /** Nothing when it is the right one. */
  readonly wrong?: string
  /** Whether it is the same for every ticket for bob, or known to all. */
  readonly kind?: 'always the same' | 'public'
}

export interface Aad {
  readonly of: (parts: Parts) => Uint8Array
  readonly wrong?: string
}

/** @throws Missing when the text is not base64url. */
export function ticketBytes({ senderinfo }: UserinfoReply): Uint8Array {
  must(typeof senderinfo === 'string', `senderinfo is ${typeof senderinfo}, not text in base64url.`)
  must(senderinfo !== '', 'senderinfo is empty.')
  must(
    !/^(?:[0-9a-f]{2}){65,}$/i.test(senderinfo),
    'senderinfo is in hexadecimal; it must be in base64url: toBase64url.',
  )
  const other = senderinfo.match(/[^\w-]/)
  must(!other, `senderinfo has '${other?.[0]}' in it: that is another alphabet than base64url, or padding.`)
  // No more than can be tried in many ways.
  const bytes = Math.floor((senderinfo.length * 3) / 4)
  must(
    bytes <= MAX_TICKET_BYTES,
    `it has ${bytes} bytes, and no receiver reads more than ${MAX_TICKET_BYTES}.`,
  )
  try {
    return fromBase64url(senderinfo)
  } catch {
    must(false, 'senderinfo is not what toBase64url gives for any bytes.')
  }
}

function cut(ticket: Uint8Array, { pieces }: Layout): Parts | undefined {
  const parts = { version: EMPTY, sid: EMPTY, salt: EMPTY, nonce: EMPTY, other: EMPTY }
  let end = 0
  for (const [piece, length] of pieces) {
    parts[piece] = ticket.subarray(end, end + length)
    end += length
  }
  if (ticket.length < end + TAG_BYTES) return undefined
  const { other, ...named } = parts
  return { ...named, header: ticket.subarray(0, end), sealed: ticket.subarray(end) }
}

/** What is wrong with where things stand in a ticket, which may be known only when it has been opened. */
export function wrongPlaces(
  ticket: Uint8Array,
  opened: Opened | undefined,
  token: Uint8Array,
): string | undefined {
  if (opened?.wrongLayout) return opened.wrongLayout
  const { length } = ticket
  if (ticket[0] !== 0x01)
    return `it begins with the byte ${ticket[0]}, not with the version 0x01 (is it all there: version, session id, salt?).`
  if (length < HEADER_BYTES + TAG_BYTES)
    return `it has ${length} bytes: a header of 49 and a tag of 16 are 65 already.`
  for (let more = 1; !opened && more <= MAX_MORE_BYTES; more++) {
    const less = cut(ticket.subarray(0, -more), RIGHT)
    const key = less && hkdf(token, less.salt, INFO)
    if (key && tryOpen(key, ZERO_NONCE, less.header, less.sealed))
      return `${more} bytes more stand after what is sealed.`
  }
  return undefined
}

/**
 * Tries the right way first, then the likely wrong ones.
 *
 * @param rightOnly - and not the others.
 */
export function openSomehow(
  ticket: Uint8Array,
  tokens: Readonly<Record<string, Uint8Array>>,
  secret: Uint8Array,
  rightOnly = false,
): Opened | undefined {
  for (const layout of rightOnly ? LAYOUTS.slice(0, 1) : LAYOUTS) {
    const parts = cut(ticket, layout)
    if (!parts) continue
    for (const [whose, token] of Object.entries(tokens)) {
      for (const key of keys(token, parts, secret)) {
        const found = openWith(key, parts, rightOnly)
        if (found) return { ...found, parts, wrongLayout: layout.wrong, whose, key, ...read(found.plaintext) }
        if (rightOnly) break
      }
    }
  }
  return undefined
}

/** What is in place of what `seal` gives, when that can be told. */
export function notSealed(
  ticket: Uint8Array,
  token: Uint8Array,
): { problem: string; content?: string } | undefined {
  const { salt, sealed, header } = cut(ticket, RIGHT) ?? {}
  if (!salt || !sealed || !header) return undefined
  const open = shownJson(ticket)
  if (open)
    return { problem: 'what is to be sealed stands in the ticket as it is, for all to read.', content: open }
  const key = hkdf(token, salt, INFO)
  // Sealing zeros gives the stream that is added to the text.
  const stream = seal(key, ZERO_NONCE, EMPTY, new Uint8Array(ticket.length))
  const plain = (bytes: Uint8Array) => shownJson(bytes.map((byte, i) => byte ^ (stream[i] ?? 0)))
  if (plain(sealed.subarray(TAG_BYTES)))
    return { problem: 'the tag stands before what is sealed; it must stand after it.' }
  if (plain(sealed)) {
    return {
      problem:
        'it decrypts, but without a tag that fits: it is encrypted, and not authenticated, or not with the right aad.',
    }
  }
  const gcm = createDecipheriv('aes-256-gcm', key, ZERO_NONCE).setAAD(header)
  const text = gcm.update(sealed.subarray(0, -TAG_BYTES))
  return shownJson(text)
    ? { problem: 'it is sealed with AES-GCM; it must be ChaCha20-Poly1305, which is what seal() does.' }
    : undefined
}

/** JSON with a username in it, wherever it begins. */
function shownJson(bytes: Uint8Array): string | undefined {
  return /\{[\s\S]*"?username"?[\s\S]*\}/.exec(Buffer.from(bytes).toString('latin1'))?.[0]
}

type Fit = Pick<Opened, 'aad' | 'wrongNonce' | 'plaintext'>

function openWith(key: Key, parts: Parts, rightOnly: boolean): Fit | undefined {
  const isRightPlace = parts.header.length - parts.nonce.length === HEADER_BYTES
  // Where one thing is wrong, the others are likely to be right.
  for (const aad of rightOnly ? AADS.slice(0, 1) : isRightPlace ? AADS : AADS.slice(0, 2)) {
    const all = nonces(parts)
    const isEnough = (aad.wrong && parts.nonce.length === 0) || rightOnly
    for (const [wrongNonce, nonce] of isEnough ? all.slice(0, 1) : all) {
      const plaintext = tryOpen(key.bytes, nonce, aad.of(parts), parts.sealed)
      if (plaintext) return { aad, wrongNonce, plaintext }
    }
  }
  return undefined
}

const INFO = 'symbolon/1 ticket'

/** The right one first: mostly no other is needed. */
function* keys(token: Uint8Array, parts: Parts, secret: Uint8Array): Generator<Key> {
  yield { bytes: hkdf(token, parts.salt, INFO) }
  yield* wrongKeys(token, parts, secret)
}

function wrongKeys(token: Uint8Array, { salt, sid, header }: Parts, secret: Uint8Array): Key[] {
  const always = { kind: 'always the same' } as const
  const open = { kind: 'public' } as const
  const text = utf8(Buffer.from(token).toString('base64url'))
  const hash = (...parts: Uint8Array[]) =>
    Uint8Array.from(
      createHash('sha256')
        .update(concat(...parts))
        .digest(),
    )
  const all: Key[] = [
    { bytes: token, wrong: 'the token itself', ...always },
    { bytes: hkdf(token, EMPTY, INFO), wrong: 'derived without the salt', ...always },
    { bytes: hkdf(token, EMPTY, ''), wrong: 'derived without the salt and without the info', ...always },
    { bytes: hkdf(token, sid, INFO), wrong: 'derived with the session id in place of the salt', ...always },
    { bytes: hash(token), wrong: "the token's SHA-256", ...always },
    {
      bytes: hkdf(salt, token, INFO),
      wrong: 'HKDF with the salt first and the token second; it is HKDF(token, salt, …)',
    },
    {
      bytes: hkdf(token, salt, ''),
      wrong: 'derived with the salt, but without the info "symbolon/1 ticket"',
    },
    { bytes: hkdf(token, salt, 'symbolon/1 session id'), wrong: 'derived with the info of the session id' },
    { bytes: hkdf(token, header, INFO), wrong: 'derived with the whole header for a salt' },
    { bytes: hkdf(text, salt, INFO), wrong: "derived from the token's text instead of its bytes" },
    {
      bytes: hkdf(concat(token, salt), EMPTY, INFO),
      wrong: 'derived from token and salt joined; they are two arguments of HKDF',
    },
    { bytes: hash(token, salt), wrong: 'SHA-256 of token and salt; it is HKDF(token, salt, …)' },
    { bytes: salt, wrong: 'the salt', ...open },
    { bytes: hkdf(salt, EMPTY, INFO), wrong: 'derived from the salt alone', ...open },
    { bytes: hkdf(sid, salt, INFO), wrong: 'derived from the session id and the salt', ...open },
    { bytes: new Uint8Array(32), wrong: '32 zero bytes', ...open },
    { bytes: hkdf(EMPTY, salt, INFO), wrong: 'derived from the salt alone', ...open },
    { bytes: secret, wrong: 'the secret, which bob gets from the ticket: he would have to open it first' },
    {
      bytes: hkdf(secret, salt, INFO),
      wrong: 'derived from the secret, which bob gets from the ticket: he would have to open it first',
    },
  ]
  return all.filter(({ bytes }) => bytes.length === 32)
}

/** The header first, then what is made of some of its parts in some order. */
const AADS: readonly Aad[] = [
  { of: ({ header }) => header },
  { of: () => EMPTY, wrong: 'nothing' },
  ...orders(['version', 'sid', 'salt'] as const)
    .filter((order) => order.length > 0)
    .map((order) => ({
      of: (parts: Parts) => concat(...order.map((name) => parts[name])),
      wrong: order.map((name) => (name === 'sid' ? 'the session id' : `the ${name}`)).join(', then '),
    })),
  {
    of: ({ header }) => utf8(Buffer.from(header).toString('base64url')),
    wrong: 'the header as text in base64url',
  },
]

function orders<T>(all: readonly T[]): T[][] {
  return [
    [],
    ...all.flatMap((first) => orders(all.filter((other) => other !== first)).map((rest) => [first, ...rest])),
  ]
}

function nonces({ salt, sid, nonce, header }: Parts): [string | undefined, Uint8Array][] {
  const all: [string | undefined, Uint8Array][] = [
    [undefined, ZERO_NONCE],
    ['one that is sent along', nonce],
    ['the first 12 bytes of the salt', salt.subarray(0, 12)],
    ['the last 12 bytes of the salt', salt.subarray(-12)],
    ['the first 12 bytes of the session id', sid.subarray(0, 12)],
    ['the first 12 bytes of the header', header.subarray(0, 12)],
    ['1', Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)],
    ['1', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['1', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ]
  return all.filter(([, bytes]) => bytes.length === 12)
}

function tryOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return open(key, nonce, aad, sealed)
  } catch {
    return undefined
  }
}

function read(plaintext: Uint8Array): Pick<Opened, 'content'> {
  try {
    const json: unknown = JSON.parse(fromUtf8(plaintext))
    return { content: typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {} }
  } catch {
    return { content: {} }
  }
}

type Fields = Readonly<Record<string, unknown>>

export function expectField(content: Fields, name: string, wanted: string, meaning: string): void {
  const found = content[name]
  must(found !== undefined, `there is no ${name} (${meaning}) in the ticket.`)
  must(
    found === wanted,
    `${name} in the ticket is ${JSON.stringify(found)}; ${meaning} would be "${wanted}".`,
  )
}

const YEAR_SEC = 366 * 24 * 3600

export function expectTime(
  content: Fields,
  name: string,
  wanted: number,
  ownClocks: readonly number[],
  where = 'the ticket',
  { loot, meaning = '' }: { loot?: string | undefined; meaning?: string } = {},
): void {
  const found = content[name]
  must(found !== undefined, `there is no ${name} in ${where}.`)
  must(typeof found === 'number', `${name} in ${where} is ${typeof found}, not a number.`)
  must(Number.isInteger(found), `${name} in ${where} is ${found}, not a whole number.`)
  if (found === wanted) return
  const seconds = found > wanted + 50 * YEAR_SEC ? found / 1000 : found
  const isOwn = ownClocks.some((own) => Math.abs(seconds - own) < 2 * 24 * 3600)
  must(
    !isOwn,
    `${name} in ${where} is ${found}: that is the clock of the machine your program runs on. The KDC's is kdc.now, ${wanted} here.`,
  )
  const isMilliseconds = !meaning && Math.abs(found / 1000 - wanted) < YEAR_SEC
  must(!isMilliseconds, `${name} in ${where} is ${found}: these are milliseconds.`, () => loot)
  must(false, `${name} in ${where} is ${found}, and ${wanted} was expected.${meaning}`, () => loot)
}

/** @throws Missing when it is not text in base64url. */
export function secretBytes({ secret }: UserinfoReply): Uint8Array {
  must(secret !== undefined, 'there is no secret in the answer.')
  must(typeof secret === 'string', `the secret in the answer is ${typeof secret}, not text in base64url.`)
  must(
    !/^[0-9a-f]{64}$/i.test(secret),
    'the secret in the answer is in hexadecimal; it must be in base64url: toBase64url.',
  )
  try {
    return fromBase64url(secret)
  } catch {
    must(false, 'the secret in the answer is not base64url without padding.')
  }
}

/** The same, or nothing. */
export function anySecret({ secret }: UserinfoReply): Uint8Array {
  return typeof secret === 'string' ? Uint8Array.from(Buffer.from(secret, 'base64url')) : EMPTY
}

/** The first field that a text of JSON has more than once. */
export function twiceSaid(json: string): string | undefined {
  const names = [...json.matchAll(/("(?:\\.|[^"\\])*")\s*(:)?/g)]
    .filter(([, , colon]) => colon)
    .map(([, name]) => name)
  return names.find((name, i) => names.indexOf(name) < i)?.replaceAll('"', "'")
}
