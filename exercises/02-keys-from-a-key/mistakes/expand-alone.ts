/** "A token is random already, so extract does nothing." It brings in the salt. */

import type { Hkdf } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, _salt, info, length) => right.expand(ikm, info, length)
export const { extract, expand, keysOf } = completed({ hkdf })
