/** "The longer hash is the safer one." It is a good one, and another: both sides must take the same. */
import { createHmac } from 'node:crypto'
import type { Extract } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'extract is one HMAC: the salt is its key, the ikm its message'

export const extract: Extract = (salt, ikm) => createHmac('sha512', salt).update(ikm).digest()
export const { expand, hkdf, keysOf } = completed({ extract })
