/**
 * IP addresses, as far as the protocol cares.
 *
 * @module
 */

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
