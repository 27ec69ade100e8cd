/**
 * Keys that do not print.
 *
 * @module
 */
import { fromBase64url, toBase64url } from './bytes.ts'

/** Length of every symmetric key in the protocol: session tokens and channel secrets alike. */
export const KEY_BYTES = 32

/** What a secret is for; it appears in place of the bytes wherever somebody prints it. */
export type SecretKind = 'session token' | 'channel secret' | 'invitation'

/**
 * A 32-byte key that logs, errors, `JSON.stringify` and string templates render as `[session token]` or
 * `[channel secret]`, never as its bytes. Only `reveal` and `toText` give them, so a reader can search for every use.
 */
export class Secret {
  readonly kind: SecretKind
  readonly #bytes: Uint8Array
  #wiped = false

  /**
   * @param kind - what the key is for.
   * @param bytes - 32 bytes; copied.
   * @throws RangeError when `bytes` has another length.
   */
  constructor(kind: SecretKind, bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES)
      throw new RangeError(`${kind}: expected ${KEY_BYTES} bytes, got ${bytes.length}`)
    this.kind = kind
    this.#bytes = Uint8Array.from(bytes)
  }

  /**
   * @param text - base64url without padding, 43 characters.
   * @throws CodecError `malformed` when the text is not canonical base64url of 32 bytes.
   */
  static fromText(kind: SecretKind, text: string): Secret {
    return new Secret(kind, fromBase64url(text, { name: kind, length: KEY_BYTES }))
  }

  /**
   * The key itself: 32 bytes, not a copy; whoever asks must not change or keep them.
   *
   * @throws TypeError after `wipe`: a key of zeros is one that everybody knows.
   */
  reveal(): Uint8Array {
    if (this.#wiped) throw new TypeError(`${this.kind}: used after it was wiped`)
    return this.#bytes
  }

  /** The key as the protocol's JSON carries it: base64url without padding, 43 characters. */
  toText(): string {
    return toBase64url(this.reveal())
  }

  /** Overwrites the key, which cannot be used any more. Copies the runtime may have made are beyond JavaScript's reach. */
  wipe(): void {
    this.#wiped = true
    this.#bytes.fill(0)
  }

  toString(): string {
    return `[${this.kind}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}
