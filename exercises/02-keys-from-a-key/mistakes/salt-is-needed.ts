/** "A salt must not be missing." RFC 5869 says that it may, and the session id has none. */
import type { Extract } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'without a salt it extracts all the same'

export const extract: Extract = (salt, ikm) => {
  if (salt.length === 0) throw new TypeError('salt: expected at least one byte')
  return right.extract(salt, ikm)
}
export const { expand, hkdf, keysOf } = completed({ extract })
