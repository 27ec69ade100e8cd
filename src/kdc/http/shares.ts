/**
 * Memory that is lent: so much for all together, and a share of it for each.
 *
 * @module
 */
import type { Share } from './limits.ts'

/** What was lent, in bytes. */
export interface Loan {
  /** It is no more than this, after all. */
  shrink(bytes: number): void
  /** It is not needed any more. Once more does nothing. */
  end(): void
}

/** Counts what is lent. */
export class Shares {
  readonly #share: Share
  readonly #ofEach = new Map<string, number>()
  #total = 0

  constructor(share: Share) {
    this.#share = share
  }

  /** What is lent to all together, in bytes. */
  get total(): number {
    return this.#total
  }

  /**
   * Lends, before anything is allocated.
   *
   * @returns nothing when all together, or this one, would have too much.
   */
  take(owner: string, bytes: number): Loan | undefined {
    const { total, each } = this.#share
    const own = this.#ofEach.get(owner) ?? 0
    if (this.#total + bytes > total || own + bytes > each) return undefined
    this.#change(owner, bytes)
    let lent = bytes
    const shrink = (to: number) => {
      if (to >= lent) return
      this.#change(owner, to - lent)
      lent = to
    }
    return { shrink, end: () => shrink(0) }
  }

  #change(owner: string, bytes: number): void {
    const own = (this.#ofEach.get(owner) ?? 0) + bytes
    if (own > 0) this.#ofEach.set(owner, own)
    else this.#ofEach.delete(owner)
    this.#total += bytes
  }
}
