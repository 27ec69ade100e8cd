/**
 * Where alice's key pair comes from. What is drawn from the platform in her process is known here, so is what becomes of it; and she
 * is run again, as by one who has the secret and her program.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, randomInt } from 'node:crypto'
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
import { oneByOne, randomBytesIn } from '../examiner/randomness.ts'
import type { Randomness } from '../examiner/values.ts'
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
/** So many bytes can be tried, with patience. */
const TRIED_BYTES = 5
/** Of a byte. */
const VALUES = 256
/** Where what a program draws for its key may begin: it may have drawn something else before. */
const PLACES = Array.from({ length: 33 }, (_, place) => place)

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
  if (await isAsDrawn(meetings, to)) return await alice.draws(EMPTY)
  const pool = secureRandomBytes(POOL_BYTES)
  const keyWith = async (random: Randomness) => {
    await alice.draws?.(random.pool)
    return keyOf(await meetings.meet(silent, to, TEXT))
  }
  const count = await randomBytesIn(oneByOne(keyWith), pool, KEY_BYTES, "alice's key pair")
  await alice.draws(EMPTY)
  if (count >= KEY_BYTES) return
  const read = count <= TRIED_BYTES ? await readAgain(meetings, () => alice.draws?.(pool)) : undefined
  must(false, `only ${count} random bytes have a part in alice's key pair; it takes ${KEY_BYTES}.`, () =>
    loot(read, `, and the right one of all ${256 ** count} values of these bytes was tried`),
  )
}

/** Whether it is 32 bytes as they were drawn, one after the other, whatever they are: then there is no more to look for. */
async function isAsDrawn(meetings: Meetings, to: Invitation): Promise<boolean> {
  const values = shuffled(Uint8Array.from({ length: VALUES }, (_, value) => value))
  let place: number | undefined
  // Each value that a byte has comes once.
  for (let first = 0; first < VALUES; first += KEY_BYTES) {
    const pool = secureRandomBytes(POOL_BYTES)
    pool.set(concat(values.subarray(first), values.subarray(0, first)))
    await meetings.alice.draws?.(pool)
    const key = keyOf(await meetings.meet(silent, to, TEXT))
    const isAt = (at: number) => publicKey(pool.subarray(at, at + KEY_BYTES)) === key
    place ??= PLACES.find(isAt)
    if (place === undefined || !isAt(place)) return false
  }
  return true
}

function shuffled(bytes: Uint8Array): Uint8Array {
  for (let i = bytes.length - 1; i > 0; i--) {
    const other = randomInt(i + 1)
    const byte = bytes[i] as number
    bytes[i] = bytes[other] as number
    bytes[other] = byte
  }
  return bytes
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
    return { message2: message2(), sealed: cutIntoFrames(rest).frames[0] ?? EMPTY }
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
  ofOneByte ??= new Map(privateKeysOfOneByte().map((candidate) => [publicKey(candidate), candidate]))
  const candidate = ofOneByte.get(toBase64url(message1.subarray(0, 32)))
  if (candidate) candidates.push(['one byte', candidate])
  for (const [from, candidate] of candidates) {
    const alices = new HandshakeState({
      pattern: NNpsk0,
      initiator: true,
      prologue: concat(NAME, ticket),
      psk: key,
      randomBytes: () => candidate.slice(),
    })
    if (!equal(alices.writeMessage().subarray(0, 32), message1.subarray(0, 32))) continue
    alices.readMessage(message2())
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

/** By their public keys; made once for all that are graded, since each takes Node half a millisecond. */
let ofOneByte: Map<string, Uint8Array> | undefined

function privateKeysOfOneByte(): Uint8Array[] {
  const all = Array.from({ length: 256 }, (_, byte) => {
    const [first, last] = [new Uint8Array(32), new Uint8Array(32)]
    first[0] = byte
    last[31] = byte
    return [new Uint8Array(32).fill(byte), first, last]
  }).flat()
  // Five of their bits do not count (RFC 7748 §5).
  for (const key of all) {
    key[0] = (key[0] as number) & 248
    key[31] = ((key[31] as number) & 127) | 64
  }
  return [...new Map(all.map((key) => [toBase64url(key), key])).values()]
}

/** What stands before the 32 bytes of a private key where Node wants a file of it (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

function publicKey(secretKey: Uint8Array): string {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'jwk' }).x ?? ''
}

/** What a sending key has sealed first, without the record's three bytes. */
function unsealed(send: CipherState, frame: Uint8Array): Uint8Array {
  // The key itself is not shown; ChaCha20 undoes itself, so what it seals again is the text.
  const again = send.encryptWithAd(EMPTY, frame.subarray(0, -16))
  return again.subarray(3, -16)
}
