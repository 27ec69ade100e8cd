/** "If there is none, I take a good one." Nobody else knows which. */
import { utf8 } from 'symbolon/protocol'
import type { Extract } from '../given.ts'
import * as right from '../solution/keys.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'without a salt it extracts all the same'

export const extract: Extract = (salt, ikm) => right.extract(salt.length > 0 ? salt : utf8('symbolon'), ikm)
export const { expand, hkdf, keysOf } = completed({ extract })
