/** OPAQUE's export_key (RFC 9807 §10.4): what only the client can make of the password. */
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../src/lib/bytes.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { TransportError } from '../../src/lib/errors.ts'
import type { Session } from '../../src/lib/session.ts'
import { accountOf } from '../helpers/account.ts'
import { rejects, throws } from '../helpers/throws.ts'

const test = suite('export key')

const keyOf = (session: Session) => session.exportKey.toText()

test('is the same at every login, and that of the registration', async () => {
  const { enter, first } = await accountOf('dora', 'pw')
  const again = await enter('pw')
  assert.is(first.exportKey.reveal().length, 64)
  assert.is(keyOf(again), keyOf(first))
  const before = keyOf(again)
  await again.renew()
  assert.is(keyOf(again), before)
  assert.is(again.kdcKey.length, 43)
  assert.is(again.kdcKey, first.kdcKey)
})

test('is another for another principal, and after any change of the password', async () => {
  const { enter } = await accountOf('dora', 'pw')
  const emil = await accountOf('emil', 'pw')
  const dora = await enter('pw')
  const keys = [keyOf(emil.first), keyOf(dora)]
  for (const password of ['another', 'another', 'pw']) {
    const told: string[] = []
    await dora.changePassword(password, { onNewExportKey: (key) => void told.push(key.toText()) })
    assert.equal(told, [keyOf(dora)], 'the session has the new one')
    assert.is(keyOf(await enter(password)), keyOf(dora), 'as every login has from now on')
    keys.push(keyOf(dora))
  }
  assert.is(new Set(keys).size, keys.length)
})

test('the new one is told before the KDC has the new record, which waits for it', async () => {
  const { enter, kdc } = await accountOf('dora', 'pw')
  const dora = await enter('pw')
  const before = (await kdc.store.accounts.find('dora'))?.record
  const order: string[] = []
  const watched = await enter('pw', (path, pass) => {
    order.push(path)
    return pass()
  })
  order.length = 0
  await watched.changePassword('new', {
    onNewExportKey: async () => {
      await new Promise(setImmediate)
      assert.is((await kdc.store.accounts.find('dora'))?.record, before)
      order.push('told')
    },
  })
  assert.equal(order, ['/password/start', 'told', '/password/finish'])
  // It logs in again, with the password of before.
  await rejects(dora.sessions(), 'login_refused')
})

test('if whoever is told refuses, the password stays, and the key of the session too', async () => {
  const { enter } = await accountOf('dora', 'pw')
  const dora = await enter('pw')
  const before = keyOf(dora)
  const refusal = Object.assign(new Error('no'), { code: 'mine' })
  let told: Secret | undefined
  const onNewExportKey = async (key: Secret) => {
    told = key
    throw refusal
  }
  await rejects(dora.changePassword('new', { onNewExportKey }), 'mine')
  assert.is(keyOf(dora), before)
  assert.is(keyOf(await enter('pw')), before)
  assert.throws(() => told?.reveal(), TypeError)
})

test('if the answer is lost, that the new password holds is found out, and its key is the session’s', async () => {
  const { enter } = await accountOf('dora', 'pw')
  const before = keyOf(await enter('pw'))
  const dora = await enter('pw', async (path, pass) => {
    const reply = await pass()
    if (path === '/password/finish') throw new TransportError('kdc_unreachable', 'lost')
    return reply
  })
  await dora.changePassword('new')
  assert.is.not(keyOf(dora), before)
  assert.is(keyOf(dora), keyOf(await enter('new')))
})

test('does not print, and is gone after close', async () => {
  const { first } = await accountOf('dora', 'pw')
  const key = first.exportKey
  const bytes = key.reveal()
  const hidden = toBase64url(bytes)
  for (const shown of [`${key}`, JSON.stringify({ key }), inspect(key), inspect(first, { depth: 9 })]) {
    assert.not.ok(shown.includes(hidden.slice(0, 10)))
  }
  assert.is(`${key}`, '[export key]')
  await first.close()
  assert.equal([...bytes], Array(64).fill(0))
  assert.throws(() => key.reveal(), TypeError)
  throws(() => first.exportKey, 'token_expired')
  throws(() => first.kdcKey, 'token_expired')
})

test('the old one is gone after a change', async () => {
  const { first } = await accountOf('dora', 'pw')
  const old = first.exportKey
  await first.changePassword('new')
  assert.throws(() => old.reveal(), TypeError)
  assert.ok(first.exportKey.reveal().some((byte) => byte !== 0))
})

test.run()
