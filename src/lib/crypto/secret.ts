/** Keys that do not print. */
import { fromBase64url, toBase64url } from '../bytes.ts'

/** Length of every symmetric key in the protocol: session tokens and channel secrets alike. */
export const KEY_BYTES = 32
/** Length of OPAQUE's export_key, Nh of RFC 9807 with SHA-512: input for a derivation, not itself a key of a cipher. */
const EXPORT_KEY_BYTES = 64

/** What a secret is for; it appears in place of the bytes wherever it is printed. */
export type SecretKind = 'session token' | 'channel secret' | 'invitation' | 'export key' | 'file key'

/**
 * A key, 32 bytes but for an export key's 64, that logs, errors, `JSON.stringify` and string templates render as `[session token]` or
 * `[channel secret]`, never as its bytes. Only `reveal` and `toText` give them, so a reader can search for every use.
 */
export class Secret {
  /** What it is for. */
  readonly kind: SecretKind
  readonly #bytes: Uint8Array
  #wiped = false

  /**
   * @param kind - what the key is for.
   * @param bytes - as long as keys of this kind are; copied.
   * @throws RangeError when `bytes` has another length.
   */
  constructor(kind: SecretKind, bytes: Uint8Array) {
    const length = lengthOf(kind)
    if (bytes.length !== length)
      throw new RangeError(`${kind}: expected ${length} bytes, got ${bytes.length}`)
    this.kind = kind
    this.#bytes = new Uint8Array(bytes)
  }

  /**
   * @param text - base64url without padding, 43 characters (an export key: 86).
   * @throws CodecError `malformed` when the text is not canonical base64url of as many bytes as such a key has.
   */
  static fromText(kind: SecretKind, text: string): Secret {
    return new Secret(kind, fromBase64url(text, { name: kind, length: lengthOf(kind) }))
  }

  /**
   * The key itself, not a copy; the caller must not change or keep them.
   *
   * @throws TypeError after `wipe`: a key of zeros is one that every attacker knows.
   */
  reveal(): Uint8Array {
    if (this.#wiped) throw new TypeError(`${this.kind}: used after it was wiped`)
    return this.#bytes
  }

  /** The key as the protocol's JSON carries it: base64url without padding, 43 characters (an export key: 86). */
  toText(): string {
    return toBase64url(this.reveal())
  }

  /** Overwrites the key, which cannot be used any more. Copies the runtime may have made are beyond JavaScript's reach. */
  wipe(): void {
    this.#wiped = true
    this.#bytes.fill(0)
  }

  /** The kind in brackets, never the key. */
  toString(): string {
    return `[${this.kind}]`
  }

  /** The same as `toString`. */
  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

function lengthOf(kind: SecretKind): number {
  return kind === 'export key' ? EXPORT_KEY_BYTES : KEY_BYTES
}
