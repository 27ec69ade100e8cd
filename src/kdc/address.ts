/**
 * The other side's address, as the socket tells it.
 *
 * @module
 */
import { BlockList, isIPv4 } from 'node:net'
import type { Context } from 'hono'
import type { KdcEnv } from './context.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * The address a request came from; IPv4 in its own form also when it came to an IPv6 socket (`::ffff:192.0.2.1`,
 * RFC 4291 §2.5.5.2).
 */
export function remoteAddress(c: Context<KdcEnv>): string {
  const address = c.env.incoming.socket.remoteAddress
  // A socket forgets its address when it is closed: nobody is left to read the answer.
  if (!address) throw new Error('the connection is gone')
  const mapped = address.replace(/^::ffff:/i, '')
  return isIPv4(mapped) ? mapped : address
}

/** Whether an address, as `remoteAddress` gives it, is of this machine. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}
