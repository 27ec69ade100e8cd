/** "32 bytes are enough for any key." Until somebody asks for two keys at once, or for 64 bytes. */
import { concat } from 'symbolon/protocol'
import type { Expand } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand: every further block is made from the one before'

export const expand: Expand = (prk, info, length) =>
  right.expand(prk, concat(info), Math.min(32, length)).subarray(0, length)
export const { extract, hkdf, keysOf } = completed({ expand })
