/**
 * One directory as the place for what one sender sends.
 *
 * @module
 */
import type { PlaceForFiles } from '../lib/paths.ts'
import type { TransferItem } from '../lib/transfer/index.ts'
import { type IncomingFile, openIncomingFile } from './incoming.ts'
import { IncomingTree } from './incoming-tree.ts'

/**
 * @param directory - an existing one.
 * @param sender - what was cut is resumed when the same one sends it again.
 * @param mostLeft - how many bytes of what was cut may be left of this sender; default: 1 GB.
 */
export function takeInto(directory: string, sender: string, mostLeft?: number): PlaceForFiles {
  const sinks = new WeakMap<TransferItem, IncomingFile | IncomingTree>()
  return {
    async take(item) {
      const open = item.kind === 'directory' ? IncomingTree.open : openIncomingFile
      const sink = await open(directory, item, sender, mostLeft)
      sinks.set(item, sink)
      return sink
    },
    savedAs: (item) => sinks.get(item)?.saved,
  }
}
