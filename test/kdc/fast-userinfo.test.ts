/** The direct way to `/userinfo` and the one through Hono, asked the same: they must answer the same. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assembleKdc, createApp } from '../../src/kdc/app.ts'
import { fastUserinfo } from '../../src/kdc/fast-userinfo.ts'
import { serve } from '../../src/kdc/http/server.ts'
import { ProxyList } from '../../src/kdc/network/ip.ts'
import { fromBase64url, toBase64url, utf8 } from '../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../src/lib/crypto/random.ts'
import { AcceptedTickets } from '../../src/lib/replay.ts'
import { openReply, SEALED_TYPE, sealRequest } from '../../src/lib/sealed.ts'
import { openTicket } from '../../src/lib/ticket.ts'
import { START, secretOf, testKdc } from '../helpers/kdc.ts'

const direct = suite('/userinfo, directly and through Hono')

const JSON_TYPE = 'application/json'

/** A KDC at two ports, with the direct way and without, and how often that was taken. */
async function twoWays(overrides: Parameters<typeof testKdc>[0] = {}) {
  const kdc = await testKdc(overrides)
  // From a proxy's own address nobody logs in.
  const from = overrides.proxies ? '::1' : undefined
  const bob = await kdc.login('bob', 4444, from)
  const alice = await kdc.login('alice', undefined, from)
  const routes = fastUserinfo(kdc.kdc)
  const count = { taken: 0 }
  const first = await serve(kdc.app.fetch, {
    host: '127.0.0.1',
    port: 0,
    direct: (request, response) => {
      const taken = routes(request, response)
      if (taken) count.taken++
      return taken
    },
  })
  const second = await serve(kdc.app.fetch, { host: '127.0.0.1', port: 0 })
  const close = async () => {
    await Promise.all([first.close(), second.close()])
    await kdc.store.close()
  }
  return { ...kdc, bob, alice, count, urls: [first.url, second.url] as const, close }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** Sends these bytes on a connection of their own, and reads one answer. */
async function exchange(url: string, bytes: Uint8Array): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  let got = Buffer.alloc(0)
  for await (const chunk of socket) {
    got = Buffer.concat([got, chunk])
    const end = got.indexOf('\r\n\r\n')
    if (end < 0) continue
    const [line = '', ...lines] = got.toString('latin1', 0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((text) => text.split(': ')).map(([name = '', value = '']) => [name.toLowerCase(), value]),
    )
    const body = got.subarray(end + 4)
    if (body.length < Number(headers['content-length'])) continue
    socket.destroy()
    return { status: Number(line.split(' ')[1]), headers, body }
  }
  throw new Error('no answer')
}

function http(body: string | Uint8Array, type = JSON_TYPE, more: string[] = [], line = 'POST /userinfo') {
  const head = [`${line} HTTP/1.1`, 'Host: 127.0.0.1:8800', `Content-Type: ${type}`, ...more]
  const length = more.some((header) => /^(Content-Length|Transfer-Encoding)/.test(header))
    ? []
    : [`Content-Length: ${typeof body === 'string' ? Buffer.byteLength(body) : body.length}`]
  return Buffer.concat([Buffer.from(`${[...head, ...length].join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}

const withHost = (body: string, host: string) =>
  Buffer.from(http(body).toString().replace('Host: 127.0.0.1:8800', `Host: ${host}`))

/** What does not differ from time to time. */
function lasting({ status, headers, body }: Answer) {
  const json = headers['content-type']?.includes('json') ? JSON.parse(body.toString()) : undefined
  const { secret: _s, senderinfo: _t, ...rest } = json ?? {}
  const { date: _d, 'content-length': _l, ...others } = headers
  return { status, headers: others, json: rest }
}

/** Sends the same both ways. @returns what came directly. */
async function both(ways: Awaited<ReturnType<typeof twoWays>>, bytes: Uint8Array, isTaken = true) {
  const before = ways.count.taken
  const answer = await exchange(ways.urls[0], bytes)
  assert.is(ways.count.taken - before, isTaken ? 1 : 0)
  assert.equal(lasting(answer), lasting(await exchange(ways.urls[1], bytes)))
  return { ...answer, json: lasting(answer).json }
}

direct('a plain request', async () => {
  const ways = await twoWays()
  const ask = JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'BOB' })
  const { status, body } = await both(ways, http(ask))
  assert.is(status, 200)
  const { secret, senderinfo, ...rest } = JSON.parse(body.toString())
  assert.equal(rest, { ip_addr: '127.0.0.1', port: 4444, expires_at: START + 300, time: START })
  const ticket = openTicket(fromBase64url(senderinfo), secretOf(ways.bob), {
    receiver: 'bob',
    accepted: new AcceptedTickets(),
    clock: () => START,
  })
  assert.is(ticket.secret.toText(), secret)
  assert.is(ticket.username, 'alice')
  assert.equal(ways.log.events.at(-1), {
    event: 'ticket_issued',
    fields: { sender: 'alice', receiver: 'bob' },
  })
  await ways.close()
})

direct('refusals of plain requests', async () => {
  const ways = await twoWays()
  const good = { username: 'alice', token: ways.alice, receiver: 'bob' }
  const codes: string[] = []
  for (const body of [
    { ...good, receiver: 'carol' },
    { ...good, receiver: 'nobody' },
    { ...good, receiver: 7 },
    { ...good, receiver: 'no name!' },
    { ...good, token: ways.bob },
    { ...good, token: 'x' },
    { ...good, username: 'bob' },
    [],
    null,
    'text',
  ]) {
    codes.push((await both(ways, http(JSON.stringify(body)))).json.code)
  }
  for (const body of ['', '{', Buffer.of(0xff, 0x22)]) codes.push((await both(ways, http(body))).json.code)
  assert.equal(codes, [
    'receiver_offline',
    'receiver_unknown',
    'invalid_request',
    'invalid_name',
    'token_unknown',
    'token_unknown',
    'token_unknown',
    'invalid_request',
    'invalid_request',
    'invalid_request',
    'malformed_json',
    'malformed_json',
    'malformed_json',
  ])
  ways.time.now += 3600
  assert.is((await both(ways, http(JSON.stringify(good)))).json.code, 'token_expired')
  await ways.store.close()
  const logged = ways.log.events.length
  assert.is((await both(ways, http(JSON.stringify(good)))).json.code, 'store_unavailable')
  const events = ways.log.events.slice(logged).map(({ event }) => event)
  assert.equal(events, ['store_unavailable', 'store_unavailable'])
  await ways.close()
})

const id = toBase64url(new Uint8Array(16).fill(3))
const sealedAsk = (
  token: string,
  fields: object = {},
  route: 'POST /userinfo' | 'POST /listen' = 'POST /userinfo',
) => sealRequest(secretOf(token), route, { id, time: START, receiver: 'bob', ...fields })

direct('sealed requests, and refusals inside the seal', async () => {
  const ways = await twoWays()
  const results: unknown[] = []
  for (const fields of [
    {},
    { receiver: 'carol' },
    { receiver: undefined },
    { id: 'short' },
    { time: START - 301 },
    { username: 'bob', token: 'whatever' },
  ]) {
    const { bytes, salt } = sealedAsk(ways.alice, fields)
    const { status, headers, body } = await both(ways, http(bytes, SEALED_TYPE))
    assert.is(headers['content-type'], SEALED_TYPE)
    const reply = openReply(secretOf(ways.alice), 'POST /userinfo', salt, body)
    assert.is(reply.status, status)
    assert.is(reply.time, START)
    // The one that came through Hono says the same.
    const other = await exchange(ways.urls[1], http(bytes, SEALED_TYPE))
    const second = openReply(secretOf(ways.alice), 'POST /userinfo', salt, other.body)
    const [a, b] = [reply, second].map(({ status, body }) => ({
      status,
      ...(body as { code?: string; port?: number }),
    }))
    assert.equal([a?.status, a?.code, a?.port], [b?.status, b?.code, b?.port])
    results.push(a?.code ?? a?.port)
  }
  assert.equal(results, [4444, 'receiver_offline', 'invalid_request', 'invalid_request', 'clock_wrong', 4444])
  await ways.close()
})

direct('what does not open is refused without a seal', async () => {
  const ways = await twoWays()
  const { bytes } = sealedAsk(ways.alice)
  const changed = Uint8Array.from(bytes)
  changed[60] = (changed[60] ?? 0) ^ 1
  const stranger = Uint8Array.from(bytes)
  stranger.fill(0, 1, 17)
  const cases: [Uint8Array, string][] = [
    [changed, 'request_refused'],
    [stranger, 'token_unknown'],
    [bytes.subarray(0, 40), 'request_refused'],
    [sealedAsk(ways.alice, {}, 'POST /listen').bytes, 'request_refused'],
    [utf8('{}'), 'request_refused'],
  ]
  for (const [body, code] of cases) assert.is((await both(ways, http(body, SEALED_TYPE))).json.code, code)
  await ways.close()
})

direct('a session that has ended, at whichever node, is known no more', async () => {
  const ways = await twoWays()
  const ask = http(JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' }))
  assert.is((await both(ways, ask)).status, 200)
  await ways.store.sessions.endOf('alice')
  assert.is((await both(ways, ask)).json.code, 'token_unknown')
  assert.is((await both(ways, http(sealedAsk(ways.alice).bytes, SEALED_TYPE))).json.code, 'token_unknown')
  await ways.close()
})

direct('what is not quite ordinary goes through Hono', async () => {
  const ways = await twoWays()
  const body = JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' })
  const chunked = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const cases: [Uint8Array, number][] = [
    [http(body, `${JSON_TYPE}; charset=utf-8`), 200],
    [http(body, 'text/plain'), 415],
    [http(body, JSON_TYPE, ['Origin: http://example.org']), 403],
    [http(body, JSON_TYPE, ['Content-Type: text/plain']), 415],
    [http(chunked, JSON_TYPE, ['Transfer-Encoding: chunked']), 200],
    [http(body, JSON_TYPE, ['X-Twice: 1', 'X-Twice: 2']), 200],
    [http(body, JSON_TYPE, ['Expect: 100-later']), 200],
    [http('x'.repeat(16_385)), 413],
    [http(body, JSON_TYPE, [], 'POST /userinfo?x=1'), 200],
    [http(body, JSON_TYPE, [], 'PUT /userinfo'), 405],
    [withHost(body, 'a b'), 400],
    [withHost(body, '1.2:1'), 400],
    [withHost(body, '256.1.1.1:1'), 400],
    [withHost(body, 'a.1:1'), 400],
    // Punycode that says nothing: no URL up to Node 22, one from 24 on.
    [withHost(body, 'xn--a:1'), URL.canParse('http://xn--a:1') ? 200 : 400],
    [withHost(body, 'kdc.example:65536'), 400],
    [withHost(body, 'kdc.example:'), 400],
    [Buffer.from(http(body).toString().replace('HTTP/1.1', 'HTTP/1.0')), 200],
  ]
  for (const [bytes, status] of cases) assert.is((await both(ways, bytes, false)).status, status)
  await ways.close()
})

direct('what is as long as a request may be is taken, and so is a Host of any ordinary kind', async () => {
  const ways = await twoWays()
  const body = JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' })
  assert.is((await both(ways, http(body.padEnd(16_384)))).status, 200)
  for (const host of ['kdc.example', 'kdc:64999', '192.0.2.1:1']) {
    assert.is((await both(ways, withHost(body, host))).status, 200)
  }
  await ways.close()
})

direct('what goes wrong at the KDC is told to its log, and to nobody else', async () => {
  let fails = false
  const ways = await twoWays({
    randomBytes(length) {
      if (fails) throw new Error('no entropy')
      return secureRandomBytes(length)
    },
  })
  fails = true
  const logged = ways.log.events.length
  const ask = JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' })
  const { json } = await both(ways, http(ask))
  assert.is(json.code, 'internal')
  assert.not(JSON.stringify(json).includes('entropy'))
  const events = ways.log.events.slice(logged)
  assert.equal(
    events.map(({ event, fields }) => [event, (fields as { path: string }).path]),
    Array(2).fill(['internal_error', '/userinfo']),
  )
  await ways.close()
})

direct('what a proxy passed on is judged as proxies are', async () => {
  for (const proxies of [undefined, new ProxyList(['127.0.0.1'])]) {
    const ways = await twoWays(proxies ? { proxies } : {})
    const body = JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' })
    const codes: unknown[] = []
    for (const claim of [
      'X-Forwarded-For: 192.0.2.9',
      'X-Forwarded-For: ::1',
      'X-Forwarded-For: nonsense',
      'Via: x',
    ]) {
      codes.push((await both(ways, http(body, JSON_TYPE, [claim]))).json.code)
    }
    codes.push(
      (await both(ways, http(sealedAsk(ways.alice).bytes, SEALED_TYPE, ['X-Forwarded-For: 192.0.2.9'])))
        .status,
    )
    const refused = 'plaintext_refused'
    assert.equal(
      codes,
      proxies
        ? [refused, undefined, 'malformed_http', refused, 200]
        : [refused, refused, refused, refused, 200],
    )
    await ways.close()
  }
})

direct('an answer leaves when its line is in the log, and says that the KDC stops', async () => {
  const order: string[] = []
  let isDraining = false
  const kdc = await testKdc()
  const log = {
    info: (_fields: object, event: string) => void order.push(event),
    warn: () => undefined,
    error: () => undefined,
    written: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('written')
    },
  }
  await kdc.login('bob', 4444)
  const alice = await kdc.login('alice')
  const assembled = assembleKdc({ ...kdc.kdc, log, isDraining: () => isDraining })
  const server = await serve(createApp(assembled).fetch, {
    host: '127.0.0.1',
    port: 0,
    direct: fastUserinfo(assembled),
  })
  const ask = http(JSON.stringify({ username: 'alice', token: alice, receiver: 'bob' }))
  isDraining = true
  const { status, headers } = await exchange(server.url, ask)
  order.push('answered')
  assert.is(status, 200)
  assert.is(headers.connection, 'close')
  assert.equal(order, ['ticket_issued', 'written', 'answered'])
  await server.close()
  await kdc.store.close()
})

direct('a client that goes in the middle of its request leaves nothing behind', async () => {
  const ways = await twoWays()
  const ask = http(JSON.stringify({ username: 'alice', token: ways.alice, receiver: 'bob' }))
  const { hostname, port } = new URL(ways.urls[0])
  const socket = connect(Number(port), hostname)
  socket.write(ask.subarray(0, -10))
  await once(socket, 'connect')
  while (ways.count.taken === 0) await new Promise((resolve) => setImmediate(resolve))
  socket.destroy()
  await once(socket, 'close')
  assert.is((await both(ways, ask)).status, 200)
  await ways.close()
})

direct.run()
