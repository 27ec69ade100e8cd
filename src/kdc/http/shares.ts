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

  /** What is lent to this one, in bytes. */
  of(owner: string): number {
    return this.#ofEach.get(owner) ?? 0
  }

  /** Whether so much more would be within this one's share, whatever the others have. */
  isWithinShare(owner: string, bytes: number): boolean {
    return this.of(owner) + bytes <= this.#share.each
  }

  /**
   * Lends, before anything is allocated.
   *
   * @returns nothing when all together, or this one, would have too much.
   */
  take(owner: string, bytes: number): Loan | undefined {
    if (this.#total + bytes > this.#share.total || !this.isWithinShare(owner, bytes)) return undefined
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
    const own = this.of(owner) + bytes
    if (own > 0) this.#ofEach.set(owner, own)
    else this.#ofEach.delete(owner)
    this.#total += bytes
  }
}
