/**
 * Whose an address is, as far as it can be told.
 *
 * @module
 */
import { isIPv6 } from 'node:net'
import { isLoopback } from '../../lib/network/address.ts'

const GROUPS = 8
/** A subnet, which is one customer's or one machine's, has 64 bits: RFC 4291 §2.5.4, RFC 6177. */
const SUBNET_GROUPS = 4
/** An IPv4 address at the end stands for two groups: RFC 4291 §2.2. */
const IPV4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/

/** An IPv4 address as it is; an IPv6 one's subnet, `2001:db8:0:1::/64`, for a host that has one address of it has them all. */
export function networkOf(address: string): string {
  // All of 127.0.0.0/8 is one machine's.
  if (isLoopback(address)) return 'loopback'
  if (!isIPv6(address)) return address
  // A zone, fe80::1%eth0, is this machine's affair.
  const [head = '', tail] = address.replace(/%.*/, '').replace(IPV4, inGroups).split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  const subnet = groups.slice(0, SUBNET_GROUPS).map((group) => Number.parseInt(group, 16).toString(16))
  return `${subnet.join(':')}::/64`
}

function inGroups(_address: string, ...bytes: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
