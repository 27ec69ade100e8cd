/** "Less than 255 blocks." As many as 255: the last counter is 255 itself. */
import type { Expand } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand gives exactly as many bytes as were asked for, or an error'

export const expand: Expand = (prk, info, length) => {
  if (length / 32 >= 255) throw new RangeError('length: that is too much')
  return right.expand(prk, info, length)
}
export const { extract, hkdf, keysOf } = completed({ expand })
