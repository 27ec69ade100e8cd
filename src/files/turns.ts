/** Small files are read and made at once, in the event loop: others are not to wait for it for more than a few milliseconds. */
import { turn } from '../lib/pacing/event-loop.ts'

/** So much at once. */
const SHARE_BYTES = 1024 * 1024
/** What a file costs besides its bytes, in bytes. */
const FILE_COST_BYTES = 32 * 1024

let done = 0

/** To be called for each file or directory, with what was read or written of it: lets others have their turn when it is time. */
export async function afterEntry(bytes = 0): Promise<void> {
  done += FILE_COST_BYTES + bytes
  if (done < SHARE_BYTES) return
  done = 0
  await turn()
}
