/** "info is text, so I make it text." Bytes above 127 become something else on the way. */

import type { Hkdf } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, salt, info, length) =>
  right.hkdf(ikm, salt, Buffer.from(Buffer.from(info).toString()), length)
export const { extract, expand, keysOf } = completed({ hkdf })
