/** A KDC that says where to call, and what to say there. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { httpLink } from '../../../src/lib/kdc-link/http.ts'
import { judgeDestination, type KdcPlace, looksLikeText } from '../../../src/lib/network/destination.ts'
import { login } from '../../../src/lib/session.ts'
import { KDC, ScriptedKdc, userinfoReply } from '../../helpers/scripted-kdc.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('where a sender lets the KDC send it')

const HERE: KdcPlace = { address: '127.0.0.1' }
const ELSEWHERE: KdcPlace = { address: '198.51.100.7' }

/** A service on this machine that takes orders, and what it was sent. */
async function service() {
  let heard = ''
  const server = createServer((socket) => {
    socket.setEncoding('latin1').on('data', (text) => {
      heard += text
      socket.destroy()
    })
    socket.on('error', () => {})
  })
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => ({ connections, heard }),
    close: () => server.close(),
  }
}

/** A ticket as only a hostile KDC makes one. */
const ticketOf = (text: string) => Buffer.concat([Buffer.of(1), Buffer.from(text, 'latin1'), randomBytes(80)])

/** What alice's connection ends with, and how often she has asked. */
async function connectTo(fields: Parameters<typeof userinfoReply>[0], place: KdcPlace) {
  const kdc = new ScriptedKdc({ '/userinfo': () => userinfoReply(fields) })
  const session = await login(KDC, 'alice', 'pw', { link: { ...kdc.link, place } })
  const error = await session.connect('bob', { handshakeTimeoutMs: 1000 }).catch((error) => error)
  return { code: error.code, asked: kdc.asked.filter(({ path }) => path === '/userinfo').length }
}

test('a KDC elsewhere cannot have a service of this machine called', async () => {
  const { port, close, ...spy } = await service()
  for (const ip_addr of [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0.0.0.0',
    '::',
  ]) {
    const { code } = await connectTo({ ip_addr, port }, ELSEWHERE)
    assert.is(code, 'peer_unreachable', ip_addr)
  }
  assert.equal(spy.heard(), { connections: 0, heard: '' })
  close()
})

test('one on this machine cannot have it given orders in a ticket', async () => {
  const { port, close, ...spy } = await service()
  for (const text of [
    '\r\nFLUSHALL\r\n',
    '\nset x 0 0 1\n',
    'GET / HTTP/1.0\r\n\r\n',
    '\x00\xffCONFIG SET dir /tmp\xff',
  ]) {
    const { code, asked } = await connectTo({ port, senderinfo: toBase64url(ticketOf(text)) }, HERE)
    assert.is(code, 'malformed', text)
    // What chance made would not come again.
    assert.is(asked, 3)
  }
  for (const senderinfo of ['', 'AAAA', toBase64url(randomBytes(64)), toBase64url(Buffer.alloc(100, 2))]) {
    const { code } = await connectTo({ port, senderinfo }, HERE)
    assert.is(code, 'malformed')
  }
  assert.equal(spy.heard(), { connections: 0, heard: '' })
  close()
})

test('receivers are where programs of people can be', () => {
  const judge = (host: string, kdc = ELSEWHERE, port = 40_000) => judgeDestination('bob', host, port, kdc)
  const fine = ['192.0.2.1', '10.0.0.7', '192.168.1.20', '100.64.0.9', '2001:db8::7', 'fd00::7', '8.8.8.8']
  for (const host of fine) assert.is(judge(host), host)
  // What is judged is what is called.
  assert.is(judge('::ffff:10.0.0.7'), '10.0.0.7')
  assert.is(judge('::FFFF:0a00:0007'), '10.0.0.7')
  const never = [
    ...['0.0.0.0', '0.1.2.3', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '192.0.0.170'],
    ...[
      '::',
      'ff02::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      '::7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ],
    ...['2001:0:7f00:1::', '::ffff:0.0.0.0', '::ffff:224.0.0.1', '::1%lo', '100::1'],
    ...['0177.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', 'localhost', 'bob.example', '', ' 10.0.0.1'],
  ]
  for (const kdc of [HERE, ELSEWHERE]) {
    for (const host of never) throws(() => judge(host, kdc), 'peer_unreachable')
    for (const port of [0, 22, 25, 80, 443, 1023])
      throws(() => judge('10.0.0.7', kdc, port), 'peer_unreachable')
  }
})

test('this machine, and its link, are for a KDC that is there itself', () => {
  const judge = (host: string, kdc: KdcPlace) => judgeDestination('bob', host, 40_000, kdc)
  const ours = ['127.0.0.1', '127.0.0.2', '::1']
  const here = ['127.0.0.1', '::ffff:127.0.0.1', '::1', '[::1]', 'localhost'].map((address) => ({ address }))
  for (const kdc of [...here, { address: '192.168.1.5', isOurs: true }]) {
    for (const host of [...ours, '169.254.1.2', '192.168.1.9']) assert.is(judge(host, kdc), host)
  }
  for (const address of ['192.168.1.5', '198.51.100.7', '2001:db8::1', 'kdc.example', 'localhost.example']) {
    for (const host of [...ours, '169.254.169.254'])
      throws(() => judge(host, { address }), 'peer_unreachable')
  }
  assert.is(judge('169.254.1.2', { address: '169.254.1.1' }), '169.254.1.2')
  throws(() => judge('127.0.0.1', { address: '169.254.1.1' }), 'peer_unreachable')
})

test('a ticket is hardly ever taken for text, and one with a line in it always', () => {
  let taken = 0
  for (let i = 0; i < 20_000; i++) if (looksLikeText(Buffer.concat([Buffer.of(1), randomBytes(350)]))) taken++
  // Some 1.5 of them are to be expected.
  assert.ok(taken < 20, `${taken}`)
  for (let i = 0; i < 100; i++) {
    const line = `${'\n'}${'x'.repeat(6 + i)}\n`
    assert.ok(
      looksLikeText(Buffer.concat([Buffer.of(1), randomBytes(i), Buffer.from(line), randomBytes(64)])),
    )
  }
})

test('a link knows where the server was that it has reached, whatever its name', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const link = await httpLink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  assert.is(link.place, undefined)
  await link.post('/x', 'application/json', new Uint8Array())
  assert.equal(link.place, { address: '127.0.0.1', isOurs: true })
  await link.close()
  server.close()
})

test.run()
