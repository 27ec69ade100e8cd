/**
 * What requests may hold of the KDC's memory: long bodies that are coming in, by network and session; and reads whose answers are long, or
 * take some looking for, by principal, judged before they are made. docs/operating.md has the numbers.
 */
import type { ServerResponse } from 'node:http'
import { toBase64url } from '../../lib/bytes.ts'
import { TokenBucket } from '../../lib/pacing/token-bucket.ts'
import { networkOf } from '../network/ip.ts'
import { Problem, type ProblemCode } from '../problems.ts'
import { FairQueue } from './fair-queue.ts'
import { BODY_LIMITS, READ_LIMITS, type ReadLimits, type Share } from './limits.ts'

/** Memory that was lent, in bytes. */
class Loan {
  readonly owner: string
  readonly #change: (bytes: number) => void
  readonly #callable: Set<Loan>
  #bytes = 0
  #giveWay = () => {}
  #isOverdue = () => false

  constructor(owner: string, bytes: number, change: (bytes: number) => void, callable: Set<Loan>) {
    this.owner = owner
    this.#change = change
    this.#callable = callable
    this.#resize(bytes)
  }

  /** It is no more than this, after all. */
  shrink(to: number): void {
    if (to < this.#bytes) this.#resize(to)
  }

  /**
   * From now on it may be called back, in favour of an owner that has less, or, once it is overdue, of any other; `giveWay` is called when it
   * has ended so.
   */
  mayGiveWay(giveWay: () => void, isOverdue = () => false): void {
    this.#giveWay = giveWay
    this.#isOverdue = isOverdue
    // The newest again.
    this.#callable.delete(this)
    this.#callable.add(this)
  }

  /** From now on it gives way to nothing. */
  keep(): void {
    this.#callable.delete(this)
  }

  /** It is not needed any more. Once more does nothing. */
  end(): void {
    this.keep()
    this.shrink(0)
  }

  get isOverdue(): boolean {
    return this.#isOverdue()
  }

  callBack(): void {
    this.end()
    this.#giveWay()
  }

  #resize(to: number): void {
    this.#change(to - this.#bytes)
    this.#bytes = to
  }
}

/**
 * So much for all together, and a share of it for each. Where there is none left for all together, what can be called back is: of the
 * owner that has most, the oldest first. So a few who never give anything back keep out no other.
 */
class MemoryBudget {
  readonly #share: Share
  readonly #ofEach = new Map<string, number>()
  /** Loans that may be called back, the oldest first. */
  readonly #callable = new Set<Loan>()
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
    return new Loan(owner, bytes, (change) => this.#change(owner, change), this.#callable)
  }

  /** Ends a loan of an owner that has more than this one would have; else one of any other that is overdue. @returns whether there was one. */
  #callBack(owner: string, bytes: number): boolean {
    const loan =
      this.#oldestAbove(this.#of(owner) + bytes, () => true) ??
      // Many owners with equal shares must not keep out all others for as long as they like.
      this.#oldestAbove(0, (other) => other.owner !== owner && other.isOverdue)
    loan?.callBack()
    return loan !== undefined
  }

  /** Of these loans the oldest of the owner that has most, if that is more than `least`. */
  #oldestAbove(least: number, isOfThese: (loan: Loan) => boolean): Loan | undefined {
    let most = least
    let oldest: Loan | undefined
    for (const loan of this.#callable) {
      const held = this.#of(loan.owner)
      if (held <= most || !isOfThese(loan)) continue
      most = held
      oldest = loan
    }
    return oldest
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

/** Long request bodies under way at this node. */
export class BodyBudget {
  readonly #ofNetworks: MemoryBudget
  readonly #ofSessions: MemoryBudget

  constructor({ ofNetwork, ofSession } = BODY_LIMITS) {
    this.#ofNetworks = new MemoryBudget(ofNetwork)
    this.#ofSessions = new MemoryBudget(ofSession)
  }

  /** How much may be coming in now, in bytes. */
  get held(): number {
    return this.#ofNetworks.total
  }

  /**
   * Makes room for a body, before it is read. Where there is none for all together, bodies that are still coming in from a network that has
   * more than this one would have give way: few networks, with bodies that never end, must not keep out all others.
   *
   * @param sid - of the session that it claims to be of. The id stands in every ticket: so the share is that of the session from one
   *   network, for an attacker who uses it elsewhere must not use up its owner's.
   * @param giveWay - called when the body is to be read no further: its room is another's.
   * @returns the room; `keep` when all of the body has come.
   * @throws Problem `kdc_busy`.
   */
  take(
    address: string,
    sid: Uint8Array,
    bytes: number,
    giveWay: () => void = () => {},
  ): Pick<Loan, 'keep' | 'end'> {
    const network = networkOf(address)
    const session = `${network} ${toBase64url(sid)}`
    // Before any body gives way for it.
    const isWithin = this.#ofSessions.isWithinShare(session, bytes)
    const ofNetwork = isWithin ? this.#ofNetworks.take(network, bytes) : undefined
    const ofSession = ofNetwork && this.#ofSessions.take(session, bytes)
    if (!ofSession) {
      ofNetwork?.end()
      throw new Problem('kdc_busy', 'too many long requests are coming in: send one after the other')
    }
    ofNetwork.mayGiveWay(() => {
      ofSession.end()
      giveWay()
    })
    return {
      keep: () => ofNetwork.keep(),
      end() {
        ofNetwork.end()
        ofSession.end()
      },
    }
  }
}

/** Milliseconds that only go up, and waiting for so many. */
export interface Timing {
  now(): number
  sleep(ms: number): Promise<void>
}

const realTiming: Timing = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/** Who reads. */
interface Reader {
  readonly username: string
  /** Of the request. */
  readonly id: string
  /** What the answer goes out on: it is held until that has taken it. Without one it is not held. */
  readonly outgoing: ServerResponse | undefined
}

/**
 * Which reads were answered: what changes nothing may be answered again, but not for as long as the request's time allows, since an
 * attacker who has recorded it would have long answers for a short request. What changes something the store remembers: see accept-once.ts.
 *
 * A node remembers what it has answered itself, and so many ids: what is left of repeated requests counts as their principal's reads.
 */
export class AnsweredReads {
  readonly #limits: Pick<ReadLimits, 'answersOfOneId' | 'ids'>
  /** How often, of each principal; the last one who asked is the last here, and the newest id the last of its own. */
  readonly #answers = new Map<string, Map<string, number>>()
  #total = 0

  constructor(limits: Pick<ReadLimits, 'answersOfOneId' | 'ids'>) {
    this.#limits = limits
  }

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

export class ReadBudget {
  readonly #limits: ReadLimits
  readonly #timing: Timing
  readonly #fairQueue: FairQueue
  readonly #repeats: AnsweredReads
  readonly #answers: MemoryBudget
  /** What each principal may read now; whose budget is whole is not here. */
  readonly #budgets = new Map<string, TokenBucket>()

  constructor(
    fairQueue: FairQueue = new FairQueue(),
    limits: ReadLimits = READ_LIMITS,
    timing: Timing = realTiming,
  ) {
    this.#limits = limits
    this.#timing = timing
    this.#fairQueue = fairQueue
    this.#repeats = new AnsweredReads(limits)
    this.#answers = new MemoryBudget(limits.answers)
  }

  /** What is held in answers that are being made, or were not read yet, in bytes. */
  get held(): number {
    return this.#answers.total
  }

  /**
   * Makes an answer when its turn has come. A principal that has used up its budget waits for it. Where there is no room for all together,
   * answers of principals that have more than this one would have give way: those that wait to be made are refused, and with those that
   * were not read yet goes their connection. Few accounts, with answers that are never read, must not keep out all others; nor many, for
   * long: an answer that was not read for a while gives way to that of any other principal.
   *
   * @param most - the most that the answer has, in bytes.
   * @param make - makes it. @returns its length in bytes.
   * @throws Problem `request_refused` for an id that was answered; `kdc_busy` when too much is held already; what `make` throws.
   */
  async answer({ username, id, outgoing }: Reader, most: number, make: () => Promise<number>): Promise<void> {
    const loan = this.#answers.take(username, most)
    if (!loan) return this.#refuse('kdc_busy', 'too many answers are under way: read those first')
    if (!this.#repeats.note(username, id)) {
      loan.end()
      return this.#refuse('request_refused', 'this request was answered already: ask with another id')
    }
    let isOver = false
    loan.mayGiveWay(() => {
      isOver = true
    })
    try {
      const waitMs = this.#debtMs(username)
      if (waitMs > 0) await this.#timing.sleep(waitMs)
      const length = await this.#fairQueue.run(username, async () => {
        if (isOver) throw new Problem('kdc_busy', 'this read has given way to others')
        // No client is there any more to read it.
        if (outgoing?.destroyed) throw new Problem('kdc_busy', 'the connection is gone')
        loan.keep()
        return make()
      })
      this.#charge(username, length)
      loan.shrink(length)
      if (!outgoing || outgoing.destroyed) return loan.end()
      outgoing.once('close', () => loan.end())
      const made = this.#timing.now()
      const isOverdue = () => this.#timing.now() - made >= this.#limits.unreadMs
      loan.mayGiveWay(() => outgoing.destroy(), isOverdue)
    } catch (error) {
      loan.end()
      throw error
    }
  }

  // To refuse is work, too.
  async #refuse(code: ProblemCode, why: string): Promise<never> {
    await this.#timing.sleep(this.#limits.refusalMs)
    throw new Problem(code, why)
  }

  #debtMs(username: string): number {
    return Math.ceil(this.#budgets.get(username)?.waitMs(0) ?? 0)
  }

  #charge(username: string, length: number): void {
    const { leastBytes, burstBytes, bytesPerSec } = this.#limits
    for (const [name, budget] of this.#budgets) {
      // In the order of their last answers, which is nearly that in which they are whole again: the rest another time.
      if (!budget.isFull) break
      this.#budgets.delete(name)
    }
    const now = () => this.#timing.now()
    const budget =
      this.#budgets.get(username) ?? new TokenBucket({ capacity: burstBytes, perSec: bytesPerSec, now })
    budget.spend(Math.max(leastBytes, length))
    this.#budgets.delete(username)
    this.#budgets.set(username, budget)
  }
}
