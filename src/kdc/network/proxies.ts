/**
 * The proxies that may say for whom they ask: `X-Forwarded-For` is a claim that any client can make.
 *
 * @module
 */
import { BlockList, isIP, SocketAddress } from 'node:net'
import { plainAddress } from '../../lib/network/address.ts'

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const
const BITS = { ipv4: 32, ipv6: 128 } as const
/** The part of `::ffff:a.b.c.d` before the IPv4 address (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX_BITS = 96

interface Address {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
}

/** An address, or all whose first bits are the same. */
export interface Network extends Address {
  readonly bits: number
}

/** The addresses of trusted proxies. */
export class ProxyList {
  readonly #networks = new BlockList()
  readonly #isEmpty: boolean

  /** @param networks - none: no proxy's word is taken. */
  constructor(networks: readonly Network[] = []) {
    this.#isEmpty = networks.length === 0
    for (const { text, bits, family } of networks) this.#networks.addSubnet(text, bits, family)
  }

  /** Whether this address, in any of its forms, is a proxy's. */
  has(address: string): boolean {
    if (this.#isEmpty) return false
    const parsed = parse(address)
    return parsed !== undefined && this.#networks.check(parsed.text, parsed.family)
  }
}

/**
 * Reads `10.0.0.7`, `10.0.0.0/8`, `fd00::7` or `fd00::/8`.
 *
 * @returns nothing for anything else.
 */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text)
  const given = match?.[1] ?? ''
  const address = parseIp(given)
  if (!address) return undefined
  const shift = isIP(given) === 6 && address.family === 'ipv4' ? MAPPED_PREFIX_BITS : 0
  const bits = match?.[2] === undefined ? BITS[address.family] : Number(match[2]) - shift
  return bits >= 0 && bits <= BITS[address.family] ? { ...address, bits } : undefined
}

/**
 * An IP address in the one form that is compared, logged and put into tickets: RFC 5952, an IPv4-mapped one as IPv4.
 *
 * @returns nothing when it is none, or when it has a zone, which means something on one machine only (RFC 4007 §6).
 */
export function canonicalIp(text: string): string | undefined {
  return parseIp(text)?.text
}

function parseIp(text: string): Address | undefined {
  return text.includes('%') ? undefined : parse(text)
}

// A socket's address may have a zone (fe80::1%eth0), which SocketAddress drops.
function parse(text: string): Address | undefined {
  const family = FAMILIES[isIP(text) as 4 | 6]
  if (!family) return undefined
  const plain = plainAddress(new SocketAddress({ address: text, family }).address)
  return { text: plain, family: isIP(plain) === 4 ? 'ipv4' : 'ipv6' }
}
