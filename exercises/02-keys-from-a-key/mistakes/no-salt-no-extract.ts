/** "Without a salt there is nothing to extract with." There is: no salt means 32 zero bytes. */
import type { Extract } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'without a salt it extracts all the same'

export const extract: Extract = (salt, ikm) => (salt.length === 0 ? ikm : right.extract(salt, ikm))
export const { expand, hkdf, keysOf } = completed({ extract })
