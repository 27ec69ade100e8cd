/**
 * What can be wrong with a file.
 *
 * @module
 */
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'

/** A file that others could read or replace though there is a secret in it; or one that cannot be read, saved or put in its place. */
export class FileError extends SymbolonError {
  /** `FileError`. */
  override readonly name = 'FileError'
  /** What cannot be done with the file. */
  readonly code: (typeof ERROR_CODES.file)[number]

  /** @param message - names the file. */
  constructor(code: FileError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
