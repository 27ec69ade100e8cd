import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, toBase64url, utf8 } from '../../src/lib/bytes.ts'
import { seal, ZERO_NONCE } from '../../src/lib/crypto/aead.ts'
import { hkdf } from '../../src/lib/crypto/hkdf.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { AcceptedTickets } from '../../src/lib/replay.ts'
import { createTicket, HEADER_BYTES, openTicket, sessionId } from '../../src/lib/ticket.ts'
import { throws } from '../helpers/throws.ts'
import { makeTicket, NOW, newToken } from '../helpers/tickets.ts'

const test = suite('ticket')

/** As bob, at NOW, with an empty memory. */
const openAsBob = (bytes: Uint8Array, token: Secret, now = NOW, accepted = new AcceptedTickets()) =>
  openTicket(bytes, token, { receiver: 'bob', accepted, clock: () => now })

test('tells the receiver who asked, from where, and the secret', () => {
  const token = newToken()
  const { bytes, ticket } = makeTicket(token)
  const opened = openAsBob(bytes, token)
  assert.equal({ ...opened, secret: opened.secret.toText() }, { ...ticket, secret: ticket.secret.toText() })
})

test('opens under the token it was made for and no other', () => {
  throws(() => openAsBob(makeTicket(newToken()).bytes, newToken()), 'ticket_not_for_us')
})

test('is another ticket each time, although it says the same', () => {
  const token = newToken()
  const { ticket } = makeTicket(token)
  const [one, two] = [createTicket(ticket, token), createTicket(ticket, token)]
  assert.not.equal(one.subarray(0, HEADER_BYTES), two.subarray(0, HEADER_BYTES))
  assert.not.equal(one.subarray(HEADER_BYTES), two.subarray(HEADER_BYTES))
})

test('can be made again byte for byte from the same randomness', () => {
  const token = newToken()
  const { ticket } = makeTicket(token)
  const randomBytes = (length: number) => new Uint8Array(length).fill(9)
  assert.equal(createTicket(ticket, token, { randomBytes }), createTicket(ticket, token, { randomBytes }))
})

test('is refused for any changed bit', () => {
  const token = newToken()
  const { bytes } = makeTicket(token)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const at = bit >> 3
    throws(
      () => openAsBob(changed, token),
      at === 0 ? 'ticket_version' : at <= 16 ? 'ticket_not_for_us' : 'ticket_damaged',
    )
  }
})

test('is refused at any other length', () => {
  const token = newToken()
  const { bytes } = makeTicket(token)
  for (let length = 0; length < bytes.length; length++) {
    throws(() => openAsBob(bytes.subarray(0, length), token), 'ticket_damaged')
  }
  throws(() => openAsBob(concat(bytes, Uint8Array.of(0)), token), 'ticket_damaged')
  throws(() => openAsBob(concat(bytes, new Uint8Array(5000)), token), 'ticket_damaged')
})

test('made by a stranger who knows the session id but not the token is refused', () => {
  const [token, strangers] = [newToken(), newToken()]
  const forged = makeTicket(strangers).bytes
  forged.set(sessionId(token), 1)
  throws(() => openAsBob(forged, token), 'ticket_damaged')
})

test('for another receiver is refused, even under the right token', () => {
  const token = newToken()
  throws(() => openAsBob(makeTicket(token, { receiver: 'carol' }).bytes, token), 'ticket_not_for_us')
})

test('is good for its time, give or take a minute', () => {
  const token = newToken()
  const { bytes } = makeTicket(token)
  throws(() => openAsBob(bytes, token, NOW - 61), 'ticket_not_yet_valid')
  openAsBob(bytes, token, NOW - 60)
  openAsBob(bytes, token, NOW + 300 + 59)
  throws(() => openAsBob(bytes, token, NOW + 300 + 60), 'ticket_expired')
})

test('is good once', () => {
  const token = newToken()
  const { bytes } = makeTicket(token)
  const accepted = new AcceptedTickets()
  openAsBob(bytes, token, NOW, accepted)
  throws(() => openAsBob(bytes, token, NOW, accepted), 'ticket_replayed')
  throws(() => openAsBob(bytes, token, NOW + 359, accepted), 'ticket_replayed')
})

test('that was refused for another reason takes no place in the memory', () => {
  const token = newToken()
  const accepted = new AcceptedTickets()
  const { bytes } = makeTicket(token)
  throws(() => openAsBob(bytes, token, NOW - 1000, accepted), 'ticket_not_yet_valid')
  assert.is(accepted.size, 0)
  openAsBob(bytes, token, NOW, accepted)
})

test('that holds something else is refused, and the error does not quote it', () => {
  const token = newToken()
  const good = {
    username: 'alice',
    ip_addr: '192.0.2.1',
    secret: toBase64url(new Uint8Array(32).fill(0x5a)),
    receiver: 'bob',
    issued_at: NOW,
    expires_at: NOW + 300,
  }
  const sealJson = (json: string) => {
    const header = concat(Uint8Array.of(1), sessionId(token), new Uint8Array(32))
    const key = hkdf(token.reveal(), new Uint8Array(32), 'symbolon/1 ticket')
    return concat(header, seal(key, ZERO_NONCE, header, utf8(json)))
  }
  openAsBob(sealJson(JSON.stringify({ ...good, more: 'is allowed' })), token)
  const wrong = [
    'not json',
    '[]',
    'null',
    JSON.stringify({ ...good, username: '../x' }),
    JSON.stringify({ ...good, ip_addr: 'example.com' }),
    JSON.stringify({ ...good, secret: `${good.secret}=` }),
    JSON.stringify({ ...good, secret: 'short' }),
    JSON.stringify({ ...good, issued_at: '1800000000' }),
    JSON.stringify({ ...good, expires_at: 1e300 }),
    ...Object.keys(good).map((missing) => JSON.stringify({ ...good, [missing]: undefined })),
  ]
  for (const json of wrong) {
    try {
      openAsBob(sealJson(json), token)
      assert.unreachable(json)
    } catch (error) {
      assert.is((error as { code: string }).code, 'ticket_damaged', json)
      assert.not.match(JSON.stringify([(error as Error).message, String((error as Error).cause)]), 'WlpaWlpa')
    }
  }
})

test('memory forgets only what has expired, and refuses rather than forget', () => {
  const accepted = new AcceptedTickets(20)
  const salt = (n: number) => new Uint8Array(32).fill(n)
  const ticket = (n: number, forgetAt: number) => ({ username: `user${n}`, forgetAt })
  for (let n = 0; n < 20; n++) assert.ok(accepted.add(salt(n), ticket(n, 100 + n), 50))
  throws(() => accepted.add(salt(99), ticket(99, 300), 99), 'request_refused')
  assert.not(accepted.add(salt(0), ticket(0, 100), 99))
  assert.ok(accepted.add(salt(99), ticket(99, 300), 100))
  assert.is(accepted.size, 20)
  assert.not(accepted.add(salt(1), ticket(1, 101), 100))
})

test('one sender cannot take up the memory of all', () => {
  const accepted = new AcceptedTickets(20)
  const salt = (n: number) => new Uint8Array(32).fill(n)
  const mallory = { username: 'mallory', forgetAt: 100 }
  assert.ok(accepted.add(salt(1), mallory, 50))
  assert.ok(accepted.add(salt(2), mallory, 50))
  throws(() => accepted.add(salt(3), mallory, 50), 'request_refused')
  assert.ok(accepted.add(salt(4), { username: 'carol', forgetAt: 100 }, 50))
  // Her share is free again when her tickets have expired.
  assert.ok(accepted.add(salt(5), { ...mallory, forgetAt: 200 }, 100))
})

test.run()
