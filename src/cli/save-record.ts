/**
 * What a run of a tool has saved of others' files: one that is told of again is not fetched again, and nobody fills the disk.
 *
 * @module
 */
import { toBase64url } from '../lib/bytes.ts'
import type { FileNote } from '../lib/mls/files.ts'

export class SaveRecord {
  readonly #paths = new Map<string, string>()
  readonly #bytes = new Map<string, number>()

  /** Where a file with these very bytes is. */
  pathOf(note: FileNote): string | undefined {
    return this.#paths.get(keyOf(note))
  }

  /** How many bytes of somebody's files were fetched. */
  bytesOf(sender: string): number {
    return this.#bytes.get(sender) ?? 0
  }

  saved(sender: string, note: FileNote, path: string, fetchedBytes: number): void {
    this.#paths.set(keyOf(note), path)
    this.took(sender, fetchedBytes)
  }

  /** So much more of somebody's files is here. */
  took(sender: string, bytes: number): void {
    this.#bytes.set(sender, this.bytesOf(sender) + bytes)
  }
}

const keyOf = ({ size, sha256 }: FileNote) => `${size} ${toBase64url(sha256)}`
