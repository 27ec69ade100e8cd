import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { StoreError } from '../../src/database/database.ts'
import { purge } from '../../src/kdc/create-kdc.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { at, START, secretOf, testKdc } from '../helpers/kdc.ts'

const purging = suite('purge')

purging('frees the sessions that have expired, and says how many', async () => {
  const { store, log, login, time } = await testKdc({ sessionLifetimeSec: 100 })
  await login('alice')
  time.now += 50
  const token = await login('bob')
  time.now += 50
  await purge(store, () => at(time.now), log)
  assert.equal(log.events.at(-1), { event: 'purged', fields: { sessions: 1 } })
  assert.ok(await store.sessions.find(sessionId(secretOf(token))))
})

purging('frees those that were not used for too long', async () => {
  const { store, log, login, time } = await testKdc()
  const token = await login('alice')
  time.now += 3600
  await login('bob')
  await purge(store, () => at(time.now), log)
  assert.equal(log.events.at(-1), { event: 'purged', fields: { sessions: 1 } })
  assert.is(await store.sessions.find(sessionId(secretOf(token))), undefined)
})

purging('says nothing when there is nothing to free', async () => {
  const { store, log } = await testKdc()
  await purge(store, () => at(START), log)
  assert.equal(log.events, [])
})

purging('outlives a store that cannot be used', async () => {
  const { store, log } = await testKdc()
  const error = new StoreError('store_unavailable', 'locked')
  store.purge = () => Promise.reject(error)
  await purge(store, () => at(START), log)
  assert.equal(log.events, [{ event: 'purge_failed', fields: { err: error } }])
})

purging.run()
