/** "If somebody wants more, I go on." The counter is one byte: after 255 comes 0. */
import { createHmac } from 'node:crypto'
import { concat, EMPTY } from 'symbolon/protocol'
import type { Expand } from '../given.ts'
import { completed } from './shared/completed.ts'

export const breaks = 'expand gives exactly as many bytes as were asked for, or an error'

export const expand: Expand = (prk, info, length) => {
  const blocks: Uint8Array[] = []
  for (let i = 1; blocks.length * 32 < length; i++) {
    const message = concat(blocks.at(-1) ?? EMPTY, info, Uint8Array.of(i))
    blocks.push(createHmac('sha256', prk).update(message).digest())
  }
  return concat(...blocks).subarray(0, length)
}
export const { extract, hkdf, keysOf } = completed({ expand })
