/**
 * Long request bodies under way: how much may be coming in at a time, from where and for whom.
 *
 * @module
 */
import { toBase64url } from '../../lib/bytes.ts'
import { BODY_LIMITS, type BodyLimits } from './limits.ts'
import { networkOf } from './network.ts'
import { Problem } from './problems.ts'
import { type Loan, Shares } from './shares.ts'

/** The long bodies under way at this node. */
export class Bodies {
  readonly #ofNetworks: Shares
  readonly #ofSessions: Shares

  constructor({ ofNetwork, ofSession }: BodyLimits = BODY_LIMITS) {
    this.#ofNetworks = new Shares(ofNetwork)
    this.#ofSessions = new Shares(ofSession)
  }

  /** How much may be coming in now, in bytes. */
  get held(): number {
    return this.#ofNetworks.total
  }

  /**
   * Makes room for a body, before it is read.
   *
   * @param sid - of the session that it claims to be of. The id stands in every ticket: so the share is that of the session from one
   *   network, for an attacker who uses it elsewhere must not use up its owner's.
   * @throws Problem `kdc_busy`.
   */
  take(address: string, sid: Uint8Array, bytes: number): Loan {
    const network = networkOf(address)
    const ofNetwork = this.#ofNetworks.take(network, bytes)
    const ofSession = ofNetwork && this.#ofSessions.take(`${network} ${toBase64url(sid)}`, bytes)
    if (ofSession) return endBoth(ofNetwork, ofSession)
    ofNetwork?.end()
    throw new Problem('kdc_busy', 'too many long requests are coming in: send one after the other')
  }
}

function endBoth(one: Loan, other: Loan): Loan {
  return {
    shrink(bytes) {
      one.shrink(bytes)
      other.shrink(bytes)
    },
    end() {
      one.end()
      other.end()
    },
  }
}
