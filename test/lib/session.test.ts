import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url, toHex } from '../../src/lib/bytes.ts'
import type { Channel } from '../../src/lib/channel/channel.ts'
import { ERROR_CODES, ProtocolError, TransportError } from '../../src/lib/errors.ts'
import { mayBeSaid } from '../../src/lib/kdc-link/routes.ts'
import { login } from '../../src/lib/session.ts'
import { createTicket, sessionId } from '../../src/lib/ticket.ts'
import type { TraceEvent } from '../../src/lib/trace.ts'
import { Arrivals } from '../helpers/channels.ts'
import {
  type Answer,
  KDC,
  listenReply,
  ok,
  problem,
  ScriptedKdc,
  userinfoReply,
} from '../helpers/scripted-kdc.ts'
import { rejects } from '../helpers/throws.ts'
import { NOW, newSecret } from '../helpers/tickets.ts'

const test = suite('client')

const clock = () => NOW

test('logs in without sending the password or the token, and asks for a receiver under seal', async () => {
  const kdc = new ScriptedKdc({ '/userinfo': userinfoReply() })
  const alice = await login(KDC, 'Alice', 'pw', { link: kdc.link, clock })
  const answer = await alice.userinfo('BOB')
  assert.is(answer.port, 1024)
  assert.is(alice.expiresAt, NOW + 3600)
  assert.equal(alice.token.reveal(), kdc.token.reveal())
  assert.equal(
    kdc.asked.map(({ path, body }) => `${path} ${Object.keys(body).sort()}`),
    ['/login/start request,username', '/login/finish finish,state,username', '/userinfo id,receiver,time'],
  )
  assert.is(kdc.asked.at(-1)?.body.receiver, 'bob')
  const wire = Buffer.concat(kdc.wire)
  for (const hidden of ['"pw"', alice.token.toText(), answer.secret.toText(), 'senderinfo', 'receiver']) {
    assert.not.ok(wire.includes(hidden), hidden)
  }
})

test('a wrong password is refused at this end, before the KDC learns of it', async () => {
  const kdc = new ScriptedKdc()
  await rejects(login(KDC, 'alice', 'wrong', { link: kdc.link }), 'login_refused')
  assert.equal(
    kdc.asked.map(({ path }) => path),
    ['/login/start'],
  )
  assert.ok(kdc.closed)
})

test('a KDC whose key is not the one expected learns nothing but the name', async () => {
  const kdc = new ScriptedKdc()
  const judgeKey = (key: string) => {
    assert.is(key, kdc.key)
    throw new ProtocolError('kdc_key_changed', 'not this one')
  }
  await rejects(login(KDC, 'alice', 'pw', { link: kdc.link, judgeKey }), 'kdc_key_changed')
  assert.is(kdc.tokens.length, 0)
})

test('an impostor that never registered the password cannot pass for the KDC', async () => {
  const kdc = new ScriptedKdc()
  const impostor = new ScriptedKdc({})
  impostor.password = 'whatever it may guess'
  await login(KDC, 'alice', 'pw', { link: kdc.link })
  await rejects(login(KDC, 'alice', 'pw', { link: impostor.link }), 'login_refused')
  const nonsense = new ScriptedKdc({ '/login/start': ok({ response: 'AAAA', state: '' }) })
  await rejects(login(KDC, 'alice', 'pw', { link: nonsense.link }), 'login_refused')
})

test('each problem of the KDC is an error with its code', async () => {
  const starts: [Answer, string][] = [
    [problem(422, 'invalid_name'), 'invalid_name'],
    [problem(429, 'slow_down'), 'kdc_busy'],
    [problem(503, 'kdc_busy'), 'kdc_busy'],
    [{ status: 502, body: undefined }, 'kdc_failed'],
    [{ status: 200, body: undefined }, 'malformed'],
    [ok({ response: 7 }), 'malformed'],
  ]
  for (const [answer, code] of starts) {
    const kdc = new ScriptedKdc({ '/login/start': answer })
    await rejects(login(KDC, 'alice', 'pw', { link: kdc.link }), code)
    assert.ok(kdc.closed)
  }
  const answers: [Answer, string][] = [
    [problem(404, 'receiver_unknown'), 'receiver_unknown'],
    [problem(409, 'receiver_offline'), 'receiver_offline'],
    [problem(401, 'token_expired'), 'token_expired'],
    [problem(418, 'a_code_of_the_future'), 'request_refused'],
    [problem(503, 'kdc_busy'), 'kdc_busy'],
    [problem(500, 'internal'), 'kdc_failed'],
    // In JSON, what is not there is left out: it is no answer inside the seal.
    [{ status: 200, body: undefined }, 'kdc_failed'],
    [ok({}), 'malformed'],
  ]
  for (const [answer, code] of answers) {
    const kdc = new ScriptedKdc({ '/userinfo': answer })
    const alice = await login(KDC, 'alice', 'pw', { link: kdc.link })
    await rejects(alice.userinfo('bob'), code)
  }
})

test('what comes without the seal is no answer: it may or may not have happened, and nothing of it is believed', async () => {
  const answers: [Answer, string][] = [
    [problem(503, 'kdc_busy', { unsealed: true }), 'kdc_busy'],
    [problem(404, 'receiver_unknown', { unsealed: true }), 'kdc_failed'],
    [problem(401, 'clock_wrong', { unsealed: true }), 'kdc_failed'],
    [problem(401, 'kdc_key_changed', { unsealed: true }), 'kdc_failed'],
    [problem(429, 'quota_exceeded', { unsealed: true }), 'kdc_busy'],
    [{ ...userinfoReply(), unsealed: true }, 'kdc_failed'],
  ]
  for (const [answer, code] of answers) {
    const kdc = new ScriptedKdc({ '/userinfo': answer })
    const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock: () => 17 })
    const error = await alice.userinfo('bob').then(String, (error: unknown) => error)
    assert.instance(error, TransportError)
    assert.is((error as TransportError).code, code)
    assert.is(alice.clock(), 17, 'nobody but the KDC sets the clock')
    assert.is(kdc.tokens.length, 1)
  }
})

test('that the session is unknown is worth one fresh login and the same request again, and never a refusal', async () => {
  for (const code of ['token_unknown', 'token_expired']) {
    let asked = 0
    const kdc = new ScriptedKdc({
      '/userinfo': () => (asked++ === 0 ? problem(401, code, { unsealed: true }) : userinfoReply()),
    })
    const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
    assert.is((await alice.userinfo('bob')).port, 1024)
    const [first, second] = kdc.asked.filter(({ path }) => path === '/userinfo').map(({ body }) => body)
    assert.is(first?.id, second?.id, 'it is the same request')
    assert.is(kdc.tokens.length, 2)
  }
  const kdc = new ScriptedKdc({ '/userinfo': problem(401, 'token_unknown', { unsealed: true }) })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  assert.instance(await alice.userinfo('bob').catch((error) => error), TransportError)
  assert.is(kdc.tokens.length, 2, 'no more than one')
})

/** What an attacker on the way does to requests of one path, and a clock that stands still. */
function meddling() {
  const meddler = { isForging: true, letsEnd: false, ms: 1000 }
  const kdc = new ScriptedKdc({
    '/userinfo': () =>
      meddler.isForging ? problem(401, 'token_unknown', { unsealed: true }) : userinfoReply(),
    '/listen': () => (meddler.isForging ? problem(401, 'token_unknown', { unsealed: true }) : listenReply()),
    '/sessions': ok({ sessions: [] }),
    '/sessions/end': () =>
      meddler.isForging && !meddler.letsEnd
        ? problem(401, 'token_unknown', { unsealed: true })
        : ok({ ended: 1 }),
    '/logout': ok(),
  })
  return { kdc, meddler, options: { link: kdc.link, clock, now: () => meddler.ms } }
}

test('that the session is unknown, said again after a fresh login, is doubted, longer each time', async () => {
  const { kdc, meddler, options } = meddling()
  const alice = await login(KDC, 'alice', 'pw', options)
  const ask = () => alice.userinfo('bob').catch((error) => error)
  await ask()
  assert.is(kdc.tokens.length, 2, 'the first is worth a login at once')
  let logins = 2
  for (const seconds of [30, 60, 120, 240, 300, 300]) {
    for (let i = 0; i < 3; i++) assert.is((await ask()).code, 'kdc_failed')
    meddler.ms += seconds * 1000 - 1
    assert.instance(await ask(), TransportError)
    assert.is(kdc.tokens.length, logins, `not within ${seconds} s`)
    meddler.ms += 1
    await ask()
    assert.is(kdc.tokens.length, ++logins)
  }
  meddler.isForging = false
  assert.is((await ask()).port, 1024)
})

test('a session that was said to be over, without a seal, is ended: the KDC might still have it', async () => {
  const { kdc, meddler, options } = meddling()
  meddler.letsEnd = true
  const alice = await login(KDC, 'alice', 'pw', options)
  const before = toHex(sessionId(kdc.token))
  await alice.userinfo('bob').catch(() => {})
  const ends = kdc.asked.filter(({ path }) => path === '/sessions/end')
  assert.equal(
    ends.map(({ body }) => body.session),
    [before],
  )
  assert.is.not(toHex(sessionId(alice.token)), before)
  meddler.isForging = false
  assert.is((await alice.userinfo('bob')).port, 1024)
})

test('a sealed answer in the new session ends the doubt; but not without end', async () => {
  const { kdc, meddler, options } = meddling()
  const alice = await login(KDC, 'alice', 'pw', options)
  const ask = async () => {
    meddler.isForging = true
    await alice.userinfo('bob').catch(() => {})
    meddler.isForging = false
    assert.is((await alice.userinfo('bob')).port, 1024)
  }
  for (let restarts = 1; restarts <= 3; restarts++) {
    await ask()
    assert.is(kdc.tokens.length, 1 + restarts, 'a KDC that has lost the session is believed at once')
  }
  for (let i = 0; i < 5; i++) await ask()
  const { length } = kdc.tokens
  assert.is(length, 6, 'an attacker could let an answer through, too')
  meddler.ms += 60_000
  for (let i = 0; i < 3; i++) await ask()
  assert.is(kdc.tokens.length, length + 1)
})

test('that the session is over, under seal, is not doubted', async () => {
  const { meddler, options } = meddling()
  let asked = 0
  const kdc = new ScriptedKdc({
    '/userinfo': () => (asked++ % 2 === 0 ? problem(401, 'token_expired') : userinfoReply()),
  })
  const alice = await login(KDC, 'alice', 'pw', { ...options, link: kdc.link })
  for (let logins = 2; logins <= 9; logins++) {
    await alice.userinfo('bob')
    assert.is(kdc.tokens.length, logins)
  }
  assert.is(meddler.ms, 1000)
})

test('a fresh login whose end is kept from the KDC counts, too: it was as much work', async () => {
  const { meddler } = meddling()
  const script: Record<string, Answer> = {
    '/userinfo': problem(401, 'token_unknown', { unsealed: true }),
  }
  const kdc = new ScriptedKdc(script)
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock, now: () => meddler.ms })
  script['/login/finish'] = problem(503, 'kdc_busy')
  const count = () => kdc.asked.filter(({ path }) => path === '/login/finish').length
  for (let i = 0; i < 3; i++) await alice.userinfo('bob').catch(() => {})
  assert.is(count(), 2)
  // One that the KDC has no room for was no work yet.
  meddler.ms += 30_000
  script['/login/start'] = problem(503, 'kdc_busy')
  const starts = () => kdc.asked.filter(({ path }) => path === '/login/start').length
  const before = starts()
  for (let i = 0; i < 3; i++) await rejects(alice.userinfo('bob'), 'kdc_busy')
  assert.is(starts(), before + 3)
})

test('a lease or a beginning that is none is refused before anything is asked', async () => {
  const kdc = new ScriptedKdc()
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  const asked = kdc.asked.length
  for (const [options, words] of [
    [{ leaseSec: 14 }, 'announce: options.leaseSec: expected whole seconds, 15 to 3600, got 14'],
    [{ leaseSec: 3601 }, 'announce: options.leaseSec: expected whole seconds, 15 to 3600, got 3601'],
    [{ leaseSec: 15.5 }, 'announce: options.leaseSec: expected whole seconds, 15 to 3600, got 15.5'],
    [{ leaseSec: '60' }, 'announce: options.leaseSec: expected whole seconds, 15 to 3600, got string'],
    [{ since: -1 }, 'announce: options.since: expected an integer above 0, got -1'],
    [{ lease: 60 }, 'announce: options.lease: there is no such option'],
  ] as const) {
    const error = await alice.announce(4444, options as object).catch((thrown) => thrown)
    assert.instance(error, TypeError)
    assert.is(error.message, words)
  }
  assert.is(kdc.asked.length, asked)
})

test('a receiver whose announcements are answered so does not log in for each', async () => {
  const { kdc, meddler, options } = meddling()
  meddler.isForging = false
  const bob = await login(KDC, 'bob', 'pw', options)
  const changes: string[] = []
  const presence = await bob.listen({
    onChannel: () => {},
    onChange: ({ state }) => changes.push(state),
    refreshIntervalMs: 3_600_000,
  })
  meddler.isForging = true
  for (let i = 0; i < 5; i++) {
    await presence.refresh()
    await bob.userinfo('alice').catch(() => {})
  }
  assert.equal([kdc.tokens.length, changes], [2, ['lost']])
  meddler.isForging = false
  await presence.refresh()
  assert.equal([kdc.tokens.length, changes], [2, ['lost', 'back', 'renewed']])
  await presence.close()
})

test('requests at the same time have one fresh login between them', async () => {
  let known = 1
  const kdc: ScriptedKdc = new ScriptedKdc({
    '/userinfo': () =>
      known < kdc.tokens.length ? userinfoReply() : problem(401, 'token_unknown', { unsealed: true }),
  })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  await Promise.all([alice.userinfo('bob'), alice.userinfo('carol'), alice.userinfo('dave')])
  assert.is(kdc.tokens.length, 2)
  known = 2
  await alice.userinfo('bob')
  assert.is(kdc.tokens.length, 3)
})

test('when the fresh login fails the session stays; a refused one is not tried again at once', async () => {
  let isLying = true
  const kdc = new ScriptedKdc({
    '/userinfo': () => (isLying ? problem(401, 'token_unknown', { unsealed: true }) : userinfoReply()),
  })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  const { token } = alice
  kdc.password = 'another'
  const starts = () => kdc.asked.filter(({ path }) => path === '/login/start').length
  await rejects(alice.userinfo('bob'), 'login_refused')
  await rejects(alice.userinfo('bob'), 'login_refused')
  assert.is(starts(), 2)
  isLying = false
  assert.is((await alice.userinfo('bob')).port, 1024)
  assert.is(alice.token, token)
})

test('what only a client may conclude is worth nothing from the KDC either, seal or no seal', async () => {
  const conclusions = ERROR_CODES.protocol.filter((code) => !mayBeSaid('/userinfo', code))
  for (const code of [
    'kdc_key_changed',
    'state_damaged',
    'history_lost',
    'member_unverified',
    'ticket_replayed',
  ] as const)
    assert.ok(conclusions.includes(code))
  const script: Record<string, Answer> = {}
  const kdc = new ScriptedKdc(script)
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  for (const code of conclusions) {
    script['/userinfo'] = problem(400, code)
    await rejects(alice.userinfo('bob'), 'request_refused')
  }
  for (const code of ['kdc_key_changed', 'state_damaged'])
    for (const path of ['/login/start', '/login/finish']) {
      const impostor = new ScriptedKdc({ [path]: problem(401, code) })
      await rejects(login(KDC, 'alice', 'pw', { link: impostor.link, clock }), 'request_refused')
    }
})

test('what is too long for its route is not sent', async () => {
  const kdc = new ScriptedKdc({})
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock })
  await rejects(alice.request('/groups/send', { message: 'A'.repeat(2 * 1024 * 1024) }), 'message_too_large')
  await rejects(alice.request('/groups/leave', { proposal: 'A'.repeat(16 * 1024) }), 'message_too_large')
  assert.is(kdc.asked.at(-1)?.path, '/login/finish')
})

test('a KDC that answers nonsense is refused, and its nonsense not repeated', async () => {
  const secret = newSecret().toText()
  const wrong = [
    { ip_addr: 'evil.example.com' },
    { port: 0 },
    { port: 65536 },
    { port: '80' },
    { secret: 'short' },
    { secret: `${secret}=` },
    { senderinfo: 'A'.repeat(10_000) },
    { senderinfo: '!' },
    { expires_at: 'tomorrow' },
    { time: { toString: 1 } },
  ]
  for (const fields of wrong) {
    const kdc = new ScriptedKdc({ '/userinfo': userinfoReply(fields) })
    const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, trace: () => {} })
    const error = await alice.userinfo('bob').then(String, (error: Error) => error)
    assert.is((error as { code?: string }).code, 'malformed')
    assert.not.match(String(error), secret)
  }
})

test('nobody listening is said plainly', async () => {
  await rejects(login('http://127.0.0.1:1', 'alice', 'pw'), 'kdc_unreachable')
})

test('its clock is the KDC’s, as the last sealed answer told it', async () => {
  const kdc = new ScriptedKdc({ '/listen': listenReply() })
  let system = 1000
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock: () => system })
  assert.is(alice.clock(), 1000, 'what the login says is not sealed')
  await alice.announce(9)
  assert.is(alice.clock(), NOW)
  system += 5
  assert.is(alice.clock(), NOW + 5)
})

test('with a wrong clock it is told so, corrects itself, and asks again', async () => {
  let asked = 0
  const kdc = new ScriptedKdc({
    '/listen': () => (asked++ === 0 ? problem(401, 'clock_wrong') : listenReply()),
  })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, clock: () => 17 })
  await alice.announce(9)
  const [first, second] = kdc.asked.filter(({ path }) => path === '/listen').map(({ body }) => body)
  assert.equal([first?.time, second?.time], [17, NOW])
  assert.is(first?.id, second?.id, 'it is the same request')
})

test('a receiver with a wrong clock still accepts tickets, judged by the KDC’s clock', async () => {
  const kdc = new ScriptedKdc({ '/listen': listenReply(), '/logout': ok() })
  const bob = await login(KDC, 'bob', 'pw', { link: kdc.link, clock: () => 17 })
  const channels = new Arrivals<Channel>()
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
  const senderinfo = toBase64url(createTicket(ticket, kdc.token))
  const { port } = presence.address
  const sender = new ScriptedKdc({
    '/userinfo': userinfoReply({ port, secret: secret.toText(), senderinfo }),
  })
  const alice = await login(KDC, 'alice', 'pw', { link: sender.link })
  const channel = await alice.connect('bob')
  assert.is((await channels.next()).peer.username, 'alice')
  channel.destroy()
  await presence.close()
})

test('a new login asks for the password again, and gives another token', async () => {
  const kdc = new ScriptedKdc()
  let password = 'pw'
  const bob = await login(KDC, 'bob', () => password, { link: kdc.link })
  const before = bob.token.toText()
  kdc.password = 'changed meanwhile'
  await rejects(bob.renew(), 'login_refused')
  password = 'changed meanwhile'
  await bob.renew()
  assert.is.not(bob.token.toText(), before)
  assert.equal(bob.token.reveal(), kdc.token.reveal())
})

test('a session that was logged out is of no further use', async () => {
  const kdc = new ScriptedKdc({ '/logout': ok() })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link })
  await alice.logout()
  assert.ok(kdc.closed)
  assert.throws(() => alice.token, /logged out/)
  await rejects(alice.userinfo('bob'), 'token_expired')
})

test('closing a session overwrites its token, and leaves the session to the KDC', async () => {
  const kdc = new ScriptedKdc()
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link })
  const bytes = alice.token.reveal()
  assert.not.equal(bytes, new Uint8Array(32))
  await alice.close()
  assert.equal(bytes, new Uint8Array(32))
  assert.ok(kdc.closed)
  assert.throws(() => alice.token, /logged out/)
  assert.is(kdc.asked.at(-1)?.path, '/login/finish')
})

test('a trace shows every message and no secret', async () => {
  const secret = newSecret()
  const events: TraceEvent[] = []
  const kdc = new ScriptedKdc({ '/userinfo': userinfoReply({ secret: secret.toText() }) })
  const alice = await login(KDC, 'alice', 'pw', { link: kdc.link, trace: (event) => events.push(event) })
  await alice.userinfo('bob')
  assert.equal(
    events.map(({ name, from, to, by }) => `${from} ${name} ${to}: ${by}`),
    [
      'alice login-start KDC: POST /login/start',
      'KDC login-answer alice: 200',
      'alice login-finish KDC: POST /login/finish',
      'KDC token alice: 200',
      'alice userinfo KDC: POST /userinfo, sealed',
      'KDC answer alice: 200, sealed',
    ],
  )
  const shown = JSON.stringify(events)
  for (const hidden of ['"pw"', alice.token.toText(), secret.toText()]) assert.not.match(shown, hidden)
  assert.match(shown, `${secret.toText().slice(0, 6)}…`)
  // Nothing long enough to be of use.
  assert.not.match(shown, /[\w-]{20,}/)
})

test.run()
