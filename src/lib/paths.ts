/**
 * Files by their paths. The library itself touches none: what does is taken where the platform has files, and when the first path comes.
 */
import type { FileSink, TransferItem, TransferSource, TreeSink } from './transfer/index.ts'

/** What is done with paths; on Node, `src/files/by-path.ts`. */
export interface FilesByPath {
  /** A file or a directory to be sent. @throws FileError `file_not_readable` */
  sourceOf(path: string): Promise<TransferSource>
  /**
   * A directory as the place for what one sender sends; it is made if there is none.
   *
   * @throws FileError `file_not_saved`
   */
  placeIn(directory: string, sender: string): Promise<PlaceForFiles>
}

/** Where files that others send are saved. */
export interface PlaceForFiles {
  /** For `receiveItems`. */
  take(item: TransferItem): Promise<FileSink | TreeSink>
  /** Where something is that was saved. */
  savedAs(item: TransferItem): SavedFile | undefined
}

/** Where a file is that was saved. */
export interface SavedFile {
  /** In the directory that was given. */
  readonly path: string
  /** The very same was there before. */
  readonly already: boolean
}

/** A path, or a source of another kind. */
export type PathOrSource = string | TransferSource

export async function filesByPath(): Promise<FilesByPath> {
  return import('#files')
}

/** @throws TypeError; FileError `file_not_readable` */
export async function sourceFrom(where: string, file: PathOrSource): Promise<TransferSource> {
  if (typeof file === 'string') {
    if (file === '') throw new TypeError(`${where}: expected a path, got an empty string`)
    return (await filesByPath()).sourceOf(file)
  }
  const { kind, name } = (file ?? {}) as Partial<TransferSource>
  const opens = kind === 'directory' ? 'entries' : 'open'
  const isSource =
    (kind === 'file' || kind === 'bytes' || kind === 'directory') &&
    typeof name === 'string' &&
    typeof (file as unknown as Record<string, unknown>)[opens] === 'function'
  if (!isSource) throw new TypeError(`${where}: expected a path, or a source with kind, name and ${opens}()`)
  return file
}
