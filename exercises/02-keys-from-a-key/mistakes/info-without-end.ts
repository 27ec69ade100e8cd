/** "The info ends with a zero byte, as texts do in C." Not here. */
import { concat } from 'symbolon/protocol'
import type { Hkdf } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, salt, info, length) =>
  right.hkdf(ikm, salt, concat(info, Uint8Array.of(0)), length)
export const { extract, expand, keysOf } = completed({ hkdf })
