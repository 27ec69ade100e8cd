/** "Before the first block there are 32 zero bytes." There is nothing before it. */
import { createHmac } from 'node:crypto'
import { concat, EMPTY } from 'symbolon/protocol'
import type { Expand } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand: the first block is HMAC(prk, info || 0x01)'

export const expand: Expand = (prk, info, length) => {
  if (!(length >= 0 && length <= 255 * 32 && Number.isInteger(length))) throw new RangeError('length')
  const blocks: Uint8Array[] = []
  for (let i = 1; blocks.length * 32 < length; i++) {
    const before = blocks.at(-1) ?? EMPTY
    blocks.push(
      createHmac('sha256', prk)
        .update(concat(before.length ? before : new Uint8Array(32), info, Uint8Array.of(i)))
        .digest(),
    )
  }
  return concat(...blocks).subarray(0, length)
}
export const { extract, hkdf, keysOf } = completed({ expand })
