/** "Too much does no harm." A cipher takes 32 bytes, and no other number; and the session id has 16. */
import type { Expand } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand gives exactly as many bytes as were asked for, or an error'

export const expand: Expand = (prk, info, length) => right.expand(prk, info, Math.ceil(length / 32) * 32)
export const { extract, hkdf, keysOf } = completed({ expand })
