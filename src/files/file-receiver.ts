/**
 * One directory as the place for what somebody sends.
 *
 * @module
 */
import type { FileSink, Item, TreeSink } from '../lib/transfer/index.ts'
import type { Saved } from './claim.ts'
import { IncomingFile } from './incoming.ts'
import { IncomingTree } from './incoming-tree.ts'

export interface Taker {
  /** For `receiveItems`. */
  take(item: Item): Promise<FileSink | TreeSink>
  /** Where something is that was saved. */
  savedAs(item: Item): Saved | undefined
}

/**
 * @param directory - an existing one.
 * @param sender - who it is that sends: what was cut is gone on with when the same one sends it again.
 * @param mostLeft - how many bytes of what was cut may be left of this sender; default: 1 GB.
 */
export function takeInto(directory: string, sender: string, mostLeft?: number): Taker {
  const sinks = new WeakMap<Item, IncomingFile | IncomingTree>()
  return {
    async take(item) {
      const sink =
        item.kind === 'directory'
          ? await IncomingTree.open(directory, item, sender, mostLeft)
          : await IncomingFile.open(directory, item, sender, mostLeft)
      sinks.set(item, sink)
      return sink
    },
    savedAs: (item) => sinks.get(item)?.saved,
  }
}
