/** "HMAC has no such weakness, so I join salt and info." Where one ends and the other begins is lost. */
import { createHmac } from 'node:crypto'
import type { Hkdf } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'hkdf gives what RFC 5869 says, and nobody gets from one of its keys to another'

export const hkdf: Hkdf = (ikm, salt, info, length) =>
  createHmac('sha256', ikm).update(salt).update(info).digest().subarray(0, length)
export const { extract, expand, keysOf } = completed({ hkdf })
