/**
 * In which other ways a ticket may have been put together and sealed.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { concat, EMPTY, hkdf, utf8, ZERO_NONCE } from 'symbolon/protocol'

const VERSION_BYTES = 1
const SID_BYTES = 16
const SALT_BYTES = 32
export const HEADER_BYTES = VERSION_BYTES + SID_BYTES + SALT_BYTES
export const TAG_BYTES = 16
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

export const RIGHT: Layout = { pieces: [VERSION, SID, SALT] }

export const LAYOUTS: readonly Layout[] = [
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

export function cut(ticket: Uint8Array, { pieces }: Layout): Parts | undefined {
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

export const INFO = 'symbolon/1 ticket'

/** The right one first: mostly no other is needed. */
export function* keys(token: Uint8Array, parts: Parts, secret: Uint8Array): Generator<Key> {
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
export const AADS: readonly Aad[] = [
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

export function nonces({ salt, sid, nonce, header }: Parts): [string | undefined, Uint8Array][] {
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
