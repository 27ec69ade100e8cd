/**
 * The session token of OPAQUE and sealed requests: against test/vectors/sealed.json, which another implementation made
 * from docs/protocol.md §3.6 and §3.7 (see test/vectors/README.md), and for whatever else may be inside.
 */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sealStoredToken } from '../../src/kdc/keys/at-rest.ts'
import { fromUtf8, toBase64url } from '../../src/lib/bytes.ts'
import type { RandomBytes } from '../../src/lib/crypto/random.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { createInvitation, invitationToken } from '../../src/lib/invitation.ts'
import { tokenOf } from '../../src/lib/opaque.ts'
import {
  openReply,
  openRequest,
  parseSealedRequest,
  SEALED_TYPE,
  type SealedRoute,
  sealReply,
  sealRequest,
} from '../../src/lib/sealed.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { connectionFrom, PASSWORD, testKdc } from '../helpers/kdc.ts'
import { throws } from '../helpers/throws.ts'

interface Refused {
  name: string
  fault: 'format' | 'session' | 'seal' | 'json' | 'fields' | 'clock'
  token: string
  route: SealedRoute
}

interface Sealed {
  name: string
  token: string
  route: SealedRoute
  json: string
  compact: boolean
  sid: string
}

interface SealedVectors {
  now: number
  tokens: { session_key: string; token: string; sid: string }[]
  invitations: { invitation: string; token: string; sid: string }[]
  requests: (Sealed & { salt: string; request: string })[]
  replies: (Sealed & { request_salt: string; reply_salt: string; reply: string })[]
  refused_requests: (Refused & { code: string | null; request: string })[]
  refused_replies: (Refused & { request_salt: string; reply: string })[]
}

const vectors: SealedVectors = JSON.parse(
  readFileSync(new URL('../vectors/sealed.json', import.meta.url), 'utf8'),
)

/** What this library says to each fault that it can see itself. */
const LIBRARY_CODES: Partial<Record<Refused['fault'], string>> = {
  format: 'malformed',
  seal: 'decryption_failed',
  json: 'malformed',
}
const FAR_AWAY = '192.0.2.7'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (hexadecimal: string) => new Uint8Array(Buffer.from(hexadecimal, 'hex'))
const secret = (hexadecimal: string) => new Secret('session token', bytes(hexadecimal))

/** What is drawn is what the vector says; asking for more, or for another length, is an error. */
function prepared(hexadecimal: string): RandomBytes {
  let left: Uint8Array | undefined = bytes(hexadecimal)
  return (length) => {
    const drawn = left
    left = undefined
    if (drawn?.length !== length) throw new Error(`the vector has no other ${length} random bytes`)
    return drawn
  }
}

/** A copy with one bit changed. */
function flipped(from: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(from)
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

// --- The token (§3.6) ---

const token = suite('token of an OPAQUE login')

for (const vector of vectors.tokens) {
  token(`is derived: ${vector.session_key.slice(0, 16)}…`, () => {
    const derived = tokenOf(toBase64url(bytes(vector.session_key)))
    assert.is(hex(derived.reveal()), vector.token)
    assert.is(hex(sessionId(derived)), vector.sid)
  })
}

token('is derived from 64 bytes in base64url, and from nothing else', () => {
  assert.ok(vectors.tokens.length > 0)
  for (const length of [0, 32, 63, 65, 128])
    throws(() => tokenOf(toBase64url(new Uint8Array(length))), 'malformed')
  const good = toBase64url(new Uint8Array(64))
  for (const text of [`${good}==`, `${good}\n`, `${good.slice(0, -1)}B`, `+${good.slice(1)}`])
    throws(() => tokenOf(text), 'malformed')
})

token('does not print', () => {
  assert.is(`${tokenOf(toBase64url(new Uint8Array(64)))}`, '[session token]')
})

token.run()

// --- Invitations ---

const invitations = suite('sealed.json: invitations')

for (const vector of vectors.invitations) {
  invitations(`stands for a token: ${vector.invitation}`, () => {
    const derived = invitationToken(vector.invitation)
    assert.is(hex(derived.reveal()), vector.token)
    assert.is(hex(sessionId(derived)), vector.sid)
    assert.is(`${derived}`, '[invitation]')
  })
}

invitations('is 16 bytes in base64url, and another each time', () => {
  assert.ok(vectors.invitations.length > 0)
  assert.is(createInvitation().length, 22)
  assert.is.not(createInvitation(), createInvitation())
  for (const length of [0, 15, 17, 32]) {
    throws(() => invitationToken(toBase64url(new Uint8Array(length))), 'malformed')
  }
  throws(() => invitationToken(`${createInvitation()}==`), 'malformed')
})

invitations.run()

// --- Requests ---

const requests = suite('sealed.json: requests')

const open = (sealed: Uint8Array, key: Secret, route: SealedRoute) =>
  openRequest(parseSealedRequest(sealed), key, route)

requests('there are some of every kind', () => {
  const faults = (of: Refused[]) => [...new Set(of.map(({ fault }) => fault))].sort()
  assert.equal(faults(vectors.refused_requests), ['clock', 'fields', 'format', 'json', 'seal', 'session'])
  assert.equal(faults(vectors.refused_replies), ['fields', 'format', 'json', 'seal'])
  assert.ok(vectors.requests.some(({ compact }) => compact))
  assert.ok(vectors.replies.some(({ compact }) => compact))
})

for (const vector of vectors.requests) {
  requests(`opens: ${vector.name}`, () => {
    const parsed = parseSealedRequest(bytes(vector.request))
    assert.is(hex(parsed.sid), vector.sid)
    assert.is(hex(parsed.salt), vector.salt)
    const json = openRequest(parsed, secret(vector.token), vector.route)
    assert.equal(json, JSON.parse(fromUtf8(bytes(vector.json))))
  })

  if (!vector.compact) continue
  requests(`is made byte for byte: ${vector.name}`, () => {
    const json = JSON.parse(fromUtf8(bytes(vector.json)))
    const made = sealRequest(secret(vector.token), vector.route, json, prepared(vector.salt))
    assert.is(hex(made.bytes), vector.request)
    assert.is(hex(made.salt), vector.salt)
  })
}

for (const vector of vectors.refused_requests) {
  requests(`is refused (${vector.fault}): ${vector.name}`, () => {
    const sealed = bytes(vector.request)
    const run = () => open(sealed, secret(vector.token), vector.route)
    const code = LIBRARY_CODES[vector.fault]
    if (code !== undefined) throws(run, code)
    // To find the session, and to judge what is inside, is the KDC's: the envelope opens.
    else if (vector.fault === 'session')
      assert.is.not(hex(parseSealedRequest(sealed).sid), hex(sessionId(secret(vector.token))))
    else assert.is.not(run(), undefined)
  })
}

requests.run()

// --- Requests, at a KDC ---

const atKdc = suite('sealed.json: requests at a KDC')
const PATHS = ['/userinfo', '/listen', '/logout']
const pathOf = (route: SealedRoute) => PATHS.find((path) => route === `POST ${path}`)

/** A KDC at the time of the vectors, whose only session has this token. */
async function kdcWith(key: Secret) {
  const kdc = await testKdc({ clock: () => vectors.now })
  const sid = sessionId(key)
  const sealedToken = sealStoredToken(kdc.masterKeys, sid, key)
  const times = { createdAt: vectors.now, expiresAt: vectors.now + 1000 }
  const session = { sid, username: 'alice', sealedToken, address: FAR_AWAY, ...times }
  assert.ok(await kdc.store.sessions.begin(session, PASSWORD))
  return async (path: string, sealed: Uint8Array) => {
    const init = { method: 'POST', headers: { 'Content-Type': SEALED_TYPE }, body: sealed }
    const response = await kdc.app.request(path, init, connectionFrom(FAR_AWAY))
    const type = response.headers.get('Content-Type')
    return { status: response.status, type, bytes: new Uint8Array(await response.arrayBuffer()) }
  }
}

for (const vector of vectors.requests) {
  const path = pathOf(vector.route)
  if (path === undefined) continue
  atKdc(`is answered sealed: ${vector.name}`, async () => {
    const key = secret(vector.token)
    const answer = await (await kdcWith(key))(path, bytes(vector.request))
    assert.is(answer.type, SEALED_TYPE)
    const reply = openReply(key, vector.route, bytes(vector.salt), answer.bytes)
    assert.equal([reply.status, reply.time], [answer.status, vectors.now])
    // Nobody listens in this realm, and there is no such account as __proto__.
    const expected = path === '/userinfo' ? (vector.token === '00'.repeat(32) ? 404 : 409) : 200
    assert.is(reply.status, expected)
  })
}

atKdc('the others are refused, with the code that the protocol says', async () => {
  const kdcs = new Map<string, Awaited<ReturnType<typeof kdcWith>>>()
  for (const vector of vectors.refused_requests) {
    const path = pathOf(vector.route)
    if (path === undefined) continue
    const key = secret(vector.token)
    const send = kdcs.get(vector.token) ?? (await kdcWith(key))
    kdcs.set(vector.token, send)
    const request = bytes(vector.request)
    const answer = await send(path, request)
    assert.ok(answer.status >= 400 && answer.status < 500, `${vector.name}: ${answer.status}`)
    const opens = vector.fault === 'fields' || vector.fault === 'clock'
    if (opens) assert.is(answer.type, SEALED_TYPE, vector.name)
    const body = opens
      ? openReply(key, vector.route, parseSealedRequest(request).salt, answer.bytes).body
      : JSON.parse(fromUtf8(answer.bytes))
    if (vector.code !== null) assert.is((body as { code: string }).code, vector.code, vector.name)
  }
  assert.is(kdcs.size, 2)
})

atKdc.run()

// --- Replies ---

const replies = suite('sealed.json: replies')

for (const vector of vectors.replies) {
  replies(`opens: ${vector.name}`, () => {
    const [key, salt] = [secret(vector.token), bytes(vector.request_salt)]
    const { status, time, body } = JSON.parse(fromUtf8(bytes(vector.json)))
    assert.equal(openReply(key, vector.route, salt, bytes(vector.reply)), { status, time, body })
  })

  if (!vector.compact) continue
  replies(`is made byte for byte: ${vector.name}`, () => {
    const [key, salt] = [secret(vector.token), bytes(vector.request_salt)]
    const json = JSON.parse(fromUtf8(bytes(vector.json)))
    assert.is(hex(sealReply(key, vector.route, salt, json, prepared(vector.reply_salt))), vector.reply)
  })
}

for (const vector of vectors.refused_replies) {
  replies(`is refused (${vector.fault}): ${vector.name}`, () => {
    throws(
      () => openReply(secret(vector.token), vector.route, bytes(vector.request_salt), bytes(vector.reply)),
      LIBRARY_CODES[vector.fault] ?? 'malformed',
    )
  })
}

replies.run()

// --- Whatever is inside ---

const any = suite('sealed: whatever is inside')

const someToken = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((key) => new Secret('session token', key))
const someSalt = fc.uint8Array({ minLength: 32, maxLength: 32 })
const someRoute = fc.constantFrom<SealedRoute>('POST /userinfo', 'POST /listen', 'POST /logout', 'GET /')
const someBody = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
const someReply = fc.record({
  status: fc.integer({ min: 100, max: 599 }),
  time: fc.nat({ max: 2 ** 40 }),
  body: fc.jsonValue(),
})

any('a request opens to what was sealed', () => {
  fc.assert(
    fc.property(someToken, someRoute, someBody, (key, route, body) => {
      const { bytes: sealed, salt } = sealRequest(key, route, body)
      const parsed = parseSealedRequest(sealed)
      assert.equal(parsed.sid, sessionId(key))
      assert.equal(parsed.salt, salt)
      assert.is(JSON.stringify(openRequest(parsed, key, route)), JSON.stringify(body))
    }),
  )
})

any('a reply opens to what was sealed', () => {
  fc.assert(
    fc.property(someToken, someRoute, someSalt, someReply, (key, route, salt, reply) => {
      const opened = openReply(key, route, salt, sealReply(key, route, salt, reply))
      assert.is(JSON.stringify(opened), JSON.stringify(reply))
    }),
  )
})

any('what differs in the token, the route or the salt does not open', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(someToken, { minLength: 2, maxLength: 2, selector: (key) => key.toText() }),
      fc.uniqueArray(someRoute, { minLength: 2, maxLength: 2 }),
      fc.uniqueArray(someSalt, { minLength: 2, maxLength: 2, selector: hex }),
      someReply,
      (keys, routes, salts, reply) => {
        const [key, otherKey] = keys as [Secret, Secret]
        const [route, otherRoute] = routes as [SealedRoute, SealedRoute]
        const [salt, otherSalt] = salts as [Uint8Array, Uint8Array]
        const request = sealRequest(key, route, reply).bytes
        throws(() => open(request, otherKey, route), 'decryption_failed')
        throws(() => open(request, key, otherRoute), 'decryption_failed')
        const sealed = sealReply(key, route, salt, reply)
        throws(() => openReply(otherKey, route, salt, sealed), 'decryption_failed')
        throws(() => openReply(key, otherRoute, salt, sealed), 'decryption_failed')
        throws(() => openReply(key, route, otherSalt, sealed), 'decryption_failed')
        throws(() => open(sealed, key, route), sealed.length < 65 ? 'malformed' : 'decryption_failed')
        throws(() => openReply(key, route, salt, request), 'decryption_failed')
      },
    ),
  )
})

any('nothing with a bit changed, or cut anywhere, opens', () => {
  const [key, route, salt] = [secret('07'.repeat(32)), 'POST /listen' as SealedRoute, bytes('09'.repeat(32))]
  const whole = [
    {
      sealed: sealRequest(key, route, { port: 1 }).bytes,
      header: 49,
      read: (b: Uint8Array) => open(b, key, route),
    },
    {
      sealed: sealReply(key, route, salt, { status: 200, time: 1, body: {} }),
      header: 33,
      read: (b: Uint8Array) => openReply(key, route, salt, b),
    },
  ]
  for (const { sealed, header, read } of whole) {
    read(sealed)
    for (let bit = 0; bit < sealed.length * 8; bit++)
      throws(() => read(flipped(sealed, bit)), bit < 8 ? 'malformed' : 'decryption_failed')
    for (let length = 0; length < sealed.length; length++)
      throws(() => read(sealed.subarray(0, length)), length < header + 16 ? 'malformed' : 'decryption_failed')
  }
})

any('the same is never sealed with the same key: each has a salt of its own', () => {
  const [key, route, salt] = [secret('07'.repeat(32)), 'POST /listen' as SealedRoute, bytes('09'.repeat(32))]
  const reply = { status: 200, time: 1, body: {} }
  const sealed = [1, 2, 3].flatMap(() => [
    hex(sealRequest(key, route, {}).salt),
    hex(sealReply(key, route, salt, reply).subarray(1, 33)),
  ])
  assert.is(new Set(sealed).size, 6)
})

any('what is no JSON is not quoted', () => {
  const vector = vectors.refused_requests.find(({ name }) => name === 'not JSON')
  assert.ok(vector)
  try {
    open(bytes(vector.request), secret(vector.token), vector.route)
  } catch (error) {
    assert.not.match(inspect(error), /receiver|bob/)
    return
  }
  assert.unreachable()
})

any.run()
