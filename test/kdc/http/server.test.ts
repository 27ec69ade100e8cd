/** The HTTP server around the app: what strangers send at it, and its end. */
import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fetch } from '../../../src/kdc/http/server.ts'
import type { PasswordChecker } from '../../../src/kdc/passwords/passwords.ts'
import { Connections } from '../../../src/kdc/traffic/connections.ts'
import { CONNECTION_LIMITS, type ConnectionLimits } from '../../../src/kdc/traffic/limits.ts'
import { at, PASSWORD, plainPasswords, testKdc } from '../../helpers/kdc.ts'
import { dial, exchange } from '../../helpers/raw-http.ts'
import { serverOf } from '../../helpers/servers.ts'

const server = suite('serve')
const serve = serverOf(server)

const LOOPBACK = { host: '127.0.0.1', port: 0 }

async function start(fetch?: Fetch, limits: Partial<ConnectionLimits> = {}) {
  const kdc = await testKdc()
  const listening = await serve(fetch ?? kdc.app.fetch, { ...LOOPBACK, limits })
  return { ...kdc, ...listening }
}

function problemIn(answer: string): { status: number; code: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, /content-type: application\/problem\+json/i)
  assert.match(head, /connection: close/i)
  assert.match(head, /cache-control: no-store/i)
  const { status, code } = JSON.parse(body)
  assert.match(head, `HTTP/1.1 ${status} `)
  return { status, code }
}

server('serves the app', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'alice', password: PASSWORD }),
  })
  assert.is(response.status, 200)
  assert.is(response.headers.get('Cache-Control'), 'no-store')
})

server('sees the address of who is asking', async () => {
  const { url, store } = await start()
  await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'bob', password: PASSWORD, port: 4444 }),
  })
  assert.equal((await store.sessions.findListener('bob', at(0)))?.endpoint, {
    address: '127.0.0.1',
    port: 4444,
  })
})

const BROKEN: Record<string, string> = {
  'what is not HTTP': 'hello?\r\n\r\n',
  'a TLS greeting': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a header without a colon': 'GET / HTTP/1.1\r\nHost x\r\n\r\n',
  'two lengths': 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
  'a length beside chunks':
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a chunk of no size':
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  'one length twice': 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n',
  'a length that is no number': 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n12345',
  'chunks that are not the last coding':
    'POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n',
  'chunks in HTTP/1.0': 'POST /login HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a header that goes on in the next line': 'GET /healthz HTTP/1.1\r\nHost: x\r\nX: 1\r\n 2\r\n\r\n',
  'a space before a colon': 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n12345',
  'no Host': 'GET /healthz HTTP/1.1\r\n\r\n',
  'two Hosts': 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'one Host twice': 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n',
  'two Hosts in HTTP/1.0': 'GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n',
  'a Host that makes no URL': 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n',
}

for (const [what, text] of Object.entries(BROKEN)) {
  server(`${what} is answered with 400 and closed`, async () => {
    const { url, log } = await start()
    assert.equal(problemIn(await exchange(url, text)), { status: 400, code: 'malformed_http' })
    assert.equal(log.events, [])
  })
}

for (const version of ['1.0', '1.1']) {
  server(`a load balancer’s look at its health is answered (HTTP/${version})`, async () => {
    const { url } = await start()
    const host = version === '1.0' ? '' : 'Host: 10.0.0.7\r\nConnection: close\r\n'
    assert.match(await exchange(url, `GET /healthz HTTP/${version}\r\n${host}\r\n`), /^HTTP\/1.1 200 /)
  })
}

server('headers beyond the limit are answered with 431 and closed', async () => {
  const { url } = await start()
  const text = `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`
  assert.equal(problemIn(await exchange(url, text)), { status: 431, code: 'headers_too_large' })
})

const SLOW = {
  'before its first word': '',
  'in its headers': 'GET /healthz HTTP/1.1\r\nHost: x\r\nX: ',
  'in its body':
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"username"',
}

for (const [where, text] of Object.entries(SLOW)) {
  server(`who stops ${where} is answered with 408 and closed`, async () => {
    const { url, log } = await start(undefined, { requestTimeoutMs: 50 })
    assert.equal(problemIn(await exchange(url, text)), { status: 408, code: 'request_timeout' })
    assert.equal(log.events, [])
  })
}

server('a connection that asks nothing more is closed, after as long as it was told', async () => {
  for (const [keepAliveTimeoutMs, told] of [
    [20, 'timeout=0'],
    [90_000, 'timeout=90'],
  ] as const) {
    const { url, close } = await start(undefined, { keepAliveTimeoutMs })
    const socket = await dial(url)
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    const answer = String((await once(socket, 'data'))[0])
    assert.match(answer, /^HTTP\/1.1 200/)
    assert.match(answer, `Keep-Alive: ${told}\r\n`)
    socket.resume()
    if (keepAliveTimeoutMs < 1000) await once(socket, 'close')
    socket.destroy()
    await close()
  }
})

server('who goes away in the middle of a body is nobody’s error', async () => {
  const { url, close, log } = await start()
  const socket = await dial(url)
  socket.end(SLOW['in its body'])
  socket.resume()
  await once(socket, 'close')
  assert.is((await fetch(`${url}/healthz`)).status, 200)
  await close()
  assert.equal(log.events, [])
})

server('a body too large is answered with 413, though it never ends', async () => {
  const { url } = await start()
  const head = 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const socket = await dial(url)
  socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n4e20\r\n${'x'.repeat(20_000)}`)
  const [answer] = await once(socket, 'data')
  assert.equal(problemIn(String(answer)), { status: 413, code: 'body_too_large' })
  socket.destroy()
})

server('connections beyond the limit are closed', async () => {
  const { url } = await start(undefined, { maxConnections: 1 })
  const first = await dial(url)
  const second = await dial(url)
  second.resume()
  await once(second, 'close')
  first.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(String((await once(first, 'data'))[0]), 'HTTP/1.1 200')
  first.destroy()
})

server('a crowd that asks nothing keeps nobody out: the oldest gives way', async () => {
  const { url } = await start(undefined, { maxSilent: 2 })
  const crowd = [await dial(url), await dial(url)]
  const gone = once(crowd[0]?.resume() as Socket, 'close')
  const asking = await dial(url)
  await gone
  asking.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(String((await once(asking, 'data'))[0]), 'HTTP/1.1 200')
  asking.destroy()
  crowd[1]?.destroy()
})

server('who has gone is not counted: the next to give way is the oldest that is left', async () => {
  // Longer than the test may take: nobody is to go for being slow.
  const { url } = await start(undefined, { maxSilent: 1, requestTimeoutMs: 600_000 })
  let last = await dial(url)
  for (let i = 0; i < 3; i++) {
    const gone = once(last.resume(), 'close')
    last = await dial(url)
    await gone
  }
  last.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(String((await once(last, 'data'))[0]), 'HTTP/1.1 200')
  last.destroy()
})

server('of two connections from one port the second is counted when the first is gone', () => {
  const connections = new Connections(CONNECTION_LIMITS)
  const ends = { localAddress: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: 40_000 }
  const [first, second] = [new EventEmitter(), new EventEmitter()].map((socket) =>
    Object.assign(socket, ends),
  ) as unknown as [Socket, Socket]
  connections.add(first)
  connections.add(second)
  // A client may take its port again before we have heard of the end of what it had there.
  first.emit('close')
  assert.is(connections.size, 1)
  second.emit('close')
  assert.is(connections.size, 0)
})

server('a login of somebody who has gone away is known to be abandoned', async () => {
  let asked = (_signal: AbortSignal | undefined) => {}
  const signal = new Promise<AbortSignal | undefined>((resolve) => {
    asked = resolve
  })
  const check: PasswordChecker['check'] = async (_username, _password, _record, given) => {
    asked(given)
    return new Promise(() => {})
  }
  const { app } = await testKdc({ passwords: { ...plainPasswords, check } })
  const { url } = await serve(app.fetch, LOOPBACK)
  const client = await dial(url)
  const body = JSON.stringify({ username: 'alice', password: 'x' })
  const headers = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  client.write(`POST /login HTTP/1.1\r\n${headers}\r\n${body}`)
  const given = await signal
  client.destroy()
  assert.ok(given)
  if (!given.aborted) await once(given, 'abort')
})

/** An app that answers when it is told to. */
function patientApp() {
  let answer = () => {}
  let asked = () => {}
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  const fetch: Fetch = () => {
    asked()
    return new Promise((resolve) => {
      answer = () => resolve(new Response('done', { headers: { Connection: 'close' } }))
    })
  }
  return { fetch, arrived, answer: () => answer() }
}

server('at its end finishes what is under way, and accepts nobody', async () => {
  const app = patientApp()
  // Longer than the test may take: a connection that is left open fails it.
  const { url, close } = await start(app.fetch, { drainTimeoutMs: 600_000 })
  const idle = await dial(url)
  idle.resume()
  const idleClosed = once(idle, 'close')
  const underWay = fetch(url)
  await app.arrived
  const closed = close()
  const refused = connect(Number(new URL(url).port), '127.0.0.1')
  const [error] = await once(refused, 'error')
  assert.is(error.code, 'ECONNREFUSED')
  app.answer()
  assert.is(await (await underWay).text(), 'done')
  await Promise.all([closed, idleClosed])
})

server('does not wait for ever for what is under way', async () => {
  const app = patientApp()
  const { url, close } = await start(app.fetch, { drainTimeoutMs: 20 })
  const underWay = fetch(url).then(
    () => 'answered',
    () => 'cut off',
  )
  await app.arrived
  await close()
  assert.is(await underWay, 'cut off')
})

server('says which port is in use', async () => {
  const { url, app } = await start()
  try {
    await serve(app.fetch, { host: '127.0.0.1', port: Number(new URL(url).port) })
    assert.unreachable()
  } catch (error) {
    assert.is((error as { code?: string }).code, 'EADDRINUSE')
  }
})

server('writes an IPv6 address in its URL', async () => {
  const { app } = await testKdc()
  const { url } = await serve(app.fetch, { host: '::1', port: 0 })
  assert.match(url, /^http:\/\/\[::1\]:\d+$/)
  assert.is((await fetch(`${url}/healthz`)).status, 200)
})

server.run()
