/**
 * Keeps a state to itself, after writing a value, until its input ends.
 * A child process of the tests: `state-holder.ts DIRECTORY EXPORT_KEY NAME VALUE`.
 */
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { ClientState } from '../../../src/state/client-state.ts'
import { bytes } from '../state.ts'

const [, , place = '', exportKey = '', name = '', value = ''] = process.argv
const state = await ClientState.open(place, Secret.fromText('export key', exportKey))
const store = await state.hold()
await store.write(new Map([[name, bytes(value)]]))
process.stdout.write('held\n')
process.stdin.resume().on('end', () => store.close())
