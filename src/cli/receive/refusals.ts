/**
 * Telling of refused connections, without letting whoever connects fill the terminal or the disk with it.
 *
 * @module
 */
import type { Refusal } from '../../lib/channel/listen.ts'
import type { Output } from '../terminal/output.ts'

const PER_INTERVAL = 5
const INTERVAL_MS = 1_000

/** @returns what tells of each refusal, or of how many there were. */
export function refusalReporter(output: Output): (refusal: Refusal) => void {
  let told = 0
  let untold = 0
  const summarise = () => {
    if (untold > 0) output.event('refused_more', { count: untold }, `refused ${untold} more connections`)
    told = 0
    untold = 0
  }
  return ({ address, error }) => {
    if (told === 0) setTimeout(summarise, INTERVAL_MS).unref()
    if (told >= PER_INTERVAL) {
      untold++
      return
    }
    told++
    const line = `refused a connection from ${address}: ${error.message} (${error.code})`
    output.event('refused', { address, code: error.code }, line)
  }
}
