/**
 * Tokens that were opened lately, for a moment: to open one again takes as long as to read its session.
 *
 * A token is known by all that it is derived from, its session's id and what is stored of it. What opens is therefore what would open
 * anew; whether there is such a session at all, the store says each time.
 *
 * @module
 */
import type { Secret } from '../../lib/crypto/secret.ts'

/** A token that nobody asks for is wiped after once to twice as long. */
const GENERATION_MS = 5000
/** The most in a generation; then it ends early. */
const MAX_TOKENS = 2048

/** The tokens. */
export class OpenedTokens {
  #young = new Map<string, Secret>()
  #old = new Map<string, Secret>()
  #timer: NodeJS.Timeout | undefined

  /** @returns the token itself, which is wiped some time: whoever keeps it makes a copy. */
  get(key: string): Secret | undefined {
    const young = this.#young.get(key)
    if (young) return young
    const old = this.#old.get(key)
    if (!old) return undefined
    this.#old.delete(key)
    this.#keep(key, old)
    return old
  }

  /** Keeps a token that is the caller's no more. */
  add(key: string, token: Secret): void {
    this.#keep(key, token)
    this.#timer ??= setInterval(() => this.#age(), GENERATION_MS).unref()
  }

  /** How many there are. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  #keep(key: string, token: Secret): void {
    if (this.#young.size >= MAX_TOKENS) this.#age()
    this.#young.set(key, token)
  }

  #age(): void {
    for (const token of this.#old.values()) token.wipe()
    this.#old = this.#young
    this.#young = new Map()
    if (this.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
