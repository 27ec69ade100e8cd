import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../src/lib/bytes.ts'
import { login } from '../../src/lib/client.ts'
import type { Reply } from '../../src/lib/http.ts'
import { createTicket } from '../../src/lib/ticket.ts'
import type { TraceEvent } from '../../src/lib/trace.ts'
import { Arrivals } from '../helpers/channels.ts'
import { KDC, loginReply, ok, problem, scripted, userinfoReply } from '../helpers/scripted-kdc.ts'
import { rejects } from '../helpers/throws.ts'
import { NOW, newSecret, newToken } from '../helpers/tickets.ts'

const test = suite('client')

test('logs in with name and password, and asks for a receiver with the token', async () => {
  const token = newToken()
  const { link, asked } = scripted({ '/login': loginReply(token), '/userinfo': userinfoReply() })
  const alice = await login(KDC, 'Alice', 'pw', { link, clock: () => NOW })
  const answer = await alice.userinfo('BOB')
  assert.is(answer.port, 9)
  assert.equal(asked, [
    { path: '/login', body: { username: 'alice', password: 'pw' } },
    { path: '/userinfo', body: { username: 'alice', token: token.toText(), receiver: 'bob' } },
  ])
})

test('each problem of the KDC is an error with its code', async () => {
  for (const code of ['login_refused', 'plaintext_refused', 'invalid_name']) {
    const { link, wasClosed } = scripted({ '/login': problem(401, code) })
    await rejects(login(KDC, 'alice', 'pw', { link }), code)
    assert.ok(wasClosed())
  }
  const cases: [Reply, string][] = [
    [problem(404, 'receiver_unknown'), 'receiver_unknown'],
    [problem(409, 'receiver_offline'), 'receiver_offline'],
    [problem(401, 'token_expired'), 'token_expired'],
    [problem(418, 'a_code_of_the_future'), 'request_refused'],
    [problem(503, 'kdc_busy'), 'kdc_busy'],
    [problem(500, 'internal'), 'kdc_failed'],
    [{ status: 200, body: undefined }, 'malformed'],
    [{ status: 502, body: undefined }, 'kdc_failed'],
    [{ status: 404, body: 'not found' }, 'kdc_failed'],
  ]
  for (const [reply, code] of cases) {
    const { link } = scripted({ '/login': loginReply(), '/userinfo': reply })
    const alice = await login(KDC, 'alice', 'pw', { link })
    await rejects(alice.userinfo('bob'), code)
  }
})

test('a KDC that answers nonsense is refused, and its nonsense not repeated', async () => {
  const wrong = [
    { ip_addr: 'evil.example.com' },
    { port: 0 },
    { port: 65536 },
    { port: '80' },
    { secret: 'short' },
    { secret: `${newSecret().toText()}=` },
    { senderinfo: 'A'.repeat(10_000) },
    { senderinfo: '!' },
    { expires_at: 'tomorrow' },
    { time: -1 },
  ]
  for (const fields of wrong) {
    const { link } = scripted({ '/login': loginReply(), '/userinfo': userinfoReply(fields) })
    const alice = await login(KDC, 'alice', 'pw', { link })
    await rejects(alice.userinfo('bob'), 'malformed')
  }
  const token = newToken().toText().slice(1)
  const { link } = scripted({ '/login': ok({ token, expires_at: 1 }) })
  const error = await login(KDC, 'alice', 'pw', { link }).catch((e: Error) => e)
  assert.not.match(String(error), token)
})

test('a password is not sent to another machine in clear, unless that is asked for', async () => {
  const { link, asked } = scripted({ '/login': loginReply() })
  for (const kdc of ['http://192.0.2.1:8800', 'http://kdc.example.com', 'http://localhost.example.com']) {
    await rejects(login(kdc, 'alice', 'pw', { link }), 'plaintext_refused')
  }
  assert.is(asked.length, 0)
  await login('http://kdc.example.com', 'alice', 'pw', { link, allowPlaintext: true })
  await login('https://kdc.example.com', 'alice', 'pw', { link })
  assert.is(asked.length, 2)
})

test('nobody listening is said plainly', async () => {
  await rejects(login('http://127.0.0.1:1', 'alice', 'pw'), 'kdc_unreachable')
})

test('its clock is the KDC’s, whatever the system’s says', async () => {
  const { link } = scripted({ '/login': loginReply() })
  let system = 1000
  const alice = await login(KDC, 'alice', 'pw', { link, clock: () => system })
  assert.is(alice.clock(), NOW)
  system += 5
  assert.is(alice.clock(), NOW + 5)
})

test('a receiver with a wrong clock still accepts tickets, judged by the KDC’s clock', async () => {
  const token = newToken()
  const answers: Record<string, Reply | (() => Reply)> = {
    '/login': loginReply(token),
    '/logout': ok({}),
    '/listen': ok({ ip_addr: '127.0.0.1', port: 1, expires_at: NOW + 3600 }),
  }
  const { link } = scripted(answers)
  const bob = await login(KDC, 'bob', 'pw', { link, clock: () => 17 })
  const channels = new Arrivals<unknown>()
  const presence = await bob.listen({ onChannel: channels.push })
  const secret = newSecret()
  const ticket = {
    username: 'alice',
    ipAddress: '127.0.0.1',
    secret,
    receiver: 'bob',
    issuedAt: NOW,
    expiresAt: NOW + 300,
  }
  const senderinfo = toBase64url(createTicket(ticket, token))
  const sender = scripted({
    '/login': loginReply(),
    '/userinfo': userinfoReply({ port: presence.address.port, secret: secret.toText(), senderinfo }),
  })
  const alice = await login(KDC, 'alice', 'pw', { link: sender.link })
  const channel = await alice.connect('bob')
  await channels.next()
  channel.destroy()
  await presence.close()
})

test('a session that was logged out is of no further use', async () => {
  const { link, wasClosed } = scripted({ '/login': loginReply(), '/logout': ok({}) })
  const alice = await login(KDC, 'alice', 'pw', { link })
  await alice.logout()
  assert.ok(wasClosed())
  assert.throws(() => alice.token, /logged out/)
  await rejects(alice.userinfo('bob'), 'token_expired')
})

test('closing a session overwrites its token, and leaves the session to the KDC', async () => {
  const { link, asked, wasClosed } = scripted({ '/login': loginReply() })
  const alice = await login(KDC, 'alice', 'pw', { link })
  const bytes = alice.token.reveal()
  assert.not.equal(bytes, new Uint8Array(32))
  await alice.close()
  assert.equal(bytes, new Uint8Array(32))
  assert.ok(wasClosed())
  assert.throws(() => alice.token, /logged out/)
  assert.equal(
    asked.map(({ path }) => path),
    ['/login'],
  )
})

test('a trace shows every message and no secret', async () => {
  const token = newToken()
  const secret = newSecret()
  const events: TraceEvent[] = []
  const { link } = scripted({
    '/login': loginReply(token),
    '/userinfo': userinfoReply({ secret: secret.toText() }),
  })
  const alice = await login(KDC, 'alice', 'a password', { link, trace: (event) => events.push(event) })
  await alice.userinfo('bob')
  assert.equal(
    events.map(({ name, from, to }) => `${from} ${name} ${to}`),
    ['alice login KDC', 'KDC token alice', 'alice userinfo KDC', 'KDC answer alice'],
  )
  const shown = JSON.stringify(events)
  for (const hidden of ['a password', token.toText(), secret.toText()]) assert.not.match(shown, hidden)
  assert.match(shown, `${token.toText().slice(0, 6)}…`)
})

test.run()
