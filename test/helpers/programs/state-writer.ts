/**
 * Writes for ever, each time two values that belong together, and says on a line what is on disk.
 * A child process of the tests: `state-writer.ts DIRECTORY EXPORT_KEY PREFIX`.
 */
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { ClientState } from '../../../src/state/client-state.ts'
import { bytes } from '../state.ts'

const [, , place = '', exportKey = '', prefix = ''] = process.argv
const state = await ClientState.open(place, Secret.fromText('export key', exportKey), { waitMs: 60_000 })

for (let n = 0; ; ) {
  await state.withState(
    async (store) => {
      // Several to a piece of work: a kill hits opening, writing and closing alike.
      for (const end = n + 3; n < end; n++) {
        const value = bytes(`${prefix}${n} `.repeat(n % 7 === 0 ? 2000 : 1))
        await store.write(
          new Map([
            [`${prefix}/${n}`, value],
            [`${prefix}/last`, bytes(`${n}`)],
          ]),
        )
        process.stdout.write(`${n}\n`)
      }
    },
    { waitMs: 60_000 },
  )
}
