/**
 * The table of contents of a state: which names there are, and by its header which value each has. What it comes to is sealed and
 * changes in the transaction that changes the values, so that a value that was taken away, put back to an older one or renamed
 * shows, as one that was changed does by itself.
 *
 * It is a hash of a set: a change costs what has changed, however much there is. With a key that nobody else has, two sets
 * with one sum are not to be found (Clarke et al., Incremental Multiset Hash Functions, ASIACRYPT 2003, §4: MSet-XOR-Hash, whose nonce and
 * count serve sets that hold something twice, and sums that are shown; these are sealed).
 *
 * ```
 * key      = HKDF-SHA256(state key, no salt, "symbolon/1 client state names", 32 bytes)
 * contents = XOR over all names of HMAC-SHA256(key, u16 length || name || header of the value)
 * ```
 * @module
 */
import { createHmac } from 'node:crypto'
import { EMPTY, equal, u16, utf8 } from '../lib/bytes.ts'
import { hkdf } from '../lib/crypto/hkdf.ts'
import { ProtocolError } from '../lib/errors.ts'
import { openState, sealState } from './seal.ts'

const PURPOSE = 'symbolon/1 client state contents'
const KEY_INFO = 'symbolon/1 client state names'
const SUM_BYTES = 32

/** Another header for a name, or none any more. */
export type Changes = readonly (readonly [name: string, header: Uint8Array | null])[]

/** What there is: the header of each name's value, and the sum of all. */
export class Contents {
  readonly #stateKey: Uint8Array
  readonly #key: Uint8Array
  readonly #headers = new Map<string, Uint8Array>()
  #sum = new Uint8Array(SUM_BYTES)

  /** Nothing, at first. @param stateKey - used until `wipe`, not copied. */
  constructor(stateKey: Uint8Array) {
    this.#stateKey = stateKey
    this.#key = hkdf(stateKey, EMPTY, KEY_INFO)
  }

  /** All names, as they come. */
  names(): Iterable<string> {
    return this.#headers.keys()
  }

  /** The header of a name's value, if it has one. */
  header(name: string): Uint8Array | undefined {
    return this.#headers.get(name)
  }

  /** How many names there are. */
  get size(): number {
    return this.#headers.size
  }

  /**
   * Works out a change, and makes it when `make` is called.
   *
   * @param changes - each name once.
   * @returns `sealed`, which is kept to know the changed contents again.
   */
  change(changes: Changes): { readonly sealed: Uint8Array; readonly make: () => void } {
    const sum = this.#sum.slice()
    for (const [name, header] of changes) {
      const before = this.#headers.get(name)
      if (before) this.#toggle(sum, name, before)
      if (header) this.#toggle(sum, name, header)
    }
    const make = () => {
      this.#sum = sum
      for (const [name, header] of changes) {
        if (header) this.#headers.set(name, header)
        else this.#headers.delete(name)
      }
    }
    return { sealed: sealState(PURPOSE, this.#stateKey, EMPTY, sum), make }
  }

  /** Whether these are the contents that were sealed last under this key. */
  are(sealed: Uint8Array): boolean {
    try {
      return equal(openState(PURPOSE, this.#stateKey, EMPTY, sealed), this.#sum)
    } catch (error) {
      if (error instanceof ProtocolError) return false
      throw error
    }
  }

  /** Forgets the key. */
  wipe(): void {
    this.#key.fill(0)
  }

  #toggle(sum: Uint8Array, name: string, header: Uint8Array): void {
    const bytes = utf8(name)
    const term = createHmac('sha256', this.#key)
      .update(u16(bytes.length))
      .update(bytes)
      .update(header)
      .digest()
    for (const [i, byte] of term.entries()) sum[i] = (sum[i] ?? 0) ^ byte
  }
}
