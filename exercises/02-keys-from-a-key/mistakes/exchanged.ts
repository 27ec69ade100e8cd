/** "The key is the key." In extract it is the other way round: the salt is the HMAC's key, the secret is its message. */
import { createHmac } from 'node:crypto'
import type { Extract } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'extract is one HMAC: the salt is its key, the ikm its message'

export const extract: Extract = (salt, ikm) => createHmac('sha256', ikm).update(salt).digest()
export const { expand, hkdf, keysOf } = completed({ extract })
