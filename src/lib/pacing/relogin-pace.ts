/**
 * How often a session that is said to be over, without a seal, is worth a fresh login. A KDC that has lost the session cannot seal that; an
 * attacker on the way can say it again and again, and a login is work: the password is stretched for each.
 *
 * @module
 */
import { backoffMs } from './backoff.ts'
import { TokenBucket } from './token-bucket.ts'

/** Said again of a new session in which no answer was sealed. */
const UNPROVEN = { firstMs: 30_000, mostMs: 300_000 }
/** However many sealed answers came in between: an attacker could let those through. */
const LOGINS = { capacity: 5, perSec: 1 / 60 }

/** What is thought of such claims. */
export class ReloginPace {
  readonly #now: () => number
  readonly #allowance: TokenBucket
  /** Logins for the sake of such a claim since the last sealed answer. */
  #logins = 0
  #untilMs = Number.NEGATIVE_INFINITY

  /** @param now - a clock that never goes back, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#allowance = new TokenBucket({ ...LOGINS, now })
  }

  /**
   * Whether one more claim is worth a login now.
   *
   * @param isProven - whether the KDC has sealed an answer in the session that is said to be over.
   */
  isWorthLogin(isProven: boolean): boolean {
    if (isProven) {
      this.#logins = 0
      this.#untilMs = Number.NEGATIVE_INFINITY
    }
    return this.#now() >= this.#untilMs && this.#allowance.waitMs(1) === 0
  }

  /** There was a login for one. */
  note(): void {
    this.#allowance.spend(1)
    this.#untilMs = this.#now() + backoffMs(++this.#logins, UNPROVEN, 1)
  }
}
