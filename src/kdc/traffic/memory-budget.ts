/**
 * Memory that is lent: so much for all together, and a share of it for each. Where there is none left for all together, what can be
 * called back is: of the owner that has most, the oldest first. So a few who never give anything back keep out no other.
 *
 * @module
 */
import type { Share } from './limits.ts'

/** What was lent, in bytes. */
export interface Loan {
  /** It is no more than this, after all. */
  shrink(bytes: number): void
  /**
   * From now on it may be called back, in favour of an owner that has less.
   *
   * @param giveWay - called once it has ended so.
   */
  mayGiveWay(giveWay: () => void): void
  /** From now on it gives way to nothing. */
  keep(): void
  /** It is not needed any more. Once more does nothing. */
  end(): void
}

interface Callable {
  readonly owner: string
  readonly end: () => void
}

export class MemoryBudget {
  readonly #share: Share
  readonly #ofEach = new Map<string, number>()
  /** The oldest first. */
  readonly #callable = new Set<Callable>()
  #total = 0

  constructor(share: Share) {
    this.#share = share
  }

  /** What is lent to all together, in bytes. */
  get total(): number {
    return this.#total
  }

  /** Whether so much more would be within this one's share, whatever the others have. */
  isWithinShare(owner: string, bytes: number): boolean {
    return this.#of(owner) + bytes <= this.#share.each
  }

  /**
   * Lends, before anything is allocated.
   *
   * @returns nothing when this one would have too much, or all together would and no loan can be called back for it.
   */
  take(owner: string, bytes: number): Loan | undefined {
    if (!this.isWithinShare(owner, bytes)) return undefined
    while (this.#total + bytes > this.#share.total) if (!this.#callBack(owner, bytes)) return undefined
    this.#change(owner, bytes)
    return this.#lend(owner, bytes)
  }

  #lend(owner: string, bytes: number): Loan {
    let lent = bytes
    let callable: Callable | undefined
    const shrink = (to: number) => {
      if (to >= lent) return
      this.#change(owner, to - lent)
      lent = to
    }
    const keep = () => {
      if (callable) this.#callable.delete(callable)
      callable = undefined
    }
    const end = () => {
      keep()
      shrink(0)
    }
    const mayGiveWay = (giveWay: () => void) => {
      keep()
      const endAndTell = () => {
        end()
        giveWay()
      }
      callable = { owner, end: endAndTell }
      this.#callable.add(callable)
    }
    return { shrink, mayGiveWay, keep, end }
  }

  /** Ends the oldest loan of the owner that has most. @returns whether there was one, of one that has more than this would have. */
  #callBack(owner: string, bytes: number): boolean {
    let most = this.#of(owner) + bytes
    let oldest: Callable | undefined
    for (const callable of this.#callable) {
      const held = this.#of(callable.owner)
      if (held <= most) continue
      most = held
      oldest = callable
    }
    oldest?.end()
    return oldest !== undefined
  }

  #of(owner: string): number {
    return this.#ofEach.get(owner) ?? 0
  }

  #change(owner: string, bytes: number): void {
    const own = this.#of(owner) + bytes
    if (own > 0) this.#ofEach.set(owner, own)
    else this.#ofEach.delete(owner)
    this.#total += bytes
  }
}
