/**
 * Files directly from one to another, over any stream of bytes that arrives as it was sent, such as a channel's. docs/protocol.md §8.
 *
 * @example
 * // alice
 * await sendItems(channel.stream(), [{ kind: 'file', name: 'report.pdf', open }], { onResult })
 * // bob
 * await receiveItems(channel.stream(), async (item) => incoming.take(item), { onResult })
 */
export { isPath, SMALL_BYTES } from './frames.ts'

export {
  type Abandoned,
  type Attributes,
  attributesIn,
  type Content,
  contentOf,
  contentPieces,
  type EntrySource,
  type FileSink,
  type FileSource,
  type ItemResult,
  type Limits,
  type Refused,
  type Source,
  type Summary,
  type Totals,
  type TransferItem,
  type TreeSink,
  type TreeSource,
} from './items.ts'

export type { LinkOptions } from './link.ts'
export { type AcceptItem, type ReceiveItemsOptions, receiveItems } from './receive.ts'
export { type SendItemsOptions, sendItems } from './send.ts'
