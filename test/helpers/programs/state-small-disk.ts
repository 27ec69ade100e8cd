/**
 * A state on a disk that becomes full, and then read-only. A child process of disk.test.ts, as root of a user namespace of its own:
 * `state-small-disk.ts DIRECTORY EXPORT_KEY (full|readonly|again)`, where a file system of half a megabyte is mounted.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { ClientState } from '../../../src/state/client-state.ts'
import { all, allIn, bytes, put } from '../state.ts'
import { rejects } from '../throws.ts'

const [, , disk = '', key = '', phase] = process.argv
const place = join(disk, 'alice')
const exportKey = Secret.fromText('export key', key)

if (phase === 'full') {
  // Full, before there is a state.
  const ballast = join(disk, 'ballast')
  const fill = () => {
    try {
      writeFileSync(ballast, new Uint8Array(1 << 20))
    } catch {}
  }
  fill()
  await rejects(ClientState.open(place, exportKey), 'state_unavailable')
  rmSync(ballast)
  const state = await ClientState.open(place, exportKey)
  const reserve = join(disk, 'reserve')
  writeFileSync(reserve, new Uint8Array(128 << 10))

  // Full, in the middle of the work.
  const written: Record<string, string> = {}
  const full = await state
    .withState(async (store) => {
      for (let n = 0; ; n++) {
        const value = `${n} `.repeat(3000)
        await store.write(
          new Map([
            [`a${n}`, bytes(value)],
            ['last', bytes(`${n}`)],
          ]),
        )
        Object.assign(written, { [`a${n}`]: value, last: `${n}` })
      }
    })
    .catch((error) => error)
  assert.is(full.code, 'state_unavailable', full)
  assert.match(full.message, place)
  assert.match(full.message, 'full')
  assert.ok(Object.keys(written).length > 5, 'there was room for something')
  assert.equal(await all(state), written)
  fill()
  await rejects(put(state, { more: 'x'.repeat(50_000) }), 'state_unavailable')
  assert.equal(await all(await ClientState.open(place, exportKey)), written)
  rmSync(ballast)
  // Room is made.
  rmSync(reserve)
  await put(state, { a0: null, a1: null })
  const { a0: _a0, a1: _a1, ...left } = written
  assert.equal(await all(state), left)
  await put(state, { more: 'room again' })
  await state.close()
} else if (phase === 'readonly') {
  await rejects(ClientState.open(place, exportKey), 'state_unavailable')
  await rejects(ClientState.open(join(disk, 'bob'), exportKey), 'state_unavailable')
} else {
  const { more, ...left } = await allIn(place, exportKey)
  assert.is(more, 'room again')
  assert.ok(Object.keys(left).length > 5)
  process.stdout.write('nothing was lost\n')
}
