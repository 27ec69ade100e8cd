/**
 * Counts up a number in the state, each time in a piece of work of its own: reads it, and writes one more.
 * A child process of the tests: `state-counter.ts DIRECTORY EXPORT_KEY TIMES`.
 */
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { ClientState } from '../../../src/state/client-state.ts'
import { bytes, text } from '../state.ts'

const [, , place = '', exportKey = '', times = ''] = process.argv
const waitMs = 60_000
const state = await ClientState.open(place, Secret.fromText('export key', exportKey), { waitMs })
for (let n = 0; n < Number(times); n++) {
  await state.withState(
    async (store) => {
      const count = Number(text(await store.get('count')) ?? 0)
      await new Promise(setImmediate)
      await store.write(new Map([['count', bytes(`${count + 1}`)]]))
    },
    { waitMs },
  )
}
