/** "A buffer of the right length, as far as it goes." Where it does not go it is zero, and zero is a key that all know. */
import type { Expand } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand gives exactly as many bytes as were asked for, or an error'

export const expand: Expand = (prk, info, length) => {
  const bytes = new Uint8Array(length)
  bytes.set(right.expand(prk, info, Math.min(length, 255 * 32)))
  return bytes
}
export const { extract, hkdf, keysOf } = completed({ expand })
