/** What is sent, where it comes from, where it goes, and what became of it. */
import type { Readable } from 'node:stream'
import { ProtocolError } from '../errors.ts'

/** What else is said of a file or a directory. A receiver does with it as much as is safe. */
export interface FileAttributes {
  /** Whether its owner may run it; of files only. */
  readonly executable?: boolean | undefined
  /** When it was last changed, in Unix seconds. */
  readonly modifiedAt?: number | undefined
}

/** These alone, of something that has more. */
export function attributesIn({ executable, modifiedAt }: FileAttributes): FileAttributes {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modifiedAt }) }
}

/** What is said of something before it comes. The words are its sender's: nothing here is a path to write to. */
export interface TransferItem extends FileAttributes {
  /** `bytes`: without a name of its own, such as standard input. */
  readonly kind: 'file' | 'directory' | 'bytes'
  /** 1 to 1024 bytes; of an entry of a directory, that directory's. */
  readonly name: string
  /** Where in the directory it is: 1 to 64 names. Only entries of a directory have one. */
  readonly path?: readonly string[] | undefined
  /** In bytes; nothing when it is not known, as of a pipe. Directories have none. */
  readonly size?: number | undefined
}

/** How much a sender says there is in all, where that is known: for people to decide by, and to show how far it is. It is not binding. */
export interface TransferTotals {
  /** Regular files, those in directories too, and what is sent as one. */
  readonly files?: number | undefined
  /** In all of them. */
  readonly bytes?: number | undefined
}

/** What became of an item. */
export type ItemResult =
  | { readonly saved: true }
  | {
      readonly saved: false
      /** A word of docs/errors.md, or one that is not known here. */
      readonly code: string
      /** Whether it is the peer that said so. */
      readonly byPeer: boolean
      /** What went wrong on this side. */
      readonly cause?: unknown
    }

/** What a whole transfer came to. */
export interface TransferSummary {
  /** Items saved; entries of directories count, once their directory is saved, and so does the directory. */
  readonly saved: number
  /** Items not saved. */
  readonly failed: number
  /** Content that crossed the stream: less than the sizes where a transfer was resumed. */
  readonly bytes: number
}

// --- sending ---

/** A content that is open for reading. */
export interface OpenFile extends FileAttributes {
  /** In bytes; nothing when only its end will tell. */
  readonly size?: number | undefined
  /**
   * Reads into the whole of `into`, or less.
   *
   * @param position - from the beginning. Where `size` is unknown it only ever counts on.
   * @returns how many bytes; 0 at the end.
   * @throws a SymbolonError: this item is not sent. Anything else ends the transfer.
   */
  read(into: Uint8Array, position: number): Promise<number>
  /**
   * Asked when all has been read.
   *
   * @throws ProtocolError `file_changed` when it is not what it was when it was opened.
   */
  verify?(): Promise<void>
  /** Called in the end, whatever came of it. */
  close(): Promise<void>
}

/** A file, or bytes, to be sent. It is opened when its turn comes. */
export interface FileSource {
  /** `bytes`: it has no name of its own, such as standard input. */
  readonly kind: 'file' | 'bytes'
  /** 1 to 1024 bytes of UTF-8: no path. */
  readonly name: string
  /** @throws a SymbolonError: this item is not sent. Anything else ends the transfer. */
  open(): Promise<OpenFile>
}

/** An entry of a directory; a directory comes before what is in it. */
export type EntrySource =
  | { readonly kind: 'directory'; readonly path: readonly string[]; readonly modifiedAt?: number | undefined }
  | { readonly kind: 'file'; readonly path: readonly string[]; open(): Promise<OpenFile> }

/** A directory to be sent. */
export interface TreeSource {
  /** `directory`. */
  readonly kind: 'directory'
  /** 1 to 1024 bytes of UTF-8: no path. */
  readonly name: string
  /** When it was last changed, in Unix seconds. */
  readonly modifiedAt?: number | undefined
  /** @throws a SymbolonError: the directory is not sent. */
  entries(): AsyncIterable<EntrySource>
}

/** What is to be sent. */
export type TransferSource = FileSource | TreeSource

// --- receiving ---

/** Why nothing comes of what was begun: the stream was `cut`, and it may be resumed; or it was `given_up`, by either side. */
export type Abandoned = 'cut' | 'given_up'

/** Where a content goes. A SymbolonError that it throws refuses the item, with its code; anything else ends the transfer. */
export interface FileSink {
  /** What an earlier attempt left of it, from the beginning: asked at most once, first, and only where the size is known. */
  held?(): AsyncIterable<Uint8Array>
  /** @param from - how many bytes of what was held are kept: all, or 0. */
  start(from: number): Promise<void>
  /** Whether it has no use for bytes once `write` is done with them: their memory is given back, which saves the garbage collector a lot. */
  readonly copies?: boolean
  /** Takes the next bytes. What it returns, if anything, is waited for. They are its own from then on. */
  write(bytes: Uint8Array): Promise<void> | undefined
  /** All has come, and has this hash. */
  finish(sha256: Uint8Array): Promise<void>
  /** Called where `finish` will not be, or has thrown. */
  abandon(why: Abandoned): Promise<void>
}

/** Where a directory goes. What it throws is judged as with files; the whole directory is refused then. */
export interface TreeSink {
  /** @param path - of a directory whose parent has come before, or is the directory itself. */
  directory(path: readonly string[], attributes: FileAttributes): Promise<void>
  /** @param size - in bytes. @returns where the content goes. */
  file(path: readonly string[], size: number, attributes: FileAttributes): Promise<FileSink>
  /** Every entry has come. */
  finish(): Promise<void>
  /** Called where `finish` will not be, or has thrown. */
  abandon(why: Abandoned): Promise<void>
}

/** Said in place of a sink: the item is not wanted. */
export interface Refused {
  /** Goes to the sender: 1 to 64 of `a-z_`; such as `file_refused`. */
  readonly refused: string
}

/** What a receiver takes. Bytes without a name are passed on, not kept: there is no limit to them. */
export interface TransferLimits {
  /** Of one file. */
  readonly maxFileBytes: number
  /** Files and directories, those in directories too. */
  readonly maxItems: number
  /** Of everything. */
  readonly maxTotalBytes: number
}

/** A file that cannot be sent, because it changes meanwhile. */
export const fileChanged = (how: string) =>
  new ProtocolError('file_changed', `the file is not what it was when its sending began: ${how}`)

const PIECE_BYTES = 64 * 1024

/** What a readable stream gives, to its end; of unknown size. */
export function contentOf(readable: Readable): OpenFile {
  const iterator = readable[Symbol.asyncIterator]()
  let piece = new Uint8Array(0)
  return {
    async read(into) {
      while (piece.length === 0) {
        const { done, value } = await iterator.next()
        if (done) return 0
        piece = value
      }
      const part = piece.subarray(0, into.length)
      into.set(part)
      piece = piece.subarray(part.length)
      return part.length
    },
    async close() {
      // Not by the iterator, which would wait for what is still being read.
      readable.destroy()
    },
  }
}

/**
 * All of a content whose size is known, once, to where reading ends.
 *
 * @throws ProtocolError `file_changed` when it ends elsewhere, or is not what it was when it was opened; what reading it throws.
 */
export async function* contentPieces(
  content: OpenFile & { readonly size: number },
): AsyncGenerator<Uint8Array> {
  let position = 0
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES)
    const bytes = await content.read(piece, position)
    if (bytes === 0) break
    position += bytes
    yield piece.subarray(0, bytes)
  }
  if (position !== content.size) {
    throw fileChanged('a program wrote to it')
  }
  await content.verify?.()
}
