/** "extract(ikm, salt)": the order of the arguments is another. */

import type { Hkdf } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, salt, info, length) => right.expand(right.extract(ikm, salt), info, length)
export const { extract, expand, keysOf } = completed({ hkdf })
