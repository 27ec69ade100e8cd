/** Where a request came from, and how protected: as the socket tells it, and proxies that are trusted. */
import type { TLSSocket } from 'node:tls'
import { isLoopback, plainAddress } from '../../lib/network/address.ts'
import type { Kdc, RequestView } from '../context.ts'
import { canonicalIp } from '../network/ip.ts'
import { Problem } from '../problems.ts'

/** What proxies add to the requests they pass on (RFC 7239, RFC 9110 §7.6.3, and by custom); no client of ours does. */
const FORWARDING_HEADERS = [
  'Forwarded',
  'Via',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-IP',
]

/**
 * The client's address, an IPv4 one in its own form also when it came to an IPv6 socket. When a trusted proxy
 * passed the request on, it is the address that this proxy saw.
 *
 * @throws Problem `malformed_http` when a trusted proxy names what is no IP address, or the connection is gone.
 */
export function remoteAddress(kdc: Pick<Kdc, 'proxies'>, c: RequestView): string {
  return path(kdc, c).client
}

/** What protected a request on its way: TLS or loopback; nothing, across a network; or it is unknown, past a proxy. */
export type TransportSecurity = 'protected' | 'network' | 'unknown'

/**
 * What protected a request. TLS, or loopback, protects it from the nearest other side only: before a proxy there is a
 * way of which we know no more than the addresses that trusted proxies tell.
 *
 * @throws as `remoteAddress`.
 */
export function transportSecurityOf(kdc: Pick<Kdc, 'proxies'>, c: RequestView): TransportSecurity {
  const { peer, trusted, hops, goesOn } = path(kdc, c)
  // Also a trusted one that does not say for whom it asks: its own address says nothing of the client behind it.
  const wasForwarded = () => FORWARDING_HEADERS.some((name) => c.req.header(name) !== undefined)
  if (trusted ? hops.length === 0 || goesOn : wasForwarded()) return 'unknown'
  const here = isLoopback(peer) || (c.env.incoming.socket as TLSSocket).encrypted === true
  return here && hops.every(isLoopback) ? 'protected' : 'network'
}

/**
 * The way that a request has come: from `peer`, the other end of the connection, through `hops`, nearest first, as far as trusted proxies
 * tell them, and before them from `client`, which may say that it asks for another client again, which no trusted proxy has seen.
 */
function path({ proxies }: Pick<Kdc, 'proxies'>, c: RequestView) {
  const address = c.env.incoming.socket.remoteAddress
  // A socket forgets its address when it is closed: no client is left to read the answer.
  if (!address) throw new Problem('malformed_http', 'the connection is gone')
  const peer = plainAddress(address)
  const trusted = proxies.has(peer)
  const hops: string[] = []
  let client = peer
  // Each proxy adds at the right whom it saw. What stands left of the first that is not trusted is its claim.
  const claims = c.req.header('X-Forwarded-For')?.split(',') ?? []
  while (claims.length > 0 && proxies.has(client)) {
    client = claimedAddress(claims.pop() ?? '')
    hops.push(client)
  }
  return { peer, trusted, hops, client, goesOn: claims.length > 0 }
}

function claimedAddress(claim: string): string {
  const address = canonicalIp(claim.trim())
  if (address) return address
  throw new Problem('malformed_http', 'X-Forwarded-For: expected IP addresses, without ports')
}
