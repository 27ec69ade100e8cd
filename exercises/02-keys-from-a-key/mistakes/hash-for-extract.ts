/** "A hash of both mixes them as well." It is another function than HMAC, and bob's program has HMAC. */
import { createHash } from 'node:crypto'
import type { Extract } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'extract is one HMAC: the salt is its key, the ikm its message'

export const extract: Extract = (salt, ikm) => createHash('sha256').update(salt).update(ikm).digest()
export const { expand, hkdf, keysOf } = completed({ extract })
