/**
 * Work that takes its time is done one piece after the other, and each for whom something waits has a turn before the first has
 * another: a principal that asks for a lot at once keeps itself waiting, and no other. Between two pieces the event loop turns.
 */
import { turn } from '../../lib/pacing/event-loop.ts'

const PIECE = 100

/** Asks something of each, and lets others have their turn in between. @returns the answers, in order. */
export async function eachInPieces<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (let from = 0; from < all.length; from += PIECE) {
    if (from > 0) await turn()
    answers.push(...(await Promise.all(all.slice(from, from + PIECE).map(ask))))
  }
  return answers
}

export class FairQueue {
  /** Of each for whom something waits, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #isTaken = false

  /** Does some work when its turn has come. */
  async run<T>(owner: string, work: () => T | Promise<T>): Promise<T> {
    await this.#enter(owner)
    try {
      return await work()
    } finally {
      setImmediate(() => this.#leave())
    }
  }

  async #enter(owner: string): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return
    }
    await new Promise<void>((resolve) => {
      const own = this.#waiting.get(owner)
      if (own) own.push(resolve)
      else this.#waiting.set(owner, [resolve])
    })
  }

  #leave(): void {
    for (const [owner, own] of this.#waiting) {
      const next = own.shift()
      this.#waiting.delete(owner)
      if (own.length > 0) this.#waiting.set(owner, own)
      next?.()
      return
    }
    this.#isTaken = false
  }
}
