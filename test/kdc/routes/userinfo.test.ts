import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromBase64url } from '../../../src/lib/bytes.ts'
import { AcceptedTickets } from '../../../src/lib/replay.ts'
import { openTicket } from '../../../src/lib/ticket.ts'
import { START, secretOf, testKdc } from '../../helpers/kdc.ts'
import { throws } from '../../helpers/throws.ts'

const userinfo = suite('userinfo')

const open = (senderinfo: string, token: string, receiver: string, now = START) =>
  openTicket(fromBase64url(senderinfo), secretOf(token), {
    receiver,
    accepted: new AcceptedTickets(),
    clock: () => now,
  })

userinfo('gives the receiver’s address, a secret, and a ticket with the same secret inside', async () => {
  const kdc = await testKdc({ allowPlaintext: true })
  const bob = await kdc.login('bob', 4444, '192.0.2.7')
  const alice = await kdc.login('alice')
  kdc.time.now += 10
  const { status, json } = await kdc.post(
    '/userinfo',
    { username: 'alice', token: alice, receiver: 'bob' },
    '198.51.100.3',
  )
  assert.is(status, 200)
  const { senderinfo, secret, ...rest } = json
  assert.equal(rest, { ip_addr: '192.0.2.7', port: 4444, expires_at: START + 310, time: START + 10 })
  const { secret: sealed, ...ticket } = open(senderinfo, bob, 'bob')
  assert.equal(ticket, {
    username: 'alice',
    ipAddress: '198.51.100.3',
    receiver: 'bob',
    issuedAt: START + 10,
    expiresAt: START + 310,
  })
  assert.is(sealed.toText(), secret)
})

userinfo('seals the ticket for the listening session and for nobody else', async () => {
  const kdc = await testKdc()
  const [bob, bobElsewhere] = [await kdc.login('bob', 4444), await kdc.login('bob')]
  const [alice, carol] = [await kdc.login('alice'), await kdc.login('carol', 5555)]
  const { json } = await kdc.post('/userinfo', { username: 'alice', token: alice, receiver: 'bob' })
  assert.is(open(json.senderinfo, bob, 'bob').username, 'alice')
  for (const other of [bobElsewhere, alice, carol]) {
    throws(() => open(json.senderinfo, other, 'bob'), 'ticket_not_for_us')
  }
})

userinfo('gives another secret and another ticket each time', async () => {
  const kdc = await testKdc()
  await kdc.login('bob', 4444)
  const request = { username: 'alice', token: await kdc.login('alice'), receiver: 'bob' }
  const [first, second] = [await kdc.post('/userinfo', request), await kdc.post('/userinfo', request)]
  assert.is.not(first.json.secret, second.json.secret)
  assert.is.not(first.json.senderinfo, second.json.senderinfo)
})

userinfo('writes an IPv4 address that came to an IPv6 socket as IPv4', async () => {
  const kdc = await testKdc({ allowPlaintext: true })
  const bob = await kdc.login('bob', 4444, '::ffff:192.0.2.7')
  const request = { username: 'alice', token: await kdc.login('alice'), receiver: 'bob' }
  const { json } = await kdc.post('/userinfo', request, '::ffff:198.51.100.3')
  assert.is(json.ip_addr, '192.0.2.7')
  assert.is(open(json.senderinfo, bob, 'bob').ipAddress, '198.51.100.3')
})

userinfo('leaves an IPv6 address alone', async () => {
  const kdc = await testKdc({ allowPlaintext: true })
  await kdc.login('bob', 4444, '2001:db8::7')
  const request = { username: 'alice', token: await kdc.login('alice'), receiver: 'bob' }
  assert.is((await kdc.post('/userinfo', request)).json.ip_addr, '2001:db8::7')
})

userinfo('tells a receiver who is away from one who does not exist', async () => {
  const kdc = await testKdc()
  await kdc.login('bob')
  const request = { username: 'alice', token: await kdc.login('alice') }
  const offline = await kdc.post('/userinfo', { ...request, receiver: 'bob' })
  assert.equal([offline.status, offline.json.code], [409, 'receiver_offline'])
  for (const receiver of ['nobody', '__proto__', 'constructor']) {
    const unknown = await kdc.post('/userinfo', { ...request, receiver })
    assert.equal([unknown.status, unknown.json.code], [404, 'receiver_unknown'])
  }
})

userinfo('takes a receiver whose session has expired for one who is away', async () => {
  const kdc = await testKdc({ sessionLifetimeSec: 100 })
  await kdc.login('bob', 4444)
  kdc.time.now += 100
  const request = { username: 'alice', token: await kdc.login('alice'), receiver: 'bob' }
  assert.is((await kdc.post('/userinfo', request)).json.code, 'receiver_offline')
})

userinfo('is logged by names, without the secret', async () => {
  const kdc = await testKdc()
  await kdc.login('bob', 4444)
  await kdc.post('/userinfo', { username: 'alice', token: await kdc.login('alice'), receiver: 'BOB' })
  assert.equal(kdc.log.events.at(-1), {
    event: 'ticket_issued',
    fields: { sender: 'alice', receiver: 'bob' },
  })
})

userinfo.run()
