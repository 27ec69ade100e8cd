/**
 * How a file is encrypted: in chunks, each sealed for its place, so that none can be left out, repeated or moved, and none after the last
 * is missed. STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015), as age's payload has it (https://age-encryption.org/v1),
 * with longer chunks. docs/protocol.md §7.7.
 *
 * @module
 */

import { EMPTY, fromBase64url } from '../bytes.ts'
import { open, seal, TAG_BYTES } from '../crypto/aead.ts'
import { hkdf } from '../crypto/hkdf.ts'
import type { Secret } from '../crypto/secret.ts'

/** Plaintext of each chunk but the last. */
export const CHUNK_BYTES = 256 * 1024
export const FILE_ID_BYTES = 16

const INFO = 'symbolon/1 file'
const NONCE_BYTES = 12

/** How many chunks a file of `size` bytes has: one, if it is empty. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK_BYTES))
}

/** The length of all sealed chunks together. */
export function sealedBytes(size: number): number {
  return size + chunkCount(size) * TAG_BYTES
}

/** Seals or opens the chunks of one file. */
export class FileStream {
  readonly #key: Uint8Array
  readonly #size: number
  readonly #last: number

  /**
   * @param file - the file's id, in base64url.
   * @param fileKey - of this file alone.
   * @param size - bytes of plaintext.
   */
  constructor(file: string, fileKey: Secret, size: number) {
    const salt = fromBase64url(file, { name: 'file', length: FILE_ID_BYTES })
    this.#key = hkdf(fileKey.reveal(), salt, INFO)
    this.#size = size
    this.#last = chunkCount(size) - 1
  }

  /** How many bytes the sealed chunk `index` has. */
  sealedLength(index: number): number {
    const plaintext = index < this.#last ? CHUNK_BYTES : this.#size - this.#last * CHUNK_BYTES
    return plaintext + TAG_BYTES
  }

  /** Seals a chunk: each index once, because the key and the index are all that the nonce comes from. */
  seal(index: number, plaintext: Uint8Array): Uint8Array {
    return seal(this.#key, this.#nonce(index), EMPTY, plaintext)
  }

  /** @throws ProtocolError `decryption_failed` when it is not chunk `index` of a file of this key and number of chunks. */
  open(index: number, sealed: Uint8Array): Uint8Array {
    return open(this.#key, this.#nonce(index), EMPTY, sealed)
  }

  wipe(): void {
    this.#key.fill(0)
  }

  /** `u88 index || u8 last`, big-endian. */
  #nonce(index: number): Uint8Array {
    const nonce = new Uint8Array(NONCE_BYTES)
    new DataView(nonce.buffer).setBigUint64(NONCE_BYTES - 9, BigInt(index))
    nonce[NONCE_BYTES - 1] = index === this.#last ? 1 : 0
    return nonce
  }
}
