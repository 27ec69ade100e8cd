/**
 * The table of contents of a state: which names there are, and by its header which value each has. Its hash is sealed, and changes in
 * the transaction that changes the values, so that a value that was taken away, put back to an older one or renamed shows, as one that
 * was changed does by itself.
 *
 * The names are spread over sections, and only those that a change touches are hashed anew: a write costs little, however much
 * there is (docs/decisions/0011-client-state.md has the figures).
 *
 * ```
 * section  = the first 10 bits of SHA-256(name)
 * list     = for each name of a section a line, sorted: header of the value in hexadecimal, a space, name, a line feed
 * contents = SHA-256(SHA-256(list of section 0) || ... || SHA-256(list of section 1023))
 * ```
 */
import { createHmac } from 'node:crypto'
import { primitives } from '#primitives'
import { concat, EMPTY, equal, readU16, u16, utf8 } from '../lib/bytes.ts'
import { hkdf } from '../lib/crypto/hkdf.ts'
import { ProtocolError } from '../lib/errors.ts'
import { openState, type Purpose, sealState } from './seal.ts'

const PURPOSE = 'symbolon/1 client state list'
const SECTIONS = 1024
const HASH_BYTES = 32

/** The lines of a section's list. They stay sorted, so that one more costs little. */
type Section = readonly string[]

/** Another header for a name, or none any more. */
export type Changes = readonly (readonly [name: string, header: Uint8Array | null])[]

/** What there is: the header of each name's value, and the hash of all. Names are printable ASCII. */
export class Contents {
  readonly #stateKey: Uint8Array
  readonly #sections: Section[] = Array.from({ length: SECTIONS }, () => [])
  /** Of each section, one after the other. */
  #hashes = concat(...Array(SECTIONS).fill(hashOf([])))

  /** Nothing, at first. @param stateKey - not copied. */
  constructor(stateKey: Uint8Array) {
    this.#stateKey = stateKey
  }

  names(): string[] {
    return this.#sections.flat().map((line) => line.slice(line.indexOf(' ') + 1, -1))
  }

  header(name: string): Uint8Array | undefined {
    const line = this.#sections[sectionOf(name)]?.find((line) => isOf(line, name))
    return line === undefined ? undefined : Buffer.from(line.slice(0, line.indexOf(' ')), 'hex')
  }

  /**
   * Works out a change, and makes it when `make` is called.
   *
   * @param changes - each name once.
   * @returns `sealed`, which is kept to know the changed contents again.
   */
  change(changes: Changes): { readonly sealed: Uint8Array; readonly make: () => void } {
    const changed = new Map<number, string[]>()
    for (const [name, header] of changes) {
      const at = sectionOf(name)
      const section = changed.get(at) ?? [...(this.#sections[at] ?? [])]
      const old = section.findIndex((line) => isOf(line, name))
      if (old >= 0) section.splice(old, 1)
      if (header) section.push(`${toHex(header)} ${name}\n`)
      changed.set(at, section)
    }
    const hashes = this.#hashes.slice()
    for (const [at, section] of changed) hashes.set(hashOf(section.sort()), at * HASH_BYTES)
    const make = () => {
      this.#hashes = hashes
      for (const [at, section] of changed) this.#sections[at] = section
    }
    return { sealed: sealState(PURPOSE, this.#stateKey, EMPTY, primitives.sha256(hashes)), make }
  }

  /** Whether these are the contents that were sealed last under this key. */
  are(sealed: Uint8Array): boolean {
    return (
      this.#opensAs(PURPOSE, sealed, () => primitives.sha256(this.#hashes)) ||
      this.#opensAs('symbolon/1 client state contents', sealed, () => this.#sum())
    )
  }

  #opensAs(purpose: Purpose, sealed: Uint8Array, expected: () => Uint8Array): boolean {
    try {
      return equal(openState(purpose, this.#stateKey, EMPTY, sealed), expected())
    } catch (error) {
      if (error instanceof ProtocolError) return false
      throw error
    }
  }

  /**
   * What was sealed at first in place of the hash, and is sealed no more: such a state opens, and has the hash from the next write on.
   *
   * ```
   * sum = XOR over all names of HMAC-SHA256(HKDF(state key, "", "symbolon/1 client state names", 32), u16 length || name || header)
   * ```
   */
  #sum(): Uint8Array {
    const key = hkdf(this.#stateKey, EMPTY, 'symbolon/1 client state names')
    const sum = new Uint8Array(HASH_BYTES)
    for (const name of this.names()) {
      const header = this.header(name) ?? EMPTY
      const term = createHmac('sha256', key).update(u16(name.length)).update(name).update(header).digest()
      for (const [i, byte] of term.entries()) sum[i] = (sum[i] ?? 0) ^ byte
    }
    return sum
  }
}

const sectionOf = (name: string) => readU16(primitives.sha256(utf8(name))) >> 6

const hashOf = (section: Section) => primitives.sha256(utf8(section.join('')))

/** Whether a line is that of a name, which may have spaces in it. */
const isOf = (line: string, name: string) =>
  line.endsWith(`${name}\n`) && line.indexOf(' ') === line.length - name.length - 2

const toHex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
