/**
 * A state in the hands of one piece of work.
 *
 * @module
 */
import type { StateStore } from '../lib/mls/state-store.ts'
import { NAME, type SealedValues } from './sealed-values.ts'

/** From `ClientState.hold` until it is closed. Names are printable ASCII, 1 to 1000 characters: RangeError for others. */
export class HeldState implements StateStore {
  readonly #values: SealedValues
  readonly #release: () => void
  #written: Promise<unknown> | undefined
  #closing: Promise<void> | undefined

  /** @param release - gives the lock back. */
  constructor(values: SealedValues, release: () => void) {
    this.#values = values
    this.#release = release
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check(key)
    // What was asked to be written before is there.
    await this.#written
    return this.#values.get(key)
  }

  async list(prefix: string): Promise<string[]> {
    this.#check()
    await this.#written
    return this.#values.names(prefix)
  }

  async write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    this.#check(...changes.keys())
    if (changes.size === 0) return
    // Sealed at once: the caller may use the bytes for something else.
    const sealed = new Map(
      [...changes].map(([name, value]) => [name, value && this.#values.seal(name, value)] as const),
    )
    const writing = Promise.resolve(this.#written).then(() => this.#values.write(sealed))
    this.#written = writing.catch(() => {})
    await writing
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    try {
      if (!this.#written) return
      await this.#written
      await this.#values.tidy()
    } finally {
      this.#release()
    }
  }

  #check(...names: string[]): void {
    if (this.#closing) throw new TypeError('client state: used after it was closed')
    if (!names.every((name) => NAME.test(name))) {
      throw new RangeError('client state: a name is 1 to 1000 printable characters of ASCII')
    }
  }
}
