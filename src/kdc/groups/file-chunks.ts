/**
 * What a file consists of that is stored: chunks of one length, and a last one, each with its authentication tag. Its length says
 * how many they are, and how long each is. docs/protocol.md §7.4.
 *
 * @module
 */

/** A whole chunk, in bytes: 256 KiB, and the tag. */
export const CHUNK_BYTES = 256 * 1024 + 16
/** Of a chunk in which nothing is: the only one of an empty file. */
export const TAG_BYTES = 16

/** The number of chunks of a file with so many bytes, tags included. */
export const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES))

/** The length of a chunk, in bytes; 0 for one that the file does not have. */
export function chunkBytes(bytes: number, index: number): number {
  return Math.max(0, Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES))
}

/** Whether there are chunks which have so many bytes together: the last one is empty in an empty file only. */
export function isFileLength(bytes: number): boolean {
  const last = chunkBytes(bytes, chunkCount(bytes) - 1)
  return last > TAG_BYTES || bytes === TAG_BYTES
}
