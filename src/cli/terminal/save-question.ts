/**
 * What a person is asked about a transfer, once for all of it.
 *
 * @module
 */
import type { Totals, TransferItem } from '../../lib/transfer/index.ts'
import { arrivalText, nameText, shownName } from './file-result.ts'

/**
 * `alice wants to send a.jpg and 2 more (3 files, 1.2 GB). Save them?`
 *
 * @param item - the first of it.
 * @param totals - how much there is, as its sender says.
 */
export function questionAbout(from: string, item: TransferItem, totals: Totals): string {
  return `${from} wants to send ${whatOf(item, totals)}?`
}

function whatOf(item: TransferItem, { files, bytes }: Totals): string {
  const name = nameText(shownName(item))
  if (item.kind === 'directory') {
    // Whether anything comes beside it was not said.
    const whole = arrivalText({ kind: 'directory', name: `the directory ${name}`, files, size: bytes })
    return `${whole}. Save it, and what comes with it`
  }
  const first = arrivalText({ ...item, name })
  if (files === undefined || files < 1) return `${first}. Save it, and what comes with it`
  if (files === 1) return `${first}. Save it`
  return `${arrivalText({ kind: 'file', name: `${name} and ${files - 1} more`, files, size: bytes })}. Save them`
}
