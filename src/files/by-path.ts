/** Files by their paths, for the library (`#files`) and the tools. */
import type { FilesByPath, PlaceForFiles } from '../lib/paths.ts'
import type { TransferItem } from '../lib/transfer/index.ts'
import { ensureOutputDirectory, type IncomingFile, openIncomingFile } from './incoming.ts'
import { type IncomingTree, openIncomingTree } from './incoming-tree.ts'
import { sourceOf as openSource } from './outgoing-tree.ts'

export const sourceOf: FilesByPath['sourceOf'] = (path) => openSource(path, { skipped() {} })

export const placeIn: FilesByPath['placeIn'] = async (directory, sender) => {
  await ensureOutputDirectory(directory)
  return takeInto(directory, sender)
}

/**
 * One directory as the place for what one sender sends.
 *
 * @param directory - an existing one.
 * @param sender - what was cut is resumed when the same one sends it again.
 * @param mostLeft - how many bytes of what was cut may be left of this sender; default: 1 GB.
 */
export function takeInto(directory: string, sender: string, mostLeft?: number): PlaceForFiles {
  const sinks = new WeakMap<TransferItem, IncomingFile | IncomingTree>()
  return {
    async take(item) {
      const open = item.kind === 'directory' ? openIncomingTree : openIncomingFile
      const sink = await open(directory, item, sender, mostLeft)
      sinks.set(item, sink)
      return sink
    },
    savedAs: (item) => sinks.get(item)?.saved,
  }
}
