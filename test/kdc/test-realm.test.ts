/** A realm for the tests of other programs. */
import { createServer } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTestRealm } from '../../src/kdc/index.ts'
import { register } from '../../src/lib/register.ts'
import { login } from '../../src/lib/session.ts'
import { rejects, throws } from '../helpers/throws.ts'

const test = suite('test realm')

test('accounts log in, reach each other, and nothing is left when it is closed', async () => {
  const realm = await startTestRealm({ accounts: ['alice', 'bob'] })
  const texts: string[] = []
  {
    await using bob = await login(realm.url, 'bob', realm.passwords.bob)
    assert.is(bob.kdcKey, realm.publicKey)
    await using _presence = await bob.listen({
      onChannel: async (channel) => {
        for await (const { text } of channel) texts.push(`${channel.peer.username}: ${text}`)
      },
    })
    await using alice = await realm.login('alice')
    await using channel = await alice.connect('bob')
    await channel.send('hello')
  }
  assert.equal(texts, ['alice: hello'])
  await realm.close()
  await rejects(login(realm.url, 'alice', realm.passwords.alice), 'kdc_unreachable')
})

test('await using ends sessions, channels and presences, once', async () => {
  await using realm = await startTestRealm({ accounts: ['alice', 'bob'] })
  const alice = await realm.login('alice')
  const bob = await realm.login('bob')
  const presence = await bob.listen({ onChannel: async (channel) => void (await channel.receive()) })
  const channel = await alice.connect('bob')
  await channel[Symbol.asyncDispose]()
  await channel.closed
  await channel[Symbol.asyncDispose]()
  await presence[Symbol.asyncDispose]()
  await presence[Symbol.asyncDispose]()
  await rejects(alice.connect('bob'), 'receiver_offline')
  const watcher = await realm.login('alice')
  assert.is((await watcher.sessions()).length, 2)
  await alice[Symbol.asyncDispose]()
  await alice[Symbol.asyncDispose]()
  assert.is((await watcher.sessions()).length, 1)
})

test('a session of a KDC that is gone is disposed of in peace', async () => {
  const realm = await startTestRealm({ accounts: ['alice'] })
  const alice = await login(realm.url, 'alice', realm.passwords.alice)
  await realm.close()
  await realm.close()
  await alice[Symbol.asyncDispose]()
  // What it had is wiped.
  throws(() => alice.token, 'token_expired')
})

test('what has happened in one realm is not known in another', async () => {
  await using one = await startTestRealm({ accounts: ['alice'] })
  await using other = await startTestRealm({ accounts: ['alice'] })
  assert.is.not(one.publicKey, other.publicKey)
  await rejects(login(other.url, 'alice', one.passwords.alice), 'login_refused')
})

test('time is as the test says, for the KDC and its clients', async () => {
  let now = 1_700_000_000
  await using realm = await startTestRealm({
    accounts: ['alice', 'bob'],
    clock: () => now,
    sessionLifetimeSec: 600,
  })
  const alice = await realm.login('alice')
  assert.is(alice.expiresAt, now + 600)
  const { token } = alice
  now += 601
  await rejects(alice.announce(1), 'token_expired')
  // What is asked for next logs in anew.
  await alice.sessions()
  assert.is.not(alice.token, token)
  assert.is(alice.expiresAt, now + 600)
})

test('a guess in ten thousand is not what a test is stopped by, unless it wants to be', async () => {
  await using realm = await startTestRealm({ accounts: ['alice'], loginTries: 2 })
  const guess = () => login(realm.url, 'alice', 'wrong')
  await rejects(guess(), 'login_refused')
  await rejects(guess(), 'login_refused')
  await rejects(guess(), 'too_many_attempts')
  await using patient = await startTestRealm({ accounts: ['alice'] })
  for (let i = 0; i < 11; i++) await rejects(login(patient.url, 'alice', 'wrong'), 'login_refused')
})

test('more accounts are made by the test, by anybody, or by invitation', async () => {
  await using realm = await startTestRealm()
  await realm.addAccount('carol', 'a password of hers')
  await rejects(realm.addAccount('carol', 'another'), 'account_exists')
  await (await login(realm.url, 'carol', 'a password of hers')).logout()
  await realm.changePassword('carol', 'another')
  await rejects(login(realm.url, 'carol', 'a password of hers'), 'login_refused')
  await (await register(realm.url, 'dave', 'his password')).logout()

  await using invited = await startTestRealm({ registration: 'invitation' })
  await rejects(register(invited.url, 'dave', 'his password'), 'invitation_required')
  const invitation = await invited.invite('dave')
  await (await register(invited.url, 'dave', 'his password', { invitation })).logout()
  await rejects(invited.invite('dave'), 'account_exists')
})

test('a port that is taken is told, and nothing is left running', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await rejects(startTestRealm({ accounts: ['alice'], port }), 'EADDRINUSE')
  server.close()
})

test('wrong arguments are named', async () => {
  const wrong: [unknown, RegExp][] = [
    [null, /startTestRealm: options/],
    [{ accounts: 'alice' }, /options\.accounts: expected an array/],
    [{ accounts: [1] }, /options\.accounts\[0\]/],
    [{ account: ['alice'] }, /options\.account:/],
    [{ port: 70_000 }, /options\.port/],
    [{ clock: 1 }, /options\.clock/],
    [{ sessionLifetimeSec: 0 }, /options\.sessionLifetimeSec/],
    [{ ticketLifetimeSec: Number.NaN }, /options\.ticketLifetimeSec/],
    [{ registration: 'maybe' }, /options\.registration/],
    [{ log: { info() {} } }, /options\.log\.warn/],
  ]
  for (const [options, message] of wrong) await typeError(() => startTestRealm(options as never), message)
  await using realm = await startTestRealm({ accounts: ['alice'] })
  await typeError(() => realm.login('bob' as never), /realm\.login: username/)
  await typeError(() => login(realm.url, 'alice', (() => undefined) as never), /login: password/)
  await typeError(() => login(realm.url, 'alice', (async () => 7) as never), /login: password/)
  const alice = await realm.login('alice')
  await typeError(async () => alice.messages(null as never), /messages: options/)
  await typeError(() => alice.changePassword(7 as never), /changePassword: password/)
  await typeError(() => alice.changePassword('new', { onNew() {} } as never), /options\.onNew:/)
  await typeError(() => realm.addAccount(1 as never, 'x'), /addAccount: username/)
  await typeError(() => realm.addAccount('bob', ''), /addAccount: password/)
  await typeError(() => realm.addAccount('bob', '\ud800'), /addAccount: password/)
  await typeError(() => realm.invite('bob', -1), /invite: lifetimeSec/)
  await rejects(startTestRealm({ accounts: ['not a name'] }), 'invalid_name')
})

async function typeError(run: () => Promise<unknown>, message: RegExp): Promise<void> {
  try {
    await run()
  } catch (error) {
    assert.instance(error, TypeError)
    assert.match((error as Error).message, message)
    return
  }
  assert.unreachable(`expected a TypeError: ${message}`)
}

test.run()
