/**
 * Whether a listener is where the KDC sends others to.
 *
 * @module
 */
import { isIPv4 } from 'node:net'
import { isLoopback, plainAddress } from './address.ts'

/**
 * Whether connections to an address come to a listener.
 *
 * @param bound - the IP address that it listens at.
 * @param published - the IP address of this client as the KDC saw it, which it tells others.
 * @param ours - whether an address is one of this machine's.
 */
export function isReachedAt(bound: string, published: string, ours: (address: string) => boolean): boolean {
  const [here, there] = [withoutZone(plainAddress(bound)), withoutZone(plainAddress(published))]
  if (here === there || here === '::') return true
  if (here === '0.0.0.0') return isIPv4(there)
  // An address of something in between may be passed on to us, and then to one that others can reach.
  return !ours(there) && !isLoopback(here)
}

/** An address without its zone, `fe80::1` for `fe80::1%eth0` (RFC 4007 §11): what the zone is called is each machine's own affair. */
export const withoutZone = (address: string) => address.replace(/%.*$/, '')
