/**
 * What somebody gains by what is missing, tried out.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  equal,
  HandshakeState,
  hkdf,
  NNpsk0,
  open,
  seal,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { anySecret, type Opened, ticketBytes } from './examine.ts'
import { alice, bob, CLOCK, carol } from './people.ts'
import { call } from './receiver.ts'
import type { Asked, StudentKdc } from './student.ts'

const WORDS = 'leave the door open tonight'

/** What bob reads when mallory calls him with carol's ticket, taken from the line, and the secret she has found. */
export async function asCarol(carols: Asked, secret: Uint8Array, how: string): Promise<string | undefined> {
  if (secret.length !== 32) return undefined
  const [called] = await call(bob, CLOCK.now, { ticket: ticketBytes(carols.reply), secret, text: WORDS })
  const [heard] = called?.heard ?? []
  return (
    heard &&
    `mallory took carol's ticket from the line, ${how}, and called bob with it. Bob reads "${heard}".`
  )
}

/**
 * What two tickets under one key are worth: alice asked for `known`, so she knows what it says (all but the receiver's
 * token, which she does not need). Subtracting it leaves the stream, and the stream opens the other ticket.
 */
export function stolenSecret(known: Opened, other: Opened): string | undefined {
  const stream = known.parts.sealed.map((byte, i) => byte ^ (known.plaintext[i] ?? 0))
  const read = other.parts.sealed.map((byte, i) => byte ^ (stream[i] ?? 0))
  const { secret } = other.content
  const length = Math.min(known.plaintext.length, other.plaintext.length)
  const text = Buffer.from(read.subarray(0, length)).toString('latin1')
  if (typeof secret !== 'string' || !text.includes(secret)) return undefined
  return `with no key at all alice has just computed the secret in carol's ticket: ${secret}`
}

/** A ticket that says carol, made by alice, who has the key: bob cannot tell it from the KDC's. */
export async function forgedTicket(
  key: Uint8Array,
  how: string,
  header: Uint8Array,
): Promise<string | undefined> {
  const secret = hkdf(utf8('mallory'), EMPTY, 'her own')
  const content = {
    username: 'carol',
    ip_addr: alice.ipAddress,
    secret: Buffer.from(secret).toString('base64url'),
    receiver: 'bob',
    issued_at: CLOCK.now,
    expires_at: CLOCK.now + 300,
  }
  const ticket = concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content))))
  const [called] = await call(bob, CLOCK.now, { ticket, secret, text: WORDS })
  const [heard] = called?.heard ?? []
  return heard && `${how}, alice has written a ticket that says carol. Bob reads "${heard}".`
}

/** With bob's token: the key of any ticket, under a salt of one's own. */
export function forgedWithToken(token: Uint8Array, how: string): Promise<string | undefined> {
  const salt = hkdf(utf8('mallory'), EMPTY, 'a salt')
  const header = concat(Uint8Array.of(1), hkdf(token, EMPTY, 'symbolon/1 session id', 16), salt)
  return forgedTicket(hkdf(token, salt, 'symbolon/1 ticket'), how, header)
}

/** A ticket whose version was changed on the way, and that opens all the same for a bob who opens as the student seals. */
export function changedHeader({ parts, key, aad, content }: Opened): string | undefined {
  const changed = { ...parts }
  for (const name of ['version', 'sid'] as const) {
    const bytes = Uint8Array.from(parts[name])
    bytes[0] = (bytes[0] ?? 0) ^ 2
    changed[name] = bytes
    try {
      open(
        key.bytes,
        ZERO_NONCE,
        aad.of({ ...changed, header: concat(changed.version, changed.sid, parts.salt) }),
        parts.sealed,
      )
      const what = name === 'version' ? `the version was made ${bytes[0]}` : 'the session id was changed'
      return `${what} on the way, and what is sealed opened all the same. It says ${content.username}.`
    } catch {
      changed[name] = parts[name]
    }
  }
  return undefined
}

/** What a thief does with a ticket and its secret a year later. */
export async function aYearLater({ reply }: Asked): Promise<string | undefined> {
  const secret = Uint8Array.from(Buffer.from(String(reply.secret), 'base64url'))
  if (secret.length !== 32) return undefined
  const [called] = await call(bob, CLOCK.now + 366 * 24 * 3600, {
    ticket: ticketBytes(reply),
    secret,
    text: WORDS,
  })
  const [heard] = called?.heard ?? []
  return heard && `a year later a thief has called bob with the old ticket. Bob reads "${heard}".`
}

const MAX_TRIES = 70_000

/** The secret of carol's ticket by trying: where secrets differ in few bytes only, message 1 of her handshake says which is right. */
export function triedAll(
  known: readonly Uint8Array[],
  carols: Asked,
  secret: Uint8Array,
): Uint8Array | undefined {
  const [first] = known
  if (first?.length !== 32 || secret.length !== 32) return undefined
  const differs = [...first.keys()].filter((i) => known.some((other) => other[i] !== first[i]))
  if (256 ** differs.length > MAX_TRIES) return undefined
  const prologue = concat(utf8('symbolon/1 channel'), ticketBytes(carols.reply))
  const carolsSide = new HandshakeState({ pattern: NNpsk0, initiator: true, prologue, psk: secret })
  const message1 = carolsSide.writeMessage()
  for (let n = 0; n < 256 ** differs.length; n++) {
    const psk = Uint8Array.from(first)
    differs.forEach((place, i) => {
      psk[place] = (n >> (8 * i)) & 0xff
    })
    try {
      new HandshakeState({ pattern: NNpsk0, initiator: false, prologue, psk }).readMessage(message1)
      return psk
    } catch {
      // Not this one.
    }
  }
  return undefined
}

/** Where a run of bytes stands among others. */
export function placeIn(bytes: Uint8Array, wanted: Uint8Array): number {
  return Buffer.from(bytes).indexOf(Buffer.from(wanted))
}

/**
 * The secret that mallory computes: she has the program, knows who asked for whom and when, and what stands on the ticket, but
 * neither the tokens nor the randomness. So she runs it with those of her own, and with the salt where the program draws it.
 */
export async function computedBy(
  kdc: StudentKdc,
  carols: Asked,
  salt: Uint8Array,
): Promise<Uint8Array | undefined> {
  const place = placeIn(carols.pool, salt)
  const stranger = {
    sender: { ...carols.sender, token: alice.token },
    receiver: { ...carols.receiver, token: carol.token },
    clock: carols.clock,
  }
  const guesses = [
    { ...stranger, pool: Uint8Array.from(carols.pool, () => 7) },
    { ...stranger, pool: Uint8Array.from(carols.pool, (_, i) => i) },
  ]
  for (const guess of guesses) {
    if (place >= 0) guess.pool.set(salt, place)
    const { reply } = await kdc.ask(guess)
    if (reply.secret === carols.reply.secret)
      return Uint8Array.from(Buffer.from(String(reply.secret), 'base64url'))
  }
  return undefined
}

/** What the salt of carol's ticket and well-known functions give: what mallory tries first. */
export function madeOf(salt: Uint8Array, secret: Uint8Array): boolean {
  return [salt, Uint8Array.from(salt).reverse(), salt.map((byte) => byte ^ 0xff)].some((made) =>
    equal(made, secret),
  )
}

/** What bob makes of two tickets with the same salt. */
export async function twice(first: Asked, second: Asked): Promise<string | undefined> {
  const callers = [first, second].map(({ reply }) => ({
    ticket: ticketBytes(reply),
    secret: anySecret(reply),
    text: WORDS,
  }))
  if (callers.some(({ secret }) => secret.length !== 32)) return undefined
  const [, refused] = await call(bob, CLOCK.now, ...callers)
  return (
    refused?.refused &&
    `nothing for a thief, and harm for alice: bob has refused her second ticket (${refused.refused}).`
  )
}
