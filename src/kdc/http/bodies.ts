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

/** Room for one body. */
export interface BodyLoan extends Loan {
  /** All of it has come: it gives way to nothing any more. */
  arrived(): void
}

/** A body that is still coming in. */
interface Coming {
  readonly network: string
  readonly end: () => void
}

/** The long bodies under way at this node. */
export class Bodies {
  readonly #ofNetworks: Shares
  readonly #ofSessions: Shares
  /** The oldest first. */
  readonly #coming = new Set<Coming>()

  constructor({ ofNetwork, ofSession }: BodyLimits = BODY_LIMITS) {
    this.#ofNetworks = new Shares(ofNetwork)
    this.#ofSessions = new Shares(ofSession)
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
    const isWithin =
      this.#ofNetworks.isWithinShare(network, bytes) && this.#ofSessions.isWithinShare(session, bytes)
    let loan = isWithin ? this.#lend(network, session, bytes) : undefined
    while (isWithin && !loan && this.#makeRoom(network, bytes)) loan = this.#lend(network, session, bytes)
    if (!loan) {
      throw new Problem('kdc_busy', 'too many long requests are coming in: send one after the other')
    }
    return this.#watch(network, loan, giveWay)
  }

  #lend(network: string, session: string, bytes: number): Loan | undefined {
    const ofNetwork = this.#ofNetworks.take(network, bytes)
    const ofSession = ofNetwork && this.#ofSessions.take(session, bytes)
    if (ofSession) return endBoth(ofNetwork, ofSession)
    ofNetwork?.end()
    return undefined
  }

  #watch(network: string, loan: Loan, giveWay: () => void): BodyLoan {
    const coming = {
      network,
      end: () => {
        loan.end()
        giveWay()
      },
    }
    this.#coming.add(coming)
    const arrived = () => void this.#coming.delete(coming)
    const end = () => {
      arrived()
      loan.end()
    }
    return { shrink: loan.shrink, arrived, end }
  }

  /** Ends the oldest body of the network that has most. @returns whether there was one, of one that has more than this would have. */
  #makeRoom(network: string, bytes: number): boolean {
    let most = this.#ofNetworks.of(network) + bytes
    let oldest: Coming | undefined
    for (const coming of this.#coming) {
      const held = this.#ofNetworks.of(coming.network)
      if (held <= most) continue
      most = held
      oldest = coming
    }
    if (!oldest) return false
    this.#coming.delete(oldest)
    oldest.end()
    return true
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
