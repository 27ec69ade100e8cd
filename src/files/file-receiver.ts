/**
 * One directory as the place for what somebody sends.
 *
 * @module
 */
import type { FileSink, TransferItem, TreeSink } from '../lib/transfer/index.ts'
import type { Saved } from './claim.ts'
import { IncomingFile } from './incoming.ts'
import { IncomingTree } from './incoming-tree.ts'

export interface FileReceiver {
  /** For `receiveItems`. */
  take(item: TransferItem): Promise<FileSink | TreeSink>
  /** Where something is that was saved. */
  savedAs(item: TransferItem): Saved | undefined
}

/**
 * @param directory - an existing one.
 * @param sender - who it is that sends: what was cut is gone on with when the same one sends it again.
 * @param mostLeft - how many bytes of what was cut may be left of this sender; default: 1 GB.
 */
export function takeInto(directory: string, sender: string, mostLeft?: number): FileReceiver {
  const sinks = new WeakMap<TransferItem, IncomingFile | IncomingTree>()
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
