/**
 * Files by their paths, for the library: `#files`.
 *
 * @module
 */
import type { FilesByPath } from '../lib/paths.ts'
import { takeInto } from './file-receiver.ts'
import { ensureOutputDirectory } from './incoming.ts'
import { sourceOf as openSource } from './outgoing-tree.ts'

export const sourceOf: FilesByPath['sourceOf'] = (path) => openSource(path, { skipped() {} })

export const placeIn: FilesByPath['placeIn'] = async (directory, sender) => {
  await ensureOutputDirectory(directory)
  return takeInto(directory, sender)
}
