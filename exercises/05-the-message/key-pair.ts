/**
 * Where alice's key pair comes from. What is drawn from the platform in her process is known here, so is what becomes of it; and she
 * is run again, as by one who has the secret and her program.
 *
 * @module
 */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  type CipherState,
  concat,
  EMPTY,
  equal,
  fromUtf8,
  HandshakeState,
  hkdf,
  NNpsk0,
  secureRandomBytes,
  toBase64url,
  utf8,
} from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { cutIntoFrames, NAME, opening, sha256 } from './examine.ts'
import type { Invitation } from './given.ts'
import type { Meetings } from './meetings.ts'
import type { Outcome, Talk } from './outcome.ts'
import { invitation, silent } from './people.ts'
import { TEXT } from './trials.ts'

const AT_ONCE = 3
const KEY_BYTES = 32
/** More than one conversation draws. */
const POOL_BYTES = 4096
/** Of these: no program is known that draws more before its key pair. */
const LOOKED_AT = 256
/** Of a byte of 256 values all of these are others; two are the same of one that is cut to bits, letters or digits, however that is done. */
const VALUES = [0, 1, 2, 4, 8, 10, 16, 26, 32, 36, 52, 62, 64, 72, 94, 95, 96, 100, 128, 200, 255]
/** So many bytes can be tried, with patience. */
const TRIED_BYTES = 5

const keyOf = (outcome: Outcome) => toBase64url(opening(outcome).message1.subarray(0, 32))

/** @throws Missing when something else than 32 fresh random bytes makes alice's key pair. */
export async function ownKeyPair(meetings: Meetings): Promise<void> {
  const to = invitation()
  const keys = async () => {
    // Who is a new process each time has nothing that two conversations could share.
    const length = meetings.alice.isSlow ? 1 : AT_ONCE
    const outcomes = Array.from({ length }, () => meetings.meet(silent, to, TEXT))
    return (await Promise.all(outcomes)).map(keyOf)
  }
  const before = await keys()
  await meetings.alice.restart()
  const after = await keys()
  const same = [before, after].some((some) => new Set(some).size < some.length)
  const again = before.some((key) => after.includes(key))
  const guessed = guessedKeyPair(await meetings.honest(TEXT))
  if (same || again || guessed) {
    const problem = guessed
      ? `alice's key pair is made of ${guessed.from}.`
      : same
        ? 'alice sent the same public key in two conversations: her key pair is not made for each.'
        : 'after a restart alice sent the same public keys again: what makes them is not random.'
    const read = guessed?.text || (await readAgain(meetings, () => meetings.alice.restart()))
    const kept = read ? undefined : await readAgain(meetings, async () => {})
    must(false, problem, () => loot(read) ?? loot(kept, ", alice's computer stolen while her program ran"))
  }
  await madeOfRandomBytes(meetings, to)
}

const loot = (read: string | undefined, how = '') =>
  read &&
  `the conversation was recorded, the secret was found a year later${how}: together they read '${read}'`

/** @throws Missing when it is not made of 32 random bytes and of nothing else. */
async function madeOfRandomBytes(meetings: Meetings, to: Invitation): Promise<void> {
  const { alice } = meetings
  if (!alice.draws) return
  const pool = secureRandomBytes(POOL_BYTES)
  const keyWith = async (random: Uint8Array) => {
    await alice.draws?.(random)
    return keyOf(await meetings.meet(silent, to, TEXT))
  }
  const changed = (i: number, value: number) => pool.map((byte, at) => (at === i ? value : byte))
  const key = await keyWith(pool)
  must(
    key === (await keyWith(pool)),
    'alice drew the same random bytes as before, and her key pair was another: it, or a part of it, is made of something else, such as a clock, a counter, or what was kept.',
  )
  const places: number[] = []
  for (let i = 0; i < LOOKED_AT && places.length < KEY_BYTES; i++) {
    if ((await keyWith(changed(i, (pool[i] ?? 0) ^ 0xff))) !== key) places.push(i)
  }
  const { length } = places
  if (length < KEY_BYTES) {
    const read = length <= TRIED_BYTES ? await readAgain(meetings, () => alice.draws?.(pool)) : undefined
    must(false, `only ${length} random bytes have a part in alice's key pair; it takes 32.`, () =>
      loot(read, `, and the right one of all ${256 ** length} values of these bytes was tried`),
    )
  }
  // Not at an end: X25519 takes fewer bits of the first byte and of the last.
  const [place = 0] = places.slice(KEY_BYTES / 2)
  const keys = new Set<string>()
  for (const value of VALUES) keys.add(await keyWith(changed(place, value)))
  await alice.draws(EMPTY)
  must(
    keys.size === VALUES.length,
    `${VALUES.length} values of one random byte made only ${keys.size} key pairs: bits of it are thrown away, as in letters or digits.`,
  )
}

/**
 * What is read of a recording by one who has the secret, and runs alice's program again: with the same keys it seals another text, of
 * which one knows every byte, and so what was added to it.
 *
 * @param again - brings her to where she makes the same key pair.
 */
async function readAgain(
  meetings: Meetings,
  again: () => Promise<void> | undefined,
): Promise<string | undefined> {
  const [to, random] = [invitation(), secureRandomBytes(32)]
  const talk = async (text: string) => {
    await again()
    const { rest, message2 } = await meetings.overheard(to, random, text)
    return { message2, sealed: cutIntoFrames(rest).frames[0] ?? EMPTY }
  }
  const known = 'x'.repeat(TEXT.length)
  const [recorded, own] = [await talk(TEXT), await talk(known)]
  if (!equal(recorded.message2, own.message2)) return undefined
  const added = own.sealed.subarray(3, -16).map((byte, i) => byte ^ (utf8(known)[i] ?? 0))
  const read = recorded.sealed.subarray(3, -16).map((byte, i) => byte ^ (added[i] ?? 0))
  return equal(read, utf8(TEXT)) ? fromUtf8(read) : undefined
}

/** Alice's key pair, when it can be computed from what is not hers alone: what from, and what her messages say with it. */
function guessedKeyPair(talk: Talk): { from: string; text: string } | undefined {
  const { outcome, message2, rest } = talk
  const { message1 } = opening(outcome)
  const { ticket, secret } = outcome.to
  const key = secret.reveal()
  const text = utf8(outcome.text)
  const candidates: [string, Uint8Array][] = [
    ['the secret', key],
    ["the secret's SHA-256", sha256(key)],
    ["the secret's HKDF", hkdf(key, EMPTY, '')],
    ["the ticket's SHA-256", sha256(ticket)],
    ['the ticket', ticket.slice(0, 32)],
    ['the ticket', ticket.slice(17, 49)],
    ["the text's SHA-256", sha256(text)],
  ]
  const ofOneByte = Array.from({ length: 256 }, (_, byte) => {
    const [first, last] = [new Uint8Array(32), new Uint8Array(32)]
    first[0] = byte
    last[31] = byte
    return [new Uint8Array(32).fill(byte), first, last]
  }).flat()
  for (const candidate of ofOneByte) {
    if (equal(publicKey(candidate), message1.subarray(0, 32))) candidates.push(['one byte', candidate])
  }
  for (const [from, candidate] of candidates) {
    const alices = new HandshakeState({
      pattern: NNpsk0,
      initiator: true,
      prologue: concat(NAME, ticket),
      psk: key,
      randomBytes: () => candidate.slice(),
    })
    if (!equal(alices.writeMessage().subarray(0, 32), message1.subarray(0, 32))) continue
    alices.readMessage(message2)
    const [frame] = cutIntoFrames(rest).frames
    try {
      const record = frame && alices.transport?.send && unsealed(alices.transport.send, frame)
      return { from, text: record ? fromUtf8(record) : '' }
    } catch {
      return { from, text: '' }
    }
  }
  return undefined
}

/** What stands before the 32 bytes of a private key where Node wants a file of it (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

function publicKey(secretKey: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

/** What a sending key has sealed first, without the record's three bytes. */
function unsealed(send: CipherState, frame: Uint8Array): Uint8Array {
  // The key itself is not shown; ChaCha20 undoes itself, so what it seals again is the text.
  const again = send.encryptWithAd(EMPTY, frame.subarray(0, -16))
  return again.subarray(3, -16)
}
