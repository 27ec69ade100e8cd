/** The addresses of this machine. */
import { networkInterfaces } from 'node:os'
import { isLoopback, plainAddress, withoutZone } from '../lib/network/address.ts'

export function isOfThisMachine(address: string): boolean {
  const plain = withoutZone(plainAddress(address))
  if (isLoopback(plain)) return true
  return Object.values(networkInterfaces()).some((ones) => ones?.some((one) => one.address === plain))
}
