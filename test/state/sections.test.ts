/** One state, several processes: nothing that was acknowledged is lost, whoever is killed, and no two have it at once. */
import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ClientState } from '../../src/state/client-state.ts'
import { all, allIn, bytes, newExportKey, newPlace, put, startChild, stateWith } from '../helpers/state.ts'
import { rejects } from '../helpers/throws.ts'

const sections = suite('client state, several processes')

sections(
  'loses nothing it acknowledged when the process is killed, nor half of what belongs together',
  async () => {
    const { place, exportKey } = await stateWith()
    // Other moments at every run of the tests.
    for (const prefix of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const { child, next, rest, ended } = startChild('state-writer', place, exportKey.toText(), prefix)
      const count = 1 + Math.floor(Math.random() * 60)
      for (let n = 0; n < count; n++) await next()
      // Not only right after a line.
      for (let turn = Math.random() * 30; turn > 0; turn--) await new Promise(setImmediate)
      child.kill('SIGKILL')
      const last = Number((await rest()).at(-1) ?? count - 1)
      await ended
      const kept = await allIn(place, exportKey)
      for (let n = 0; n <= last; n++)
        assert.ok(kept[`${prefix}/${n}`]?.startsWith(`${prefix}${n} `), `${prefix}${n}`)
      // What was not acknowledged is there as a whole or not at all.
      const found = Object.keys(kept).filter((name) => new RegExp(`^${prefix}/\\d`).test(name)).length
      assert.is(kept[`${prefix}/last`], `${found - 1}`)
      assert.ok(found - 1 === last || found - 1 === last + 1)
    }
  },
)

sections('is made once by all who open it at once', async () => {
  const place = newPlace()
  const exportKey = newExportKey()
  const writers = ['a', 'b', 'c'].map((prefix) =>
    startChild('state-writer', place, exportKey.toText(), prefix),
  )
  const mine = ClientState.open(place, exportKey, { waitMs: 60_000 })
  for (const { next } of writers) assert.is(await next(), '0')
  for (const { child } of writers) child.kill('SIGKILL')
  await Promise.all(writers.map(({ ended }) => ended))
  const kept = await all(await mine)
  for (const prefix of ['a', 'b', 'c']) assert.ok(kept[`${prefix}/0`])
  assert.is(readdirSync(place).filter((name) => name.startsWith('key.')).length, 1)
})

sections('a receiver and a sender take turns, and neither sees half of the other’s work', async () => {
  const { place, exportKey, state } = await stateWith({ count: '0' })
  const counters = [1, 2].map(() => startChild('state-counter', place, exportKey.toText(), '40'))
  for (let n = 0; n < 40; n++) {
    await state.withState(
      async (store) => {
        const count = Number(Buffer.from((await store.get('count')) ?? []).toString())
        await new Promise(setImmediate)
        await store.write(new Map([['count', bytes(`${count + 1}`)]]))
      },
      { waitMs: 60_000 },
    )
  }
  await Promise.all(counters.map(({ ended }) => ended))
  assert.equal(await all(state), { count: '120' })
})

sections('while one has it another is told so at once, and may wait', async () => {
  const { place, exportKey, state } = await stateWith()
  const holder = startChild('state-holder', place, exportKey.toText(), 'a', 'b')
  assert.is(await holder.next(), 'held')
  await rejects(state.hold({ waitMs: 0 }), 'state_busy')
  await rejects(ClientState.open(place, exportKey, { waitMs: 0 }), 'state_busy')
  await rejects(
    state.withState(async () => {}, { waitMs: 1 }),
    'state_busy',
  )
  const error = await state.hold({ waitMs: 0 }).catch(String)
  assert.match(String(error), place)
  let done = false
  const waiting = state
    .withState(async (store) => store.list(''))
    .then((names) => {
      done = true
      return names
    })
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  assert.is(done, false)
  holder.child.stdin.end()
  assert.equal(await waiting, ['a'])
  await holder.ended
})

sections('the lock of a killed process is gone with it', async () => {
  const { place, exportKey, state } = await stateWith()
  const holder = startChild('state-holder', place, exportKey.toText(), 'a', 'b')
  assert.is(await holder.next(), 'held')
  await rejects(state.hold({ waitMs: 0 }), 'state_busy')
  holder.child.kill('SIGKILL')
  await holder.ended
  const store = await state.hold({ waitMs: 0 })
  assert.equal(await store.list(''), ['a'])
  await store.close()
})

sections('two in one process keep each other out as well', async () => {
  const { place, exportKey, state } = await stateWith()
  const other = await ClientState.open(place, exportKey)
  const store = await state.hold()
  await rejects(other.hold({ waitMs: 0 }), 'state_busy')
  await rejects(ClientState.open(place, exportKey, { waitMs: 0 }), 'state_busy')
  // And what was refused has not undone the lock for others.
  const child = startChild('state-counter', place, exportKey.toText(), '1')
  await store.write(new Map([['count', bytes('7')]]))
  await rejects(
    state.withState(async () => {}, { waitMs: 0 }),
    'state_busy',
  )
  await store.write(new Map([['count', bytes('8')]]))
  await store.close()
  await child.ended
  assert.equal(await all(other), { count: '9' })
  await put(other, { count: null })
  assert.equal(await all(state), {})
})

sections.run()
