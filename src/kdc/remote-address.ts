/**
 * The other side's address, as the socket tells it.
 *
 * @module
 */
import type { Context } from 'hono'
import { plainAddress } from '../lib/address.ts'
import type { KdcEnv } from './context.ts'
import { Problem } from './problems.ts'

/** The address a request came from, an IPv4 one in its own form also when it came to an IPv6 socket. */
export function remoteAddress(c: Context<KdcEnv>): string {
  const address = c.env.incoming.socket.remoteAddress
  // A socket forgets its address when it is closed: nobody is left to read the answer.
  if (!address) throw new Problem('malformed_http', 'the connection is gone')
  return plainAddress(address)
}
