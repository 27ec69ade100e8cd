/** A session of a receiver that its owner ends elsewhere: tickets for it are void as soon as the receiver has heard. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/lib/channel/connect.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { MeddlingProxy } from '../helpers/meddling-proxy.ts'
import type { Program } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'

const ended = suite('a session that was ended')

let realm: Realm
let proxy: MeddlingProxy
const sessions: Session[] = []
ended.before(async () => {
  realm = await Realm.start('alice', 'bob')
  proxy = await MeddlingProxy.start(realm.url)
  realm.trust(proxy.url)
})
ended.after(async () => {
  for (const session of sessions) await session.close()
  await realm.close()
  await proxy.close()
})

async function loggedIn(name: string): Promise<Session> {
  const session = await login(realm.url, name, PASSWORD)
  sessions.push(session)
  return session
}

/** Bob's receiver, which listens, and whose stream of events is open: the proxy has seen what comes first in it. */
async function waitingReceiver(): Promise<Program> {
  const waits = proxy.plan('/mailbox/wait', ({ deliver }) => deliver(), { times: 1 })
  const login = ['--kdc', proxy.url, '--password-file', realm.passwordFile]
  const receiver = realm.run('src/receiver.ts', 'bob', ...login, '--refresh', '86400').input()
  await receiver.says('stderr', /listening on/)
  await waits
  return receiver
}

for (const how of ['from another session', 'by the administrator']) {
  ended(`${how}: its receiver hears at once, and takes no ticket of before`, async () => {
    const receiver = await waitingReceiver()
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')]
    const { address: host, port, ticket, secret } = await alice.userinfo('bob')
    if (how === 'by the administrator') await realm.forget('bob', 'kdc')
    else assert.is(await bob.endSessions(), 1)
    // Whatever it says first: without the stream's end it would be that the mail cannot be read.
    const said = await receiver.says('stderr', /(logged in again|cannot be read now)/)
    assert.is(said, 'logged in again')
    await rejects(
      connect({ host, port, ticket, secret, receiver: 'bob', username: 'alice' }),
      'handshake_failed',
    )
    const channel = await alice.connect('bob')
    await channel.close()
    assert.is(await receiver.stop(), 0)
  })
}

ended.run()
