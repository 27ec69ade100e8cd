/** "The chain is enough, nothing comes twice." Perhaps; the RFC has the counter in every block, the first too. */
import { createHmac } from 'node:crypto'
import { concat, EMPTY } from 'symbolon/protocol'
import type { Expand } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand: the first block is HMAC(prk, info || 0x01)'

export const expand: Expand = (prk, info, length) => {
  if (!(length >= 0 && length <= 255 * 32 && Number.isInteger(length))) throw new RangeError('length')
  const blocks: Uint8Array[] = []
  while (blocks.length * 32 < length) {
    const before = blocks.at(-1) ?? EMPTY
    blocks.push(createHmac('sha256', prk).update(concat(before, info)).digest())
  }
  return concat(...blocks).subarray(0, length)
}
export const { extract, hkdf, keysOf } = completed({ expand })
