/**
 * IP addresses: in one form, whose they are as far as it can be told, and the proxies that may say for whom they ask
 * (`X-Forwarded-For` is a claim that any client can make).
 */
import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net'
import { isLoopback, plainAddress } from '../../lib/network/address.ts'

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const
const BITS = { ipv4: 32, ipv6: 128 } as const
/** The part of `::ffff:a.b.c.d` before the IPv4 address (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX_BITS = 96
const GROUPS = 8
/** A subnet, which is one customer's or one machine's, has 64 bits: RFC 4291 §2.5.4, RFC 6177. */
const SUBNET_GROUPS = 4

interface Address {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
}

/** An address, or all whose first bits are the same. */
interface Network extends Address {
  readonly bits: number
}

function refuseNetwork(): never {
  throw new TypeError('expected IP addresses, or networks such as 10.0.0.0/8')
}

export class ProxyList {
  readonly #networks = new BlockList()
  readonly #isEmpty: boolean

  /**
   * @param texts - addresses and networks; none: no proxy's word is taken.
   * @param refuse - throws, for a text that is neither.
   */
  constructor(texts: readonly string[] = [], refuse: (text: string, index: number) => never = refuseNetwork) {
    this.#isEmpty = texts.length === 0
    for (const [i, text] of texts.entries()) {
      const network = parseNetwork(text) ?? refuse(text, i)
      this.#networks.addSubnet(network.text, network.bits, network.family)
    }
  }

  /** Whether this address, in any of its forms, is a proxy's. */
  has(address: string): boolean {
    if (this.#isEmpty) return false
    const parsed = parse(address)
    return parsed !== undefined && this.#networks.check(parsed.text, parsed.family)
  }
}

/** Reads `10.0.0.7`, `10.0.0.0/8`, `fd00::7` or `fd00::/8`. @returns nothing for anything else. */
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

/** An IPv4 address as it is; an IPv6 one's subnet, `2001:db8:0:1::/64`, for a host that has one address of it has them all. */
export function networkOf(address: string): string {
  // All of 127.0.0.0/8 is one machine's.
  if (isLoopback(address)) return 'loopback'
  if (!isIPv6(address)) return address
  // A zone, fe80::1%eth0, is this machine's affair. An IPv4 address at the end stands for two groups (RFC 4291 §2.2).
  const [head = '', tail] = address
    .replace(/%.*/, '')
    .replace(/[\d.]+\.\d+$/, '0:0')
    .split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  const subnet = groups.slice(0, SUBNET_GROUPS).map((group) => Number.parseInt(group, 16).toString(16))
  return `${subnet.join(':')}::/64`
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
