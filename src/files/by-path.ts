/**
 * Files by their paths, for the library: `#files`.
 *
 * @module
 */
import type { FilesByPath } from '../lib/paths.ts'
import { ensureOutputDirectory } from './incoming.ts'
import { sourceOf as openSource } from './outgoing-tree.ts'
import { takeInto } from './take.ts'

export const sourceOf: FilesByPath['sourceOf'] = (path) => openSource(path, { skipped() {} })

export const placeIn: FilesByPath['placeIn'] = async (directory, sender) => {
  await ensureOutputDirectory(directory)
  return takeInto(directory, sender)
}
