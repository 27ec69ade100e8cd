/**
 * A file whose first line is a secret that somebody would otherwise type.
 *
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { FileError, refuseIfShared } from '../files/private-files.ts'
import { ToolError } from './errors.ts'

/**
 * Reads the first line.
 *
 * @param what - it is, for errors.
 * @throws FileError when others can read the file; ToolError when we cannot.
 */
export function readSecretFile(path: string, what: string): string {
  try {
    // Of a file only: a pipe or a descriptor, such as <(…), has no readers to fear.
    if (statSync(path).isFile()) refuseIfShared(path)
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    throw new ToolError(`cannot read the ${what} file ${path}`, {
      cause,
      hint: `it holds the ${what} on its first line`,
    })
  }
}
