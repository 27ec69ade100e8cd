/**
 * How the grader looks at a ticket: not only whether it opens as it should, but how else it does, so that a student
 * hears what was done instead.
 *
 * @module
 */
import { createDecipheriv } from 'node:crypto'
import { EMPTY, fromBase64url, fromUtf8, hkdf, open, seal, ZERO_NONCE } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import type { UserinfoReply } from './given.ts'
import {
  AADS,
  type Aad,
  cut,
  HEADER_BYTES,
  INFO,
  type Key,
  keys,
  LAYOUTS,
  nonces,
  type Parts,
  RIGHT,
  TAG_BYTES,
} from './other-ways.ts'

const MAX_TICKET_BYTES = 4096
/** After what is sealed: looked for. */
const MAX_MORE_BYTES = 64

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
