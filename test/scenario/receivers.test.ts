/**
 * Receivers that are killed, two receivers of one principal, and a session that was found open: tools in processes of their own, and a
 * KDC whose clock the test moves. Each test goes on where the one before it ended.
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTestRealm, type TestRealm } from '../../src/kdc/test-realm.ts'
import { readIdentities } from '../../src/lib/mls/kdc-answers.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { MeddlingProxy } from '../helpers/meddling-proxy.ts'
import type { Program } from '../helpers/program.ts'
import { LISTENING, PASSWORD, Realm } from '../helpers/realm.ts'
import { events, group, lines, send } from './tools.ts'

const story = suite('receivers')

let realm: Realm
let kdc: TestRealm
/** Alice's session, of a program of hers. */
let alice: Session
/** How far the KDC's clock is ahead of everybody's: less than makes requests too old. */
let aheadSec = 0

story.before(async () => {
  realm = new Realm()
  writeFileSync(realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  kdc = await startTestRealm({ clock: () => Math.floor(Date.now() / 1000) + aheadSec })
  for (const name of ['alice', 'bob', 'carol']) await kdc.addAccount(name, PASSWORD)
  realm.url = kdc.url
  realm.trust(kdc.url, kdc.publicKey)
  alice = await login(realm.url, 'alice', PASSWORD)
  for (const name of ['alice', 'bob']) await group(realm, 0, name, 'list')
})

story.after(async () => {
  await alice.close()
  await realm.close()
  await kdc.close()
})

/** What `users` says of bob. */
async function isOnline(): Promise<boolean> {
  const { stdout } = await realm.tool('users', 'alice', 'bob', '--json').input().ends(0)
  return events(stdout)[0]?.online
}

/** A machine of bob's: his tools keep nothing there of what others keep. */
const machine = (name: string) => ({ XDG_STATE_HOME: join(realm.home, name) })

/** A receiver of bob's on one of his machines, which asks the KDC every second. @returns it and its port. */
async function receiverOn(name: string): Promise<{ receiver: Program; port: number }> {
  const receiver = realm.toolWith(machine(name), 'receiver', 'bob', '--refresh', '1', '--json').input()
  const port = await receiver.says('stdout', /"event":"listening".*"port":(\d+)/)
  return { receiver, port: Number(port) }
}

const texts = (receiver: Program) => told(receiver, 'message').map(({ text }) => text)

const told = ({ stdout }: Program, name: string) => events(stdout).filter(({ event }) => event === name)

story('bob’s receiver is killed: a minute later he is away, and what is sent is stored', async () => {
  const receiver = await realm.receiver('bob')
  assert.ok(await isOnline())
  await receiver.stop('SIGKILL')
  aheadSec += 61
  assert.not.ok(await isOnline())
  const { stderr } = await send(realm, 0, 'alice', 'bob', 'while bob is away')
  assert.match(stderr, 'sender: stored for bob, who is away\n')
  const never = await send(realm, 3, 'alice', 'bob', 'at once or never', '--no-store')
  assert.match(never.stderr, /bob is not listening.*\(receiver_offline\)/)
  const next = await realm.receiver('bob')
  await next.says('stdout', /while bob is away\n/)
  assert.is(await next.stop('SIGINT'), 0)
  assert.equal(lines(next.stdout), ['alice: while bob is away'])
})

story('a receiver whose words are lost for a minute is away, and there again when one is heard', async () => {
  const proxy = await MeddlingProxy.start(realm.url)
  const args = ['--kdc', proxy.url, '--kdc-key', kdc.publicKey, '--password-file', realm.passwordFile]
  const receiver = realm.run('src/receiver.ts', ...args, 'bob', '--refresh', '1').input()
  await receiver.says('stderr', LISTENING)
  void proxy.plan('/listen', async () => 'cut')
  await receiver.says('stderr', /still listening, and trying again/)
  aheadSec += 61
  const away = await send(realm, 3, 'alice', 'bob', 'too early', '--no-store')
  assert.match(away.stderr, /\(receiver_offline\)/)
  await proxy.clean()
  await receiver.says('stderr', /the KDC is back/)
  await send(realm, 0, 'alice', 'bob', 'in time', '--no-store')
  await receiver.says('stdout', /alice: in time\n/)
  assert.is(await receiver.stop('SIGINT'), 0)
  await proxy.close()
})

story(
  'of two receivers the one that began last is reached; the other is told which, and since when',
  async () => {
    const first = await receiverOn('laptop')
    const second = await receiverOn('desk')
    await first.receiver.says('stdout', /"event":"superseded"/)
    const [by] = told(first.receiver, 'superseded')
    assert.equal([by?.address, by?.port, by?.receivers], ['127.0.0.1', second.port, 2])
    assert.ok(Math.abs(by?.since - aheadSec - Date.now() / 1000) < 600)
    await send(realm, 0, 'alice', 'bob', 'to the desk', '--no-store')

    // All sessions end: both log in anew, and nothing else changes.
    for (const turn of [1, 2]) {
      await realm.tool('sessions', 'bob', '--end-others').input().ends(0)
      const renewed = new RegExp(`(?:"event":"renewed"[^]*){${turn}}`)
      for (const { receiver } of [first, second]) await receiver.says('stdout', renewed)
      await send(realm, 0, 'alice', 'bob', `to the desk, ${turn}`, '--no-store')
    }
    await second.receiver.says('stdout', /to the desk, 2/)
    assert.equal(texts(second.receiver), ['to the desk', 'to the desk, 1', 'to the desk, 2'])
    assert.equal(texts(first.receiver), [])
    assert.equal(told(second.receiver, 'superseded'), [])

    assert.is(await second.receiver.stop('SIGINT'), 0)
    await first.receiver.says('stdout', /"event":"reached"/)
    await send(realm, 0, 'alice', 'bob', 'to the laptop', '--no-store')
    await first.receiver.says('stdout', /to the laptop/)
    assert.equal(texts(first.receiver), ['to the laptop'])
    assert.is(await first.receiver.stop('SIGINT'), 0)
  },
)

story('a session that is found after five minutes puts no key in the place of its owner’s', async () => {
  await realm.keepSessions('carol')
  const keyOfCarol = async () => {
    const { identities } = readIdentities(await alice.request('/identity/find', { usernames: ['carol'] }))
    return Buffer.from(identities[0]?.signature_key ?? []).toString('hex')
  }
  const before = await keyOfCarol()
  assert.is(before.length, 64)
  // Of an unlocked machine: the session is there, the password is not.
  const folder = join('symbolon', 'sessions')
  cpSync(join(realm.home, 'state', folder), join(realm.home, 'elsewhere', folder), { recursive: true })
  aheadSec += 301
  const thief = await realm.toolWith(machine('elsewhere'), 'group', 'carol', 'list').input().ends(2)
  assert.match(thief.stderr, /takes a login of the last five minutes, and there is no terminal/)
  assert.is(await keyOfCarol(), before)
  // Carol herself has the password.
  const args = ['--kdc', realm.url, '--password-file', realm.passwordFile, 'carol', 'list']
  await realm
    .runWith(machine('elsewhere'), 'src/group.ts', ...args)
    .input()
    .ends(0)
  assert.not.equal(await keyOfCarol(), before)
})

story.run()
