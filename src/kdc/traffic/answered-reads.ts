/**
 * Which reads were answered: what changes nothing may be answered again, but not for as long as the request's time allows, since an
 * attacker who has recorded it would have long answers for a short request. What changes something the
 * store remembers: see accept-once.ts.
 *
 * A node remembers what it has answered itself, and so many ids: what is left of repeated requests counts as their principal's reads.
 *
 * @module
 */
import type { ReadLimits } from './limits.ts'

/** The ids that were answered. */
export class AnsweredReads {
  readonly #limits: Pick<ReadLimits, 'answersOfOneId' | 'ids'>
  /** How often, of each principal; the last one who asked is the last here, and the newest id the last of its own. */
  readonly #answers = new Map<string, Map<string, number>>()
  #total = 0

  constructor(limits: Pick<ReadLimits, 'answersOfOneId' | 'ids'>) {
    this.#limits = limits
  }

  /** How many ids are remembered. */
  get total(): number {
    return this.#total
  }

  /** Counts an answer. @returns whether there were not too many already. */
  note(owner: string, id: string): boolean {
    const own = this.#answers.get(owner) ?? new Map<string, number>()
    this.#answers.delete(owner)
    this.#answers.set(owner, own)
    const count = own.get(id) ?? 0
    if (count >= this.#limits.answersOfOneId) return false
    own.set(id, count + 1)
    if (count === 0) this.#total++
    this.#forget(own)
    return true
  }

  #forget(own: Map<string, number>): void {
    const { each, total } = this.#limits.ids
    for (const id of own.keys()) {
      if (own.size <= each) break
      own.delete(id)
      this.#total--
    }
    for (const [owner, ids] of this.#answers) {
      if (this.#total <= total || ids === own) break
      this.#answers.delete(owner)
      this.#total -= ids.size
    }
  }
}
