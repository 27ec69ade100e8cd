/** Answers that come before their request is whole. */
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Fetch, serve } from '../../../src/kdc/http/server.ts'
import type { ConnectionLimits } from '../../../src/kdc/traffic/limits.ts'
import { testKdc } from '../../helpers/kdc.ts'
import { dial } from '../../helpers/raw-http.ts'

const early = suite('early answers')

const MEBIBYTE = 'x'.repeat(1024 * 1024)
const HEAD = 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

/** Longer than a test may take: what is not the limit under test ends nothing. */
const PATIENT = { requestTimeoutMs: 600_000, answerTimeoutMs: 600_000, discardTimeoutMs: 600_000 }

async function start(limits: Partial<ConnectionLimits> = {}) {
  const { app } = await testKdc()
  return serve(app.fetch, { host: '127.0.0.1', port: 0, limits: { ...PATIENT, ...limits } })
}

/** Sends it all before it looks at what has come back, as many clients do. */
async function sendThenRead(url: string, pieces: readonly string[]): Promise<string> {
  const socket = await dial(url)
  const failed = new Promise<never>((_, reject) => socket.once('error', reject))
  // It is looked at below.
  failed.catch(() => {})
  socket.pause()
  for (const piece of pieces) {
    await Promise.race([failed, new Promise<void>((resolve) => socket.write(piece, () => resolve()))])
  }
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

const length = (bytes: number) => `${HEAD}Content-Length: ${bytes}\r\n\r\n`
const LONG: Record<string, { pieces: string[]; status: number; code: string }> = {
  'a body too large': {
    pieces: [length(8 * MEBIBYTE.length), ...Array<string>(8).fill(MEBIBYTE)],
    status: 413,
    code: 'body_too_large',
  },
  'a body too large, in chunks': {
    pieces: [
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array<string>(8).fill(`100000\r\n${MEBIBYTE}\r\n`),
      '0\r\n\r\n',
    ],
    status: 413,
    code: 'body_too_large',
  },
  'a long body for nothing that there is': {
    pieces: [length(8 * MEBIBYTE.length).replace('/login', '/nothing'), ...Array<string>(8).fill(MEBIBYTE)],
    status: 404,
    code: 'not_found',
  },
}

for (const [what, { pieces, status, code }] of Object.entries(LONG)) {
  early(`${what} is read to its end, so that its sender learns what is wrong`, async () => {
    const { url, close } = await start()
    const answer = await sendThenRead(url, pieces)
    assert.match(answer, `HTTP/1.1 ${status} `)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    assert.is(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).code, code)
    await close()
  })
}

early('what is read on for nothing has a limit in bytes', async () => {
  const { url, close } = await start({ maxDiscardBytes: 1000 })
  const socket = await dial(url)
  socket.write(`${length(1_000_000)}${'x'.repeat(10)}`)
  assert.match(String((await once(socket, 'data'))[0]), 'HTTP/1.1 413')
  socket.resume()
  socket.write('x'.repeat(2000))
  await once(socket, 'close')
  await close()
})

early('and in time', async () => {
  const { url, close } = await start({ discardTimeoutMs: 20 })
  const socket = await dial(url)
  socket.write(`${length(1_000_000)}${'x'.repeat(10)}`)
  assert.match(String((await once(socket, 'data'))[0]), 'HTTP/1.1 413')
  socket.resume()
  await once(socket, 'close')
  await close()
})

early('of a few at a time: the others wait, and are read when their turn comes', async () => {
  const { url, close } = await start({ maxDiscards: 1 })
  const first = await dial(url)
  first.write(`${length(MEBIBYTE.length)}x`)
  assert.match(String((await once(first, 'data'))[0]), 'HTTP/1.1 413')
  const second = await dial(url)
  let written = false
  second.write(`${length(32 * MEBIBYTE.length)}${MEBIBYTE.repeat(32)}`, () => {
    written = true
  })
  assert.match(String((await once(second, 'data'))[0]), 'HTTP/1.1 413')
  for (let i = 0; i < 20; i++) assert.is((await fetch(`${url}/healthz`)).status, 200)
  assert.is(written, false)
  first.destroy()
  await once(second.resume(), 'close')
  assert.is(written, true)
  await close()
})

early('and where many wait already, nothing more is read', async () => {
  const { url, close } = await start({ maxDiscards: 1, maxWaitingDiscards: 0 })
  const [first, second] = [await dial(url), await dial(url)]
  for (const socket of [first, second]) {
    socket.write(`${length(MEBIBYTE.length)}x`)
    assert.match(String((await once(socket, 'data'))[0]), 'HTTP/1.1 413')
  }
  await once(second.resume(), 'close')
  assert.is(first.destroyed, false)
  first.destroy()
  await close()
})

early('an answer that its client does not read is given up in time', async () => {
  const body = MEBIBYTE.repeat(64)
  let closed: Promise<unknown> | undefined
  const answer: Fetch = (_request, { outgoing }) => {
    closed = once(outgoing, 'close')
    return new Response(body)
  }
  const limits = { ...PATIENT, answerTimeoutMs: 20 }
  const { url, close } = await serve(answer, { host: '127.0.0.1', port: 0, limits })
  const socket = await dial(url)
  socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  await closed
  let length = 0
  socket.on('data', (chunk) => {
    length += chunk.length
  })
  await once(socket, 'close')
  assert.ok(length > 0 && length < body.length, `${length} bytes`)
  await close()
})

early('an ordinary client goes on with another request after one that was refused', async () => {
  const { url, close } = await start()
  const body = MEBIBYTE
  const headers = { 'Content-Type': 'application/json' }
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${url}/login`, { method: 'POST', headers, body })
    assert.is(response.status, 413)
    assert.is(((await response.json()) as { code: string }).code, 'body_too_large')
  }
  assert.is((await fetch(`${url}/healthz`)).status, 200)
  await close()
})

early.run()
