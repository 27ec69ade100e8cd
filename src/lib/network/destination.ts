/**
 * Where a sender lets the KDC send it, and what it lets the KDC have said there. The KDC names the receiver's address and port, and makes
 * the ticket, which is the first thing sent: a hostile one would reach services that only we can reach, and speak to them. docs/threat-model.md.
 */
import { BlockList, isIP } from 'node:net'
import { CodecError, TransportError } from '../errors.ts'
import { MAX_TICKET_BYTES, MIN_TICKET_BYTES, TICKET_VERSION } from '../ticket.ts'

/** The lowest port that receivers are called at: those below are for services of the system (RFC 6335, §6). */
export const MIN_RECEIVER_PORT = 1024

/** Where the KDC itself was reached. */
export interface KdcPlace {
  /** An IP address, or a name. */
  readonly address: string
  /** The address is one of this machine. */
  readonly isOurs?: boolean
}

const list = (...subnets: [net: string, prefix: number][]) => {
  const blocks = new BlockList()
  // Not `isIP`: to tell IPv6 by it takes six milliseconds, the first time.
  for (const [net, prefix] of subnets) blocks.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
  return blocks
}

const LOOPBACK = list(['127.0.0.0', 8], ['::1', 128])
/** An IPv6 one cannot be called without its zone, which only its own machine knows. */
const LINK_LOCAL = list(['169.254.0.0', 16])
// RFC 6890: of this network, of protocols, multicast (RFC 5771), reserved and broadcast.
const NO_RECEIVER_IPV4 = list(['0.0.0.0', 8], ['192.0.0.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4])
// Global unicast (RFC 4291, §2.4) and unique local addresses (RFC 4193), and of those none that stands for an IPv4 address: Teredo, 6to4.
const IPV6 = list(['2000::', 3], ['fc00::', 7])
const IPV6_OF_IPV4 = list(['2001::', 32], ['2002::', 16])

type Scope = 'unicast' | 'loopback' | 'link-local'

/**
 * An address at which a receiver may be called, in its plain form: an IPv4 address in IPv6's clothes (`::ffff:7f00:1`, RFC 4291 §2.5.5.2) is
 * judged, and called, as what it is.
 *
 * @param host - as the KDC gives it.
 * @throws TransportError `peer_unreachable`: no receiver can be there, or none that is not on the KDC's own machine or link.
 */
export function judgeDestination(receiver: string, host: string, port: number, kdc: KdcPlace): string {
  const address = plainForm(host)
  const refuse = (why: string) =>
    new TransportError('peer_unreachable', `${receiver} is not called at ${host} port ${port}: ${why}`)
  const scope = scopeOf(address)
  if (!scope) throw refuse('no receiver can be there')
  const kdcScope = kdc.isOurs || kdc.address === 'localhost' ? 'loopback' : scopeOf(plainForm(kdc.address))
  if (scope === 'loopback' && kdcScope !== 'loopback') {
    throw refuse('that is this machine, which the KDC is not on')
  }
  if (scope === 'link-local' && kdcScope !== 'loopback' && kdcScope !== 'link-local') {
    throw refuse('that is on the link of this machine, which the KDC is not on')
  }
  if (port < MIN_RECEIVER_PORT) throw refuse(`receivers are called at ports from ${MIN_RECEIVER_PORT} on`)
  return address
}

function scopeOf(address: string): Scope | undefined {
  const version = isIP(address)
  if (version === 0 || address.includes('%')) return undefined
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(address, family)) return 'loopback'
  if (family === 'ipv6') {
    return IPV6.check(address, family) && !IPV6_OF_IPV4.check(address, family) ? 'unicast' : undefined
  }
  if (LINK_LOCAL.check(address, family)) return 'link-local'
  return NO_RECEIVER_IPV4.check(address, family) ? undefined : 'unicast'
}

function plainForm(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 6 || bare.includes('%')) return bare
  const mapped = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(new URL(`http://[${bare}]`).hostname)
  if (!mapped) return bare
  const halves = [mapped[1], mapped[2]].map((half) => Number.parseInt(half ?? '', 16))
  return halves.flatMap((half) => [half >> 8, half & 0xff]).join('.')
}

// Sixteen characters of text one after the other, or a line of six or more between two ends of lines.
const TEXT = /[\t-\r -~]{16}|\n[\t-\r -~]{6,}\n/

/**
 * Whether a ticket has text in it that a service which skips what it does not know, line by line, would take for an order. A ticket is as
 * random as its salt and its seal: an honest KDC makes one like that in some 14,000, and another when it is asked again.
 *
 * @throws CodecError `malformed` for what is no ticket, whatever may be in it.
 */
export function looksLikeText(ticket: Uint8Array): boolean {
  const { length } = ticket
  if (length < MIN_TICKET_BYTES || length > MAX_TICKET_BYTES || ticket[0] !== TICKET_VERSION) {
    throw new CodecError('reply to /userinfo: senderinfo is no ticket')
  }
  return TEXT.test(Buffer.from(ticket.buffer, ticket.byteOffset, length).toString('latin1'))
}
