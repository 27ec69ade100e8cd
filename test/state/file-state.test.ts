/** The state on disk, as programs name it. */
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../src/lib/bytes.ts'
import { fileStateStore } from '../../src/state/client-state.ts'
import { defaultBase, stateDirectory } from '../../src/state/paths.ts'
import { newExportKey, newPlace, text } from '../helpers/state.ts'
import { rejects } from '../helpers/throws.ts'

const test = suite('file state store')
const kdcKey = 'A'.repeat(43)

test('keeps each principal’s state apart, and gives it back to the same password only', async () => {
  const base = dirname(newPlace())
  const alice = { kdcKey, username: 'alice', exportKey: newExportKey() }
  const states = fileStateStore(base)
  assert.not.ok(await states.has(alice))
  const state = await states.open(alice)
  const store = await state.hold()
  await store.write(new Map([['a', utf8('of alice')]]))
  await store.close()
  await state.close()
  assert.ok(await states.has(alice))
  assert.not.ok(await states.has({ ...alice, username: 'bob' }))
  assert.not.ok(await states.has({ ...alice, kdcKey: 'B'.repeat(43) }))
  const again = await fileStateStore(base).open(alice)
  const kept = await again.hold()
  assert.is(text(await kept.get('a')), 'of alice')
  await kept.close()
  await again.close()
  await rejects(Promise.resolve(states.open({ ...alice, exportKey: newExportKey() })), 'state_locked')
})

test('is where the tools keep theirs, unless another place is named', async () => {
  const base = dirname(newPlace())
  const before = process.env.XDG_STATE_HOME
  process.env.XDG_STATE_HOME = base
  try {
    assert.is(defaultBase(), join(base, 'symbolon'))
    const alice = { kdcKey, username: 'alice', exportKey: newExportKey() }
    const state = await fileStateStore().open(alice)
    await state.close()
    assert.ok(await fileStateStore(join(base, 'symbolon')).has(alice))
    assert.match(stateDirectory(defaultBase(), kdcKey, 'alice'), /alice/)
  } finally {
    if (before === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = before
  }
  for (const wrong of ['', 7, null]) {
    assert.throws(
      () => fileStateStore(wrong as string),
      (error: unknown) => error instanceof TypeError && /^fileStateStore: base: /.test(error.message),
    )
  }
})

test.run()
