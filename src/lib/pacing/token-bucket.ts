/** A token bucket: so much at once, and then so much in a time. */

/** What a bucket holds. */
export interface TokenBucketOptions {
  /** What can be taken at once, after a rest. */
  readonly capacity: number
  /** What comes back in a second. */
  readonly perSec: number
  /** A clock that never goes back, in milliseconds. Default: the system's. */
  readonly now?: (() => number) | undefined
}

/** A bucket, which is full at first. */
export class TokenBucket {
  readonly #capacity: number
  readonly #perMs: number
  readonly #now: () => number
  #level: number
  #at: number

  constructor({ capacity, perSec, now = () => performance.now() }: TokenBucketOptions) {
    this.#capacity = capacity
    this.#perMs = perSec / 1000
    this.#now = now
    this.#level = capacity
    this.#at = now()
  }

  /** Takes so much, if it is there; nothing otherwise. */
  take(amount: number): boolean {
    this.#fill()
    if (amount > this.#level) return false
    this.#level -= amount
    return true
  }

  /** Takes so much, whether it is there or not: what is missing has to come back first. */
  spend(amount: number): void {
    this.#fill()
    this.#level -= amount
  }

  /** Whether all of it is there: it is as good as a new one. */
  get isFull(): boolean {
    this.#fill()
    return this.#level >= this.#capacity
  }

  /** Gives so much back: it was taken for something that is not to be counted. */
  giveBack(amount: number): void {
    this.#level += amount
  }

  /** How long until so much is there, in milliseconds; of nothing, until no more is missing. */
  waitMs(amount: number): number {
    this.#fill()
    return Math.max(0, (amount - this.#level) / this.#perMs)
  }

  #fill(): void {
    const now = this.#now()
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
