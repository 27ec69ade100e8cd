import * as net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTestRealm } from '../../src/kdc/test-realm.ts'
import type { WaitOptions } from '../../src/lib/abort.ts'
import { listen } from '../../src/lib/channel/listen.ts'
import { type HttpLink, httpLink } from '../../src/lib/kdc-link/http.ts'
import { register } from '../../src/lib/register.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { KDC, listenReply, ok, ScriptedKdc } from '../helpers/scripted-kdc.ts'
import { rejects } from '../helpers/throws.ts'
import { NOW, newSecret } from '../helpers/tickets.ts'

const test = suite('signals')

const REASON = new Error('enough')
const onChannel = () => {}

/** A KDC that takes requests and, while it is silent, does not answer. */
function silenceable(script = {}) {
  const kdc = new ScriptedKdc({ '/sessions': ok({ sessions: [] }), '/logout': ok(), ...script })
  const paths: string[] = []
  let isSilent = false
  let heard = () => {}
  const link: HttpLink = {
    post: async (path, type, body) => {
      if (!isSilent) return kdc.link.post(path, type, body)
      paths.push(path)
      if (path in script) await kdc.link.post(path, type, body)
      heard()
      return new Promise(() => {})
    },
    close: kdc.link.close,
  }
  const silence = (silent: boolean) => {
    isSilent = silent
    paths.length = 0
    return new Promise<void>((resolve) => {
      heard = resolve
    })
  }
  return { kdc, link, paths, silence, options: { link, clock: () => NOW } }
}

/** All of a session that waits for the KDC. */
const WAITING: Record<string, (alice: Session, options: WaitOptions) => Promise<unknown>> = {
  userinfo: (alice, options) => alice.userinfo('bob', options),
  connect: (alice, options) => alice.connect('bob', options),
  announce: (alice, options) => alice.announce(4444, options),
  listen: (alice, options) => alice.listen({ onChannel, ...options }),
  send: (alice, options) => alice.send('bob', 'hi', options),
  history: (alice, options) => alice.history('bob', options),
  sessions: (alice, options) => alice.sessions(options),
  endSessions: (alice, options) => alice.endSessions(undefined, options),
  changePassword: (alice, options) => alice.changePassword('another', options),
  renew: (alice, options) => alice.renew(undefined, options),
  request: (alice, options) => alice.request('/users/online', {}, options),
  'mailbox.use': (alice, options) => alice.mailbox.use(async () => {}, options),
  'mailbox.ensure': (alice, options) => alice.mailbox.ensure(options),
  'groups.create': (alice, options) => alice.groups.create('friends', [], options),
  'groups.list': (alice, options) => alice.groups.list(options),
  'groups.get': (alice, options) => alice.groups.get('friends', options),
  logout: (alice, options) => alice.logout(options),
}

for (const [name, ask] of Object.entries(WAITING)) {
  test(`${name}: a signal ends the waiting, and the session goes on`, async () => {
    const { kdc, options, paths, silence } = silenceable()
    const alice = await login(KDC, 'alice', 'pw', options)
    const mistake = await ask(alice, { signal: 5 as never }).catch((error) => error)
    assert.ok(mistake instanceof TypeError)
    assert.match(mistake.message, /: options\.signal: expected an AbortSignal, got 5$/)

    silence(true)
    assert.is(await ask(alice, { signal: AbortSignal.abort(REASON) }).catch((error) => error), REASON)
    if (name !== 'logout') assert.equal(paths, [], 'aborted before, it asks nothing')

    if (name === 'logout') {
      assert.ok(kdc.closed, 'the connection is let go of all the same')
      return
    }
    const heard = silence(true)
    const stop = new AbortController()
    const asking = ask(alice, { signal: stop.signal }).catch((error) => error)
    await heard
    stop.abort(REASON)
    assert.is(await asking, REASON)
    silence(false)
    assert.equal(await alice.sessions(), [])
  })
}

test('logout: a signal ends the waiting for the KDC, not what is done here', async () => {
  const { kdc, options, silence } = silenceable()
  const alice = await login(KDC, 'alice', 'pw', options)
  const heard = silence(true)
  const stop = new AbortController()
  const leaving = alice.logout({ signal: stop.signal }).catch((error) => error)
  await heard
  assert.not.ok(kdc.closed)
  stop.abort(REASON)
  assert.is(await leaving, REASON)
  assert.ok(kdc.closed)
  await rejects(alice.sessions(), 'token_expired')
})

test('login and register: a signal ends the waiting, and the connection', async () => {
  for (const begin of [login, register]) {
    const { kdc, options, silence } = silenceable()
    const stop = new AbortController()
    const heard = silence(true)
    const beginning = begin(KDC, 'alice', 'pw', { ...options, signal: stop.signal }).catch((error) => error)
    await heard
    stop.abort(REASON)
    assert.is(await beginning, REASON)
    assert.ok(kdc.closed)
  }
})

test('register: a signal ends the waiting for a password, too', async () => {
  const { kdc, link } = silenceable({ '/register/start': ok({ response: 'AAAA' }) })
  const stop = new AbortController()
  const password = () => {
    stop.abort(REASON)
    return new Promise<string>(() => {})
  }
  const registering = register(KDC, 'alice', password, { link, signal: stop.signal })
  assert.is(await registering.catch((error) => error), REASON)
  assert.ok(kdc.closed)
})

/** Whether connections to a port are accepted. */
const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

test('listen: whoever gives up is not listening any more', async () => {
  const { kdc, options, silence } = silenceable({ '/listen': listenReply() })
  const bob = await login(KDC, 'bob', 'pw', options)
  const heard = silence(true)
  const stop = new AbortController()
  const listening = bob.listen({ onChannel, signal: stop.signal }).catch((error) => error)
  await heard
  const port = Number(kdc.asked.at(-1)?.body.port)
  assert.ok(await isOpen(port))
  stop.abort(REASON)
  assert.is(await listening, REASON)
  assert.not.ok(await isOpen(port))
  silence(false)

  const aborted = AbortSignal.abort(REASON)
  const common = { username: 'bob', token: newSecret(), onChannel, port }
  assert.is(await listen({ ...common, signal: aborted }).catch((error) => error), REASON)
  assert.not.ok(await isOpen(port))
})

test('listen: once others can reach it, a signal does not end it', async () => {
  const { options } = silenceable({ '/listen': listenReply() })
  const bob = await login(KDC, 'bob', 'pw', options)
  const stop = new AbortController()
  const presence = await bob.listen({ onChannel, signal: stop.signal })
  stop.abort(REASON)
  assert.ok(await isOpen(presence.address.port))
  await presence.close()
})

test('messages: a signal ends them in good order while the KDC is told of the listener', async () => {
  const realm = await startTestRealm({ accounts: ['bob'] })
  const http = await httpLink(realm.url)
  const stop = new AbortController()
  const link: HttpLink = {
    ...http,
    post: (path, type, body) => {
      if (path !== '/listen') return http.post(path, type, body)
      stop.abort(REASON)
      return new Promise(() => {})
    },
  }
  const bob = await login(realm.url, 'bob', realm.passwords.bob, { link })
  const { done } = await bob.messages({ signal: stop.signal }).next()
  assert.ok(done)
  await bob.close()
  await realm.close()
})

test.run()
