/**
 * A ticket that must be refused, and what could be done with it if it were not.
 *
 * @module
 */
import { secureRandomBytes } from 'symbolon/protocol'
import { NOW_SEC } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { type BobsLogin, type Judged, shown } from './people.ts'

export const NOW = NOW_SEC
export const bytes = (length: number) => Uint8Array.from(secureRandomBytes(length))
export const opens = ({ username, ip_addr }: Judged) =>
  `bob opens a channel, as he believes to ${shown(username)} at ${shown(ip_addr)}.`

/** A ticket that must be refused. */
export async function mustRefuse(
  bob: BobsLogin,
  sent: Uint8Array,
  what: string,
  now = NOW,
  loot = opens,
): Promise<void> {
  const outcome = await bob.refused(sent, now)
  must(!outcome, `${what} was accepted.`, () => outcome && loot(outcome.gave))
}
