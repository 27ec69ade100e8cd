/**
 * Files directly from one to another, over any stream of bytes that arrives as it was sent, such as a channel's. docs/protocol.md §8.
 *
 * @example
 * // alice
 * await sendItems(channel.stream(), [{ kind: 'file', name: 'report.pdf', open }], { onFate })
 * // bob
 * await receiveItems(channel.stream(), async (item) => incoming.take(item), { onFate })
 *
 * @module
 */
export { attributesIn } from './attributes.ts'
export { contentOf } from './contents.ts'
export { isName, isPath, SMALL_BYTES } from './frames.ts'
export type {
  Abandoned,
  Attributes,
  Content,
  EntrySource,
  Fate,
  FileSink,
  FileSource,
  Item,
  Limits,
  Refused,
  Source,
  Summary,
  Totals,
  TreeSink,
  TreeSource,
} from './items.ts'
export { DEFAULT_LIMITS, type ReceiveOptions, receiveItems, type Take } from './receive.ts'
export { type SendOptions, sendItems } from './send.ts'
