/**
 * What a run of a tool has saved of others' files: one that is told of again is not fetched again, and no sender fills the disk.
 *
 * @module
 */
import { toBase64url } from '../../lib/bytes.ts'
import type { FileNote } from '../../lib/mls/files.ts'

/** What one transfer may fill. */
export interface Reservation {
  /** @returns whether there was room for so much more. */
  reserve(bytes: number): boolean
  /** So much of it has been saved. */
  took(bytes: number): void
  /** The transfer is over: only what it saved still counts. */
  end(): void
}

export class SaveRecord {
  readonly #paths = new Map<string, string>()
  readonly #bytes = new Map<string, number>()
  readonly #reserved = new Map<string, number>()

  /** Where a file with these very bytes is. */
  pathOf(note: FileNote): string | undefined {
    return this.#paths.get(keyOf(note))
  }

  /** How many bytes of a sender's files are here, or may be under way. */
  bytesOf(sender: string): number {
    return (this.#bytes.get(sender) ?? 0) + (this.#reserved.get(sender) ?? 0)
  }

  /** Room for one transfer, of several that one sender may have under way at the same time. */
  reservation(sender: string, most: number): Reservation {
    let reserved = 0
    let taken = 0
    const change = (bytes: number) => {
      reserved += bytes
      this.#reserved.set(sender, (this.#reserved.get(sender) ?? 0) + bytes)
    }
    return {
      reserve: (bytes) => {
        if (this.bytesOf(sender) + bytes > most) return false
        change(bytes)
        return true
      },
      took: (bytes) => {
        taken += bytes
      },
      end: () => {
        change(-reserved)
        this.took(sender, taken)
        taken = 0
      },
    }
  }

  saved(sender: string, note: FileNote, path: string, fetchedBytes: number): void {
    this.#paths.set(keyOf(note), path)
    this.took(sender, fetchedBytes)
  }

  /** So much more of a sender's files is here. */
  took(sender: string, bytes: number): void {
    this.#bytes.set(sender, (this.#bytes.get(sender) ?? 0) + bytes)
  }
}

const keyOf = ({ size, sha256 }: FileNote) => `${size} ${toBase64url(sha256)}`
