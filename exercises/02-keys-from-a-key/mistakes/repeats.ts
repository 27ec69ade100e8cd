/** "Then I take the block twice." A key of 64 bytes with 32 bytes in it. */
import type { Expand } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand: every further block is made from the one before'

export const expand: Expand = (prk, info, length) => {
  const block = right.expand(prk, info, Math.min(32, length))
  return Uint8Array.from({ length }, (_, i) => block[i % 32] ?? 0)
}
export const { extract, hkdf, keysOf } = completed({ expand })
