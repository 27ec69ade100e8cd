/** "1 is 1." The digit is the byte 0x31. */
import { createHmac } from 'node:crypto'
import { concat, EMPTY, utf8 } from 'symbolon/protocol'
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
        .update(concat(before, info, utf8(String(i))))
        .digest(),
    )
  }
  return concat(...blocks).subarray(0, length)
}
export const { extract, hkdf, keysOf } = completed({ expand })
