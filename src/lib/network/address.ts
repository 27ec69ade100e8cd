/**
 * IP addresses and KDCs' URLs, as far as the protocol cares.
 *
 * @module
 */
import { isIPv4 } from 'node:net'

/** An address in its plain form: a dual-stack socket shows IPv4 peers as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** An address with a port, as URLs have it: `127.0.0.1:8800`, `[::1]:8800` (RFC 3986 §3.2.2). */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether this is an address, or the name, of the machine itself: what is sent there crosses no network. */
export function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]' || host === 'localhost'
}

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

const EXAMPLE = 'http://127.0.0.1:8800'

/**
 * The origin that a KDC's URL names, the form under which a KDC is known (RFC 6454 §4).
 *
 * @throws TypeError when it is none, or says more than a KDC's address. Its message quotes nothing that may be a password.
 */
export function kdcOrigin(text: string): string {
  // What is before an @ may be a password, also where it is mistyped.
  const got = /[@?#]/.test(text) ? '' : `, got '${text}'`
  if (!URL.canParse(text)) throw new TypeError(`expected something like ${EXAMPLE}${got}`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`expected http: or https:, as in ${EXAMPLE}${got}`)
  }
  const more = whatElse(url)
  if (more) throw new TypeError(`${more} has no place in it, only scheme, host and port: ${EXAMPLE}`)
  return url.origin
}

function whatElse(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'a user name or password'
  // An empty one too, which only the whole shows.
  if (url.hash !== '' || url.href.endsWith('#')) return 'a fragment (#)'
  if (url.search !== '' || url.href.endsWith('?')) return 'a query (?)'
  return url.pathname === '/' ? undefined : 'a path'
}
