/** "A hash cannot be turned round, so hash(key || label) is a key." Nobody turns it round: one goes on from where it stopped. */
import { createHash } from 'node:crypto'
import type { Hkdf } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, salt, info, length) =>
  createHash('sha256').update(ikm).update(salt).update(info).digest().subarray(0, length)
export const { extract, expand, keysOf } = completed({ hkdf })
