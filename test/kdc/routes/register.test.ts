/** Making an account from afar. docs/protocol.md §3.8. */
import * as opaque from '@serenity-kit/opaque'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve } from '../../../src/kdc/http/server.ts'
import { generateMasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { generateOpaqueKeys } from '../../../src/kdc/keys/opaque-keys.ts'
import { createPasswordChecker } from '../../../src/kdc/passwords/passwords.ts'
import { loginLimits } from '../../../src/kdc/traffic/login-limits.ts'
import { fromBase64url, toBase64url } from '../../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import type { Secret } from '../../../src/lib/crypto/secret.ts'
import { ProtocolError, TransportError } from '../../../src/lib/errors.ts'
import { createInvitation, invitationToken } from '../../../src/lib/invitation.ts'
import type { HttpLink, HttpReply } from '../../../src/lib/kdc-link/http.ts'
import { type RegisterOptions, register as registerAt } from '../../../src/lib/register.ts'
import type { LoginOptions } from '../../../src/lib/renewable-login.ts'
import { openReply, SEALED_TYPE, type SealedRoute, sealRequest } from '../../../src/lib/sealed.ts'
import { login, type Session } from '../../../src/lib/session.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { PASSWORD, START, secretOf, testKdc } from '../../helpers/kdc.ts'
import {
  begin,
  FAR_AWAY,
  invite,
  linkTo,
  logIn,
  makeRecord,
  recordFrom,
  send,
} from '../../helpers/kdc-opaque.ts'
import { rejects } from '../../helpers/throws.ts'

await opaque.ready

type Kdc = Awaited<ReturnType<typeof testKdc>>

const HERE = '127.0.0.1'
/** Many tries, where the test is about something else. */
const GENEROUS = loginLimits(1000)

/** A link on which somebody changes what is asked and answered, in plain JSON. */
function meddle(
  link: HttpLink,
  change: { asked?: (path: string, json: Json) => Json; answered?: (path: string, json: Json) => Json },
): HttpLink {
  const { asked = (_, json) => json, answered = (_, json) => json } = change
  const text = (json: Json) => Buffer.from(JSON.stringify(json))
  return {
    ...link,
    post: async (path, type, body) => {
      const reply = await link.post(path, type, text(asked(path, JSON.parse(String(Buffer.from(body))))))
      return { ...reply, body: text(answered(path, JSON.parse(String(Buffer.from(reply.body))))) }
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
type Json = any

interface Asking {
  /** Seals the request with this invitation. */
  readonly invitation?: string
  /** Seals the request with this token. */
  readonly token?: Secret
  readonly from?: string
  /** The client's clock. */
  readonly time?: number
}

/** The bytes of a request sealed with an invitation, and what opens the answer. */
function sealed(kdc: Kdc, path: string, body: object, options: Asking) {
  const token = options.token ?? invitationToken(options.invitation ?? '')
  const route: SealedRoute = `POST ${path}`
  const fields = { ...body, time: options.time ?? kdc.time.now, id: toBase64url(secureRandomBytes(16)) }
  const { bytes, salt } = sealRequest(token, route, fields)
  const open = (reply: HttpReply): { status: number; sealed: boolean; time?: number; body: Json } => {
    if (reply.type !== SEALED_TYPE) {
      return { status: reply.status, sealed: false, body: JSON.parse(String(Buffer.from(reply.body))) }
    }
    const opened = openReply(token, route, salt, reply.body)
    assert.is(opened.status, reply.status)
    return { status: opened.status, sealed: true, time: opened.time, body: opened.body }
  }
  return { bytes, open }
}

/** Asks, sealed if there is something to seal with. */
async function ask(kdc: Kdc, path: string, body: object, options: Asking = {}) {
  const { invitation, token, from = invitation || token ? FAR_AWAY : HERE } = options
  if (invitation || token) {
    const { bytes, open } = sealed(kdc, path, body, options)
    return open(await send(kdc, path, SEALED_TYPE, bytes, from))
  }
  const { status, json } = await kdc.post(path, body, from)
  return { status, sealed: false, body: json as Json }
}

/** Both messages. @returns the record, and the answer to the finish. */
async function make(kdc: Kdc, username: string, options: Asking = {}) {
  const { clientRegistrationState, registrationRequest } = begin()
  const started = await ask(kdc, '/register/start', { username, request: registrationRequest }, options)
  assert.is(started.status, 200, JSON.stringify(started.body))
  const record = recordFrom(username, clientRegistrationState, started.body.response)
  return { record, finished: await ask(kdc, '/register/finish', { username, record }, options) }
}

const code = async (answer: Promise<{ body: Json }>): Promise<string> => (await answer).body.code
const events = (kdc: Kdc, name: string) => kdc.log.events.filter(({ event }) => event === name)

const modes = suite('who may make an account')

modes('where registration is open anybody does, in plain JSON from the KDC’s own machine', async () => {
  const kdc = await testKdc({ registration: 'open' })
  kdc.time.now += 7
  const { record, finished } = await make(kdc, 'dora')
  assert.equal([finished.status, finished.body], [200, { username: 'dora', time: START + 7 }])
  assert.equal(await kdc.store.accounts.find('dora'), { username: 'dora', record, createdAt: START + 7 })
  assert.equal(events(kdc, 'registered'), [
    { event: 'registered', fields: { username: 'dora', ip_addr: HERE, invited: false } },
  ])
  assert.ok(await logIn(kdc, 'dora'))
  assert.is(await logIn(kdc, 'dora', 'wrong'), undefined)
})

modes('the answer to a start is a response and the time, and makes nothing', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const request = begin().registrationRequest
  const { status, body } = await ask(kdc, '/register/start', { username: 'dora', request })
  assert.equal([status, Object.keys(body), body.time], [200, ['response', 'time'], START])
  assert.is(fromBase64url(body.response).length, 64)
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

modes('in clear from another machine it is refused, and nothing is made', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const start = { username: 'dora', request: begin().registrationRequest }
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  for (const from of [FAR_AWAY, '2001:db8::7', '::ffff:192.0.2.7']) {
    for (const [path, body] of [
      ['/register/start', start],
      ['/register/finish', finish],
    ] as const) {
      const { status, body: problem } = await ask(kdc, path, body, { from })
      assert.equal([status, problem.code], [403, 'plaintext_refused'], from)
    }
  }
  const headers = { 'Content-Type': 'application/json', Via: '1.1 somewhere' }
  const init = { method: 'POST', headers, body: JSON.stringify(finish) }
  assert.is((await kdc.request('/register/finish', init)).json.code, 'plaintext_refused')
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

modes('in clear from another machine it is taken where the operator decided so', async () => {
  const kdc = await testKdc({ registration: 'open', allowPlaintext: true })
  assert.is((await make(kdc, 'dora', { from: FAR_AWAY })).finished.status, 200)
})

modes('where registration is open invitations are taken as well, from anywhere', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const { finished } = await make(kdc, 'dora', { invitation: await invite(kdc) })
  assert.equal([finished.status, finished.sealed, finished.time], [200, true, START])
  assert.equal(events(kdc, 'registered'), [
    { event: 'registered', fields: { username: 'dora', ip_addr: FAR_AWAY, invited: true } },
  ])
  assert.ok(await logIn(kdc, 'dora'))
})

modes('if nothing is said an invitation is required, on the KDC’s own machine too', async () => {
  const kdc = await testKdc()
  for (const from of [HERE, FAR_AWAY]) {
    const start = ask(
      kdc,
      '/register/start',
      { username: 'dora', request: begin().registrationRequest },
      { from },
    )
    assert.equal([(await start).status, await code(start)], [403, 'invitation_required'])
    const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
    assert.is(await code(ask(kdc, '/register/finish', finish, { from })), 'invitation_required')
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  const { finished } = await make(kdc, 'dora', { invitation: await invite(kdc) })
  assert.equal(finished.body, { username: 'dora', time: START })
  assert.ok(await logIn(kdc, 'dora'))
})

modes('where registration is closed nobody does, with an invitation neither', async () => {
  const kdc = await testKdc({ registration: 'closed' })
  const invitation = await invite(kdc)
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  for (const options of [{}, { from: FAR_AWAY }, { invitation }]) {
    const request = begin().registrationRequest
    const start = await ask(kdc, '/register/start', { username: 'dora', request }, options)
    assert.equal([start.status, start.sealed, start.body.code], [403, false, 'registration_closed'])
    assert.is(await code(ask(kdc, '/register/finish', finish, options)), 'registration_closed')
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

modes('web pages and other media types are refused as everywhere', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const body = JSON.stringify({ username: 'dora', record: makeRecord(kdc, 'dora') })
  const post = (headers: Record<string, string>) =>
    kdc.request('/register/finish', { method: 'POST', headers, body })
  const page = { 'Content-Type': 'application/json', Origin: 'http://evil.example' }
  assert.is((await post(page)).json.code, 'web_page_refused')
  assert.is((await post({ 'Content-Type': 'text/plain' })).json.code, 'unsupported_media_type')
  assert.is((await kdc.request('/register/finish')).json.code, 'method_not_allowed')
})

const invitations = suite('invitations')

invitations('one for a name makes an account of that name and no other', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc, { username: 'dora' })
  const request = begin().registrationRequest
  const start = await ask(kdc, '/register/start', { username: 'eve', request }, { invitation })
  assert.equal([start.status, start.sealed, start.body.code], [403, true, 'invitation_refused'])
  assert.match(start.body.detail, 'dora')
  const finish = { username: 'eve', record: makeRecord(kdc, 'eve') }
  assert.is(await code(ask(kdc, '/register/finish', finish, { invitation })), 'invitation_refused')
  assert.is(await kdc.store.accounts.find('eve'), undefined)
  assert.is((await make(kdc, 'dora', { invitation })).finished.status, 200)
})

invitations('one for a name does not tell who else has an account', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc, { username: 'dora' })
  for (const path of ['/register/start', '/register/finish']) {
    const [taken, free] = await Promise.all(
      ['alice', 'nobody'].map((username) =>
        ask(
          kdc,
          path,
          { username, request: begin().registrationRequest, record: makeRecord(kdc, username) },
          { invitation },
        ),
      ),
    )
    assert.equal(taken?.body, free?.body)
  }
})

invitations('one that was used makes no other account', async () => {
  const kdc = await testKdc()
  for (const username of [undefined, 'dora']) {
    const invitation = await invite(kdc, username ? { username } : {})
    const name = username ?? 'first'
    await make(kdc, name, { invitation })
    for (const other of [name, 'other']) {
      const request = begin().registrationRequest
      const start = ask(kdc, '/register/start', { username: other, request }, { invitation })
      assert.is(await code(start), 'invitation_refused')
      const finish = { username: other, record: makeRecord(kdc, other) }
      assert.is(await code(ask(kdc, '/register/finish', finish, { invitation })), 'invitation_refused')
    }
    assert.is(await kdc.store.accounts.find('other'), undefined)
    assert.ok(await logIn(kdc, name))
  }
})

invitations('one is good until its time comes, and refused from then on', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc, { expiresAt: START + 100 })
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  kdc.time.now = START + 100
  const request = begin().registrationRequest
  const start = await ask(kdc, '/register/start', { username: 'dora', request }, { invitation })
  assert.equal([start.sealed, start.body.code], [true, 'invitation_refused'])
  assert.match(start.body.detail, /expired/)
  assert.is(await code(ask(kdc, '/register/finish', finish, { invitation })), 'invitation_refused')
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  kdc.time.now = START + 99
  assert.is((await ask(kdc, '/register/finish', finish, { invitation })).status, 200)
})

invitations('one that expired is forgotten in the end; one that did not is kept', async () => {
  const kdc = await testKdc()
  const [old, good] = [await invite(kdc, { expiresAt: START + 100 }), await invite(kdc)]
  await kdc.store.purge({ now: START + 100, idleSince: START, keepSince: 0 }, 10)
  const request = begin().registrationRequest
  const answer = await ask(kdc, '/register/start', { username: 'dora', request }, { invitation: old })
  assert.equal([answer.status, answer.sealed, answer.body.code], [401, false, 'invitation_unknown'])
  assert.is((await make(kdc, 'dora', { invitation: good })).finished.status, 200)
})

invitations('one that was withdrawn, replaced, or made up is unknown, and nothing is made', async () => {
  const kdc = await testKdc()
  const withdrawn = await invite(kdc, { username: 'dora' })
  assert.is(await kdc.store.invitations.withdraw(['dora']), 1)
  assert.is(await kdc.store.invitations.withdraw(['dora']), 0)
  const replaced = await invite(kdc, { username: 'emil' })
  const newer = await invite(kdc, { username: 'emil' })
  const all = await invite(kdc)
  for (const invitation of [withdrawn, replaced, createInvitation()]) {
    const finish = { username: 'emil', record: makeRecord(kdc, 'emil') }
    const answer = await ask(kdc, '/register/finish', finish, { invitation })
    assert.equal([answer.status, answer.sealed, answer.body.code], [401, false, 'invitation_unknown'])
  }
  assert.is(await kdc.store.accounts.find('emil'), undefined)
  assert.is((await make(kdc, 'emil', { invitation: newer })).finished.status, 200)
  assert.is(
    await kdc.store.invitations.withdrawAll(START),
    1,
    'the one for anybody; a used one is none any more',
  )
  const request = begin().registrationRequest
  const start = ask(kdc, '/register/start', { username: 'fritz', request }, { invitation: all })
  assert.is(await code(start), 'invitation_unknown')
})

invitations('one is over with the account that took its name', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const invitation = await invite(kdc, { username: 'dora' })
  await kdc.store.accounts.create({ username: 'dora', record: makeRecord(kdc, 'dora'), createdAt: START })
  await kdc.store.accounts.delete('dora')
  await rejects(register(kdc, 'dora', { invitation }), 'invitation_unknown')
})

invitations('one that was used cannot be withdrawn: an answer that was lost can still be given', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc, { username: 'dora' })
  const { record } = await make(kdc, 'dora', { invitation })
  assert.is(await kdc.store.invitations.withdraw(['dora']), 0)
  assert.is(await kdc.store.invitations.withdrawAll(START), 0)
  const again = await ask(kdc, '/register/finish', { username: 'dora', record }, { invitation })
  assert.is(again.status, 200)
})

invitations('those for anybody replace nobody’s', async () => {
  const kdc = await testKdc()
  const [one, two] = [await invite(kdc), await invite(kdc)]
  assert.is((await make(kdc, 'dora', { invitation: one })).finished.status, 200)
  assert.is((await make(kdc, 'emil', { invitation: two })).finished.status, 200)
})

invitations('only those that can be used are listed, those for anybody first', async () => {
  const kdc = await testKdc()
  const used = await invite(kdc, { username: 'dora' })
  await invite(kdc, { username: 'emil' })
  await invite(kdc)
  await invite(kdc, { username: 'fritz', expiresAt: START })
  await make(kdc, 'dora', { invitation: used })
  const names = (await kdc.store.invitations.list(START)).map(({ username }) => username)
  assert.equal(names, [undefined, 'emil'])
})

invitations('whoever uses one is judged again when the account is made', async () => {
  const { store, ...kdc } = await testKdc()
  const idOf = (invitation: string) => sessionId(invitationToken(invitation))
  const id = idOf(await invite({ store, ...kdc }, { username: 'dora', expiresAt: START + 100 }))
  const dora = { username: 'dora', record: 'r', createdAt: START + 99 }
  assert.is(await store.invitations.accept(id, { ...dora, createdAt: START + 100 }), false)
  assert.is(await store.invitations.accept(id, { ...dora, username: 'emil' }), false)
  assert.is(await store.invitations.accept(idOf(createInvitation()), dora), false)
  assert.is((await store.invitations.find(id))?.usedBy, undefined)
  assert.is(await store.invitations.accept(id, dora), true)
  assert.is((await store.invitations.find(id))?.usedBy, 'dora')
  await store.accounts.delete('dora')
  assert.is(await store.invitations.accept(id, dora), false)
  // Which fails because of the name leaves the invitation as it was.
  const other = idOf(await invite({ store, ...kdc }))
  assert.is(await store.invitations.accept(other, { ...dora, username: 'alice' }), false)
  assert.is((await store.invitations.find(other))?.usedBy, undefined)
  assert.equal((await store.accounts.list()).length, 3)
})

invitations('one of another KDC, or of a master key that is gone, is unknown', async () => {
  const [kdc, other] = [await testKdc(), await testKdc()]
  const foreign = await invite(other)
  const orphaned = await invite(kdc, { masterKeys: generateMasterKeys() })
  for (const invitation of [foreign, orphaned]) {
    const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
    const answer = await ask(kdc, '/register/finish', finish, { invitation })
    assert.equal([answer.status, answer.sealed, answer.body.code], [401, false, 'invitation_unknown'])
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

invitations('with any bit changed, cut short, or at another path, nothing is made', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const { bytes, open } = sealed(
    kdc,
    '/register/finish',
    { username: 'dora', record: makeRecord(kdc, 'dora') },
    { invitation },
  )
  const refusal = async (path: string, changed: Uint8Array) =>
    open(await send(kdc, path, SEALED_TYPE, changed, FAR_AWAY)).body.code
  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const expected = bit >= 8 && bit < 17 * 8 ? 'invitation_unknown' : 'request_refused'
    assert.is(await refusal('/register/finish', changed), expected, `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length += 13) {
    assert.is(await refusal('/register/finish', bytes.subarray(0, length)), 'request_refused')
  }
  assert.is(await refusal('/register/start', bytes), 'request_refused')
  assert.is(await refusal('/sessions', bytes), 'token_unknown')
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  const answer = open(await send(kdc, '/register/finish', SEALED_TYPE, bytes, FAR_AWAY))
  assert.is(answer.status, 200, 'as it was meant, it is taken')
})

invitations('an invitation opens no session, and a session makes no account', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const token = secretOf(await kdc.login('alice'))
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  assert.is(await code(ask(kdc, '/register/finish', finish, { token })), 'invitation_unknown')
  for (const path of ['/sessions', '/userinfo', '/listen', '/logout', '/password/finish']) {
    assert.is(await code(ask(kdc, path, { receiver: 'bob', port: 1 }, { invitation })), 'token_unknown')
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

invitations('a clock that is wrong is told the right time, under seal', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  for (const time of [START - 3600, START + 3600, START - 301, START + 301]) {
    const answer = await ask(kdc, '/register/finish', finish, { invitation, time })
    assert.equal([answer.status, answer.sealed, answer.body.code], [401, true, 'clock_wrong'])
    assert.is(answer.time, START)
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  const late = await ask(kdc, '/register/finish', finish, { invitation, time: START - 300 })
  assert.is(late.status, 200)
})

invitations('what was recorded on the way does nothing when it is sent again', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const { clientRegistrationState, registrationRequest } = begin()
  const start = sealed(
    kdc,
    '/register/start',
    { username: 'dora', request: registrationRequest },
    { invitation },
  )
  const post = (path: string, bytes: Uint8Array, from: string) => send(kdc, path, SEALED_TYPE, bytes, from)
  const { response } = start.open(await post('/register/start', start.bytes, FAR_AWAY)).body
  assert.is((await post('/register/start', start.bytes, '203.0.113.9')).status, 200)
  const record = recordFrom('dora', clientRegistrationState, response)
  const finish = sealed(kdc, '/register/finish', { username: 'dora', record }, { invitation })
  const first = await post('/register/finish', finish.bytes, FAR_AWAY)
  const again = await post('/register/finish', finish.bytes, '203.0.113.9')
  assert.equal(finish.open(first).body, finish.open(again).body)
  assert.not.equal(first.body, again.body, 'no key ever seals twice')
  assert.is(start.open(await post('/register/start', start.bytes, FAR_AWAY)).body.code, 'invitation_refused')
  assert.is(events(kdc, 'registered').length, 1)
  assert.is((await kdc.store.accounts.find('dora'))?.record, record)
  // After the password has changed, and after the account is gone.
  await kdc.store.accounts.replaceRecord('dora', makeRecord(kdc, 'dora', 'another'))
  const late = finish.open(await post('/register/finish', finish.bytes, FAR_AWAY))
  assert.equal([late.status, late.body.code], [403, 'invitation_refused'])
  assert.ok(await logIn(kdc, 'dora', 'another'))
  await kdc.store.accounts.delete('dora')
  assert.is(finish.open(await post('/register/finish', finish.bytes, FAR_AWAY)).status, 403)
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

const finishes = suite('the finish of a registration')

finishes('with the same record comes to the same, also when the invitation has expired', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const invitation = await invite(kdc, { expiresAt: START + 100 })
  for (const [username, options] of [
    ['dora', {}],
    ['emil', { invitation }],
  ] as const) {
    kdc.time.now = START
    const { record, finished } = await make(kdc, username, options)
    const token = await logIn(kdc, username)
    kdc.time.now += 100
    const again = await ask(kdc, '/register/finish', { username, record }, options)
    assert.equal([again.status, again.body], [200, { ...finished.body, time: START + 100 }])
    assert.is((await kdc.store.accounts.find(username))?.createdAt, START)
    assert.ok(await kdc.store.sessions.find(sessionId(token as Secret)), 'no session ends by it')
  }
  assert.is(events(kdc, 'registered').length, 2)
})

finishes('with another record is refused, and the account stays as it is', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const mine = await make(kdc, 'dora')
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora', 'of a thief') }
  for (const options of [
    {},
    { invitation: await invite(kdc) },
    { invitation: await invite(kdc, { username: 'dora' }) },
  ]) {
    const answer = await ask(kdc, '/register/finish', finish, options)
    assert.equal([answer.status, answer.body.code], [409, 'account_exists'])
    const request = begin().registrationRequest
    assert.is(
      await code(ask(kdc, '/register/start', { username: 'dora', request }, options)),
      'account_exists',
    )
  }
  assert.is((await kdc.store.accounts.find('dora'))?.record, mine.record)
  assert.ok(await logIn(kdc, 'dora'))
})

finishes('that fails uses up no invitation', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  for (const finish of [
    { username: 'alice', record: makeRecord(kdc, 'alice') },
    { username: 'dora', record: 'AAAA' },
    { username: '.', record: makeRecord(kdc, 'dora') },
  ]) {
    assert.ok((await ask(kdc, '/register/finish', finish, { invitation })).status >= 400)
  }
  assert.is((await make(kdc, 'dora', { invitation })).finished.status, 200)
})

finishes('needs no start: what it brings is judged by itself', async () => {
  const kdc = await testKdc()
  const finish = { username: 'dora', record: makeRecord(kdc, 'dora') }
  assert.is((await ask(kdc, '/register/finish', finish, { invitation: await invite(kdc) })).status, 200)
  assert.ok(await logIn(kdc, 'dora'))
})

finishes('of two at once with one invitation, one makes an account', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const answers = await Promise.all(
    ['dora', 'emil', 'fritz'].map((username) =>
      ask(kdc, '/register/finish', { username, record: makeRecord(kdc, username) }, { invitation }),
    ),
  )
  assert.equal(answers.map(({ body }) => body.code ?? 'made').sort(), [
    'invitation_refused',
    'invitation_refused',
    'made',
  ])
  assert.is((await kdc.store.accounts.list()).length, 4)
})

finishes(
  'of two at once for one name, one makes an account, and the other keeps her invitation',
  async () => {
    const kdc = await testKdc()
    const options = [{ invitation: await invite(kdc) }, { invitation: await invite(kdc) }]
    const records = [makeRecord(kdc, 'dora', 'one'), makeRecord(kdc, 'dora', 'two')]
    const answers = await Promise.all(
      options.map((option, i) =>
        ask(kdc, '/register/finish', { username: 'dora', record: records[i] }, option),
      ),
    )
    const codes = answers.map(({ body }) => body.code)
    assert.equal([...codes].sort(), ['account_exists', undefined])
    const winner = codes.indexOf(undefined)
    assert.is((await kdc.store.accounts.find('dora'))?.record, records[winner])
    const { finished } = await make(kdc, 'emil', options[1 - winner])
    assert.is(finished.status, 200)
  },
)

finishes('of two at once for one name where registration is open, one makes an account', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const answers = await Promise.all(
    ['one', 'two'].map((password) =>
      ask(kdc, '/register/finish', { username: 'dora', record: makeRecord(kdc, 'dora', password) }),
    ),
  )
  assert.equal(answers.map(({ status }) => status).sort(), [200, 409])
  assert.is(events(kdc, 'internal_error').length, 0)
})

finishes('sent twice at once with the same record comes to the same', async () => {
  const kdc = await testKdc({ registration: 'open' })
  for (const [username, options] of [
    ['dora', {}],
    ['emil', { invitation: await invite(kdc) }],
  ] as const) {
    const finish = { username, record: makeRecord(kdc, username) }
    const answers = await Promise.all([1, 2].map(() => ask(kdc, '/register/finish', finish, options)))
    assert.equal(
      answers.map(({ status }) => status),
      [200, 200],
      username,
    )
    assert.ok(await logIn(kdc, username))
  }
})

const messages = suite('malformed registrations')

/** An encoding of no group element, and one of the neutral one. */
const POINTS = [new Uint8Array(32).fill(255), new Uint8Array(32)]

messages('a start with anything but a RegistrationRequest is refused in words', async () => {
  const kdc = await testKdc({ registration: 'open', loginLimits: GENEROUS })
  const invitation = await invite(kdc)
  const good = begin().registrationRequest
  const requests = [
    '',
    'A',
    'AAAA',
    good.slice(1),
    `${good}=`,
    ` ${good}`,
    `+${good.slice(1)}`,
    '!'.repeat(43),
    'é'.repeat(43),
    '\u0000',
    'A'.repeat(12_000),
    ...POINTS.map(toBase64url),
  ]
  for (const options of [{}, { invitation }]) {
    for (const request of requests) {
      const { status, body } = await ask(kdc, '/register/start', { username: 'dora', request }, options)
      assert.equal(
        [status, body.code, body.detail],
        [422, 'invalid_request', 'request: expected an OPAQUE RegistrationRequest message'],
        request.slice(0, 50),
      )
    }
    for (const request of [undefined, null, 1, [good], { good }]) {
      const answer = ask(kdc, '/register/start', { username: 'dora', request }, options)
      assert.is(await code(answer), 'invalid_request')
    }
  }
  assert.is(events(kdc, 'internal_error').length, 0)
})

messages('a finish with anything but a RegistrationRecord is refused in words', async () => {
  const kdc = await testKdc({ registration: 'open', loginLimits: GENEROUS })
  const invitation = await invite(kdc)
  const good = makeRecord(kdc, 'dora')
  const bytes = fromBase64url(good)
  // The client's public key comes first.
  const withPoint = (point: Uint8Array) => toBase64url(Buffer.concat([point, bytes.subarray(32)]))
  const records = [
    '',
    'AAAA',
    good.slice(4),
    good.slice(0, -4),
    `${good}=`,
    ` ${good}`,
    `+${good.slice(1)}`,
    `/${good.slice(1)}`,
    '!'.repeat(256),
    'A'.repeat(12_000),
    begin().registrationRequest,
    ...POINTS.map(withPoint),
  ]
  for (const options of [{}, { invitation }]) {
    for (const record of records) {
      const { status, body } = await ask(kdc, '/register/finish', { username: 'dora', record }, options)
      assert.equal(
        [status, body.code, body.detail],
        [422, 'invalid_request', 'record: expected an OPAQUE RegistrationRecord message'],
        record.slice(-50),
      )
    }
    for (const record of [undefined, null, 1, [good], { good }]) {
      const answer = ask(kdc, '/register/finish', { username: 'dora', record }, options)
      assert.is(await code(answer), 'invalid_request')
    }
  }
  assert.is(events(kdc, 'internal_error').length, 0)
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  // And after all that, the KDC still does its work.
  assert.is((await make(kdc, 'dora')).finished.status, 200)
})

messages('more bytes than the message has are refused', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const request = `${begin().registrationRequest}A`
  assert.is(await code(ask(kdc, '/register/start', { username: 'dora', request })), 'invalid_request')
  const record = makeRecord(kdc, 'dora')
  for (const more of ['AAAA', record, 'A'.repeat(12_000)]) {
    const finish = { username: 'dora', record: record + more }
    assert.is(await code(ask(kdc, '/register/finish', finish)), 'invalid_request')
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

messages('too much is too much', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const invitation = await invite(kdc)
  for (const options of [{}, { invitation }]) {
    const answer = ask(kdc, '/register/finish', { username: 'dora', record: 'A'.repeat(17_000) }, options)
    assert.equal([(await answer).status, await code(answer)], [413, 'body_too_large'])
  }
})

messages('a record that opens with no password makes an account that nobody enters', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const bytes = fromBase64url(makeRecord(kdc, 'dora'))
  const record = toBase64url(Buffer.concat([bytes.subarray(0, 32), secureRandomBytes(160)]))
  assert.is((await ask(kdc, '/register/finish', { username: 'dora', record })).status, 200)
  assert.is(await logIn(kdc, 'dora'), undefined)
})

messages('a record made for another name or another KDC lets nobody in', async () => {
  const [kdc, other] = [await testKdc({ registration: 'open' }), await testKdc()]
  const records = { dora: makeRecord(kdc, 'emil'), fritz: makeRecord(other, 'fritz') }
  for (const [username, record] of Object.entries(records)) {
    assert.is((await ask(kdc, '/register/finish', { username, record })).status, 200)
    assert.is(await logIn(kdc, username), undefined)
  }
})

messages('a name is lower-cased once, and __proto__ is a name', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const invitation = await invite(kdc, { username: 'dora' })
  for (const [given, name, options] of [
    ['__PROTO__', '__proto__', {}],
    ['__proto__x', '__proto__x', {}],
    ['Dora', 'dora', { invitation }],
    ['constructor', 'constructor', {}],
  ] as const) {
    const { clientRegistrationState, registrationRequest } = begin()
    const start = await ask(
      kdc,
      '/register/start',
      { username: given, request: registrationRequest },
      options,
    )
    const record = recordFrom(name, clientRegistrationState, start.body.response)
    const { body } = await ask(kdc, '/register/finish', { username: given, record }, options)
    assert.is(body.username, name)
    assert.ok(await logIn(kdc, name), name)
    const thief = { username: given, record: makeRecord(kdc, name) }
    assert.ok((await ask(kdc, '/register/finish', thief, {})).status === 409)
  }
})

messages('a bad name is refused as such', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const request = begin().registrationRequest
  const record = makeRecord(kdc, 'dora')
  for (const username of ['', '.x', '-x', 'a b', 'a/b', 'dörte', '\u212a', 'x'.repeat(65), 'a\n']) {
    for (const path of ['/register/start', '/register/finish']) {
      assert.is(await code(ask(kdc, path, { username, request, record })), 'invalid_name', username)
    }
  }
  for (const username of [undefined, null, 7, ['dora'], {}]) {
    assert.is(await code(ask(kdc, '/register/start', { username, request })), 'invalid_request')
  }
  assert.is((await kdc.store.accounts.list()).length, 3)
})

const library = suite('register')

/** `register`, from far away unless said otherwise, by the KDC's clock. */
function register(
  kdc: Kdc,
  username: string,
  given: RegisterOptions & { password?: () => string; kdcUrl?: string } = {},
) {
  const { password = PASSWORD, kdcUrl = 'http://127.0.0.1', ...options } = given
  const link = options.link ?? linkTo(kdc, options.invitation ? FAR_AWAY : HERE)
  return registerAt(kdcUrl, username, password, {
    clock: () => kdc.time.now,
    ...options,
    link,
  })
}

library('gives a session that works, through a real port', async () => {
  const opaqueKeys = await generateOpaqueKeys()
  const passwords = createPasswordChecker(opaqueKeys.setup, { workers: 1 })
  const kdc = await testKdc({ registration: 'open', passwords, opaqueKeys })
  const { url, close } = await serve(kdc.app.fetch, { host: HERE, port: 0 })
  const sessions: Session[] = []
  try {
    const options = { clock: () => START - 3600 }
    const dora = await registerAt(url, 'Dora', PASSWORD, options)
    const emil = await registerAt(url, 'emil', () => 'emil’s own', {
      ...options,
      invitation: await invite(kdc),
    })
    sessions.push(dora, emil)
    await emil.announce(4444)
    assert.is((await dora.userinfo('emil')).port, 4444)
    assert.is(dora.username, 'dora')
    assert.is((await dora.sessions()).length, 1)
    await rejects(registerAt(url, 'dora', PASSWORD, options), 'account_exists')
    await rejects(login(url, 'dora', 'wrong', options), 'login_refused')
    sessions.push(await login(url, 'dora', PASSWORD, options))
    // The record takes the password in clear as well.
    const plain = await kdc.post('/login', { username: 'emil', password: 'emil’s own' })
    assert.is(plain.status, 200)
    assert.is((await kdc.post('/login', { username: 'emil', password: 'wrong' })).status, 401)
  } finally {
    await Promise.all(sessions.map((session) => session.close()))
    await close()
    await passwords.close()
  }
})

library('corrects its clock by itself', async () => {
  const kdc = await testKdc()
  for (const [username, offset] of [
    ['dora', -3600],
    ['emil', 3600],
  ] as const) {
    const clock = () => START + offset
    const session = await register(kdc, username, { invitation: await invite(kdc), clock })
    await session.sessions()
    assert.is(session.clock(), START)
  }
})

library('asks for the password once, and only where there may be an account', async () => {
  const kdc = await testKdc()
  let asked = 0
  const password = () => {
    asked++
    return PASSWORD
  }
  const [good, bound] = [await invite(kdc), await invite(kdc, { username: 'emil' })]
  await rejects(register(kdc, 'alice', { invitation: good, password }), 'account_exists')
  await rejects(register(kdc, 'dora', { invitation: bound, password }), 'invitation_refused')
  await rejects(register(kdc, 'dora', { invitation: createInvitation(), password }), 'invitation_unknown')
  await rejects(register(kdc, 'dora', { password }), 'invitation_required')
  await rejects(register(kdc, 'bad name', { invitation: good, password }), 'invalid_name')
  await rejects(register(kdc, 'dora', { invitation: `${good}A`, password }), 'malformed')
  const closed = await testKdc({ registration: 'closed' })
  await rejects(register(closed, 'dora', { password }), 'registration_closed')
  await rejects(register(closed, 'dora', { invitation: good, password }), 'registration_closed')
  const open = await testKdc({ registration: 'open' })
  await rejects(register(open, 'dora', { link: linkTo(open, FAR_AWAY), password }), 'plaintext_refused')
  assert.is(asked, 0)
  await register(kdc, 'dora', { invitation: good, password })
  assert.is(asked, 1)
})

library('sends nothing in clear across a network, whatever may answer there', async () => {
  const kdc = await testKdc({ registration: 'open', allowPlaintext: true })
  const asked: string[] = []
  const link: HttpLink = {
    ...linkTo(kdc, FAR_AWAY),
    post: (path, type, body) => {
      asked.push(path)
      return linkTo(kdc, FAR_AWAY).post(path, type, body)
    },
  }
  for (const kdcUrl of ['http://kdc.test', 'http://192.0.2.7:8800', 'http://localhost.test']) {
    await rejects(register(kdc, 'dora', { link, kdcUrl }), 'plaintext_refused')
  }
  assert.equal(asked, [])
  await register(kdc, 'dora', { link, kdcUrl: 'http://kdc.test', allowPlaintext: true })
  await register(kdc, 'emil', { link, kdcUrl: 'https://kdc.test' })
  await register(kdc, 'fred', { link, kdcUrl: 'http://kdc.test', invitation: await invite(kdc) })
})

library('lets go of its connection, and says what a password function throws', async () => {
  const kdc = await testKdc({ registration: 'open' })
  let closed = 0
  const link = {
    ...linkTo(kdc, HERE),
    close: async () => {
      closed++
    },
  }
  const password = (): string => {
    throw new ProtocolError('channel_closed', 'nobody is at the terminal')
  }
  await rejects(register(kdc, 'dora', { link, password }), 'channel_closed')
  assert.is(closed, 1)
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  const session = await register(kdc, 'dora', { link })
  assert.is(closed, 1, 'the session goes on with it')
  await session.close()
  assert.is(closed, 2)
})

library('a password of any keyboard is one: NFC', async () => {
  const kdc = await testKdc({ registration: 'open' })
  await register(kdc, 'dora', { password: () => 'caf\u0065\u0301' })
  const options = { link: linkTo(kdc), clock: () => START }
  await (await login('http://kdc.test', 'dora', 'caf\u00e9', options)).close()
  await rejects(login('http://kdc.test', 'dora', 'cafe', options), 'login_refused')
})

library('asks who judges the KDC’s key before the record is sent', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const judged: string[] = []
  const judgeKey = async (key: string) => {
    judged.push(key)
    throw new ProtocolError('kdc_key_changed', 'another one')
  }
  await rejects(register(kdc, 'dora', { invitation, judgeKey }), 'kdc_key_changed')
  assert.equal(judged, [await kdc.opaqueKeys.publicKey()])
  assert.is(await kdc.store.accounts.find('dora'), undefined)
  const options: LoginOptions = { judgeKey: (key) => void judged.push(key) }
  const session = await register(kdc, 'dora', { ...options, invitation })
  assert.equal(new Set(judged).size, 1)
  assert.is(judged.length, 3, 'and again at the login, where it is proved')
  assert.ok((await session.sessions()).length)
})

/** Replaces the KDC's public key in the answer to a start: it follows the evaluated element. */
const withKey = (response: string, key: string) =>
  toBase64url(Buffer.concat([fromBase64url(response).subarray(0, 32), fromBase64url(key)]))

library('a KDC that says another’s key cannot finish the login that follows', async () => {
  const [liar, honest] = [await testKdc({ registration: 'open' }), await testKdc()]
  const known = await honest.opaqueKeys.publicKey()
  const link = meddle(linkTo(liar, HERE), {
    answered: (path, json) =>
      path === '/register/start' ? { ...json, response: withKey(json.response, known) } : json,
  })
  const judged: string[] = []
  const judgeKey = (key: string) => void judged.push(key)
  await rejects(register(liar, 'dora', { link, judgeKey }), 'login_refused')
  assert.ok(judged.length > 0 && judged.every((key) => key === known))
})

library('a key that is no point is no answer', async () => {
  const kdc = await testKdc({ registration: 'open' })
  for (const response of ['', 'AAAA', toBase64url(new Uint8Array(64).fill(255)), 7, undefined]) {
    const link = meddle(linkTo(kdc, HERE), {
      answered: (path, json) => (path === '/register/start' ? { ...json, response } : json),
    })
    await rejects(register(kdc, 'dora', { link }), 'malformed')
  }
  assert.is(await kdc.store.accounts.find('dora'), undefined)
})

library('in clear, an answer replaced on the way makes no login', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const { setup } = (await testKdc()).opaqueKeys
  let request = ''
  const link = meddle(linkTo(kdc, HERE), {
    asked: (_, json) => {
      if (json.request) request = json.request
      return json
    },
    answered: (path, json) => {
      if (path !== '/register/start') return json
      const answer = { serverSetup: setup, userIdentifier: 'dora', registrationRequest: request }
      return { ...json, response: opaque.server.createRegistrationResponse(answer).registrationResponse }
    },
  })
  await rejects(register(kdc, 'dora', { link }), 'login_refused')
})

library('in clear, a record replaced on the way is found out by the login that follows', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const thiefs = makeRecord(kdc, 'dora', 'the thief’s')
  const link = meddle(linkTo(kdc, HERE), {
    asked: (path, json) => (path === '/register/finish' ? { ...json, record: thiefs } : json),
  })
  await rejects(register(kdc, 'dora', { link }), 'login_refused')
})

library('with an invitation, whatever is replaced on the way is noticed, and makes nothing', async () => {
  const kdc = await testKdc()
  const invitation = await invite(kdc)
  const real = linkTo(kdc)
  const flip = (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes)
    changed[changed.length - 20] = (changed.at(-20) ?? 0) ^ 1
    return changed
  }
  const answer = (status: number, json: object): HttpReply => ({
    status,
    type: 'application/json',
    body: Buffer.from(JSON.stringify(json)),
  })
  let recorded: HttpReply | undefined
  const keep: HttpLink['post'] = async (...args) => {
    recorded = await real.post(...args)
    throw new ProtocolError('channel_closed', 'the line is dead')
  }
  await rejects(register(kdc, 'dora', { invitation, link: { ...real, post: keep } }), 'channel_closed')
  const attacks: [string, HttpLink['post']][] = [
    ['kdc_failed', (path, type, body) => real.post(path, type, flip(body))],
    [
      'kdc_failed',
      async (...args) => {
        const reply = await real.post(...args)
        return { ...reply, body: flip(reply.body) }
      },
    ],
    // The answer to an earlier request.
    ['kdc_failed', async () => recorded as HttpReply],
    // In clear, as if no seal had been asked for.
    ['kdc_failed', async () => answer(200, { response: begin().registrationRequest, time: START })],
    ['kdc_failed', async () => answer(409, { code: 'account_exists', detail: 'choose another' })],
    ['kdc_failed', async () => answer(403, { code: 'invitation_required', detail: 'give me one' })],
    ['kdc_failed', async () => answer(403, { code: 'invitation_refused', detail: 'it was used' })],
    ['kdc_failed', async () => answer(401, { code: 'clock_wrong', detail: 'it is 1970' })],
    // These are believed: nothing comes of them but asking again, or the administrator.
    ['invitation_unknown', async () => answer(401, { code: 'invitation_unknown', detail: '' })],
    ['registration_closed', async () => answer(403, { code: 'registration_closed', detail: '' })],
    ['too_many_attempts', async () => answer(429, { code: 'too_many_attempts', detail: '' })],
    ['kdc_busy', async () => answer(503, { code: 'kdc_busy', detail: '' })],
  ]
  for (const [expected, post] of attacks) {
    await rejects(register(kdc, 'dora', { invitation, link: { ...real, post } }), expected)
    assert.is(await kdc.store.accounts.find('dora'), undefined)
  }
  await (await register(kdc, 'dora', { invitation })).close()
})

library(
  'when the answer to the finish is none of the KDC’s, the login tells whether there is an account',
  async () => {
    const kdc = await testKdc()
    const real = linkTo(kdc)
    const forged = (code: string): HttpReply => ({
      status: 401,
      type: 'application/json',
      body: Buffer.from(JSON.stringify({ code, detail: '' })),
    })
    const answers = ['invitation_unknown', 'registration_closed', 'account_exists', 'state_damaged'].map(
      forged,
    )
    for (const [index, answer] of answers.entries())
      for (const arrives of [true, false]) {
        const name = `dora${index}${arrives}`
        const invitation = await invite(kdc)
        const post: HttpLink['post'] = async (path, type, body) => {
          if (path !== '/register/finish') return real.post(path, type, body)
          if (arrives) await real.post(path, type, body)
          return answer
        }
        const registered = register(kdc, name, { invitation, link: { ...real, post } })
        if (arrives) await (await registered).close()
        else {
          const error = await registered.then(
            () => assert.unreachable(),
            (error: unknown) => error,
          )
          assert.instance(error, TransportError)
          assert.match((error as Error).message, /may or may not/)
        }
      }
  },
)

library('what is believed of a registration in clear is not believed of anything else', async () => {
  const kdc = await testKdc({ registration: 'open' })
  const real = linkTo(kdc, HERE)
  let said = ''
  const post: HttpLink['post'] = async (...args) => {
    if (!said) return real.post(...args)
    return {
      status: 403,
      type: 'application/json',
      body: Buffer.from(JSON.stringify({ code: said, detail: '' })),
    }
  }
  const session = await register(kdc, 'dora', { link: { ...real, post } })
  for (said of ['invitation_unknown', 'registration_closed']) await rejects(session.sessions(), 'kdc_failed')
})

modes.run()
invitations.run()
finishes.run()
messages.run()
library.run()
