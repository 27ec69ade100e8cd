/**
 * What a file consists of that is stored: chunks of one length, and a last one, each with its authentication tag. Its length says
 * how many they are, and how long each is. docs/protocol.md §7.4.
 *
 * @module
 */

import { TAG_BYTES } from '../../lib/crypto/aead.ts'

/** A whole chunk, in bytes: 256 KiB, and the tag, which is all there is of the only chunk of an empty file. */
export const SEALED_CHUNK_BYTES = 256 * 1024 + TAG_BYTES

/** The number of chunks of a file with so many bytes, tags included. */
export const sealedChunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / SEALED_CHUNK_BYTES))

/** The length of a chunk, in bytes; 0 for one that the file does not have. */
export function sealedChunkBytes(bytes: number, index: number): number {
  return Math.max(0, Math.min(SEALED_CHUNK_BYTES, bytes - index * SEALED_CHUNK_BYTES))
}

/** Whether there are chunks which have so many bytes together: the last one is empty in an empty file only. */
export function isFileLength(bytes: number): boolean {
  const last = sealedChunkBytes(bytes, sealedChunkCount(bytes) - 1)
  return last > TAG_BYTES || bytes === TAG_BYTES
}
