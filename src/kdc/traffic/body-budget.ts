/**
 * Long request bodies under way: how much may be coming in at a time, from where and for whom.
 *
 * @module
 */
import { toBase64url } from '../../lib/bytes.ts'
import { networkOf } from '../network/ip.ts'
import { Problem } from '../problems.ts'
import { BODY_LIMITS } from './limits.ts'
import { type Loan, MemoryBudget } from './memory-budget.ts'

export interface BodyLoan extends Pick<Loan, 'shrink' | 'end'> {
  /** All of it has come: it gives way to nothing any more. */
  arrived(): void
}

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
   * @throws Problem `kdc_busy`.
   */
  take(address: string, sid: Uint8Array, bytes: number, giveWay: () => void = () => {}): BodyLoan {
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
      shrink(to) {
        ofNetwork.shrink(to)
        ofSession.shrink(to)
      },
      arrived: ofNetwork.keep,
      end() {
        ofNetwork.end()
        ofSession.end()
      },
    }
  }
}
