/** Requests that come on one connection before the last was answered, and answers that nobody reads. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Fetch, serve } from '../../../src/kdc/http/server.ts'
import type { ConnectionLimits } from '../../../src/kdc/traffic/limits.ts'
import { dial } from '../../helpers/raw-http.ts'

const turns = suite('turns')

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const PATIENT: Partial<ConnectionLimits> = { requestTimeoutMs: 600_000, keepAliveTimeoutMs: 600_000 }

/** An app that answers each request when it is told to. */
async function patientServer(limits: Partial<ConnectionLimits> = {}, body: () => string = () => 'done') {
  const asked: (() => void)[] = []
  const outgoing: ServerResponse[] = []
  let heard = () => {}
  const fetch: Fetch = (request, env) => {
    if (new URL(request.url).pathname === '/now') return new Response('now')
    outgoing.push(env.outgoing as ServerResponse)
    return new Promise((resolve) => {
      asked.push(() => resolve(new Response(body())))
      heard()
    })
  }
  const server = await serve(fetch, { host: '127.0.0.1', port: 0, limits: { ...PATIENT, ...limits } })
  const waitFor = async (count: number) => {
    while (asked.length < count) await new Promise<void>((resolve) => (heard = resolve))
  }
  /** Another client is answered: by then whatever else could happen has. */
  const breathe = async () => {
    for (let i = 0; i < 5; i++) assert.is(await (await fetch_(`${server.url}/now`)).text(), 'now')
  }
  return { ...server, asked, outgoing, waitFor, breathe }
}

const fetch_ = globalThis.fetch

turns('of one connection are answered one after the other, in order', async () => {
  let answers = 0
  const { url, asked, waitFor, breathe, close } = await patientServer({}, () => `answer ${++answers}`)
  const socket = await dial(url)
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  socket.write(GET.repeat(3))
  for (let turn = 1; turn <= 3; turn++) {
    await waitFor(turn)
    await breathe()
    assert.is(asked.length, turn, 'the next is not looked at before this one is answered')
    asked[turn - 1]?.()
  }
  while (!text.includes('answer 3')) await once(socket, 'data')
  assert.ok(text.indexOf('answer 1') < text.indexOf('answer 2'))
  socket.destroy()
  await close()
})

turns('that wait on one connection are few: with one more it ends', async () => {
  const { url, waitFor, close } = await patientServer({ maxPipelined: 2 })
  const socket = await dial(url)
  socket.write(GET.repeat(3))
  await waitFor(1)
  assert.is(socket.destroyed, false)
  socket.resume()
  socket.write(GET)
  await once(socket, 'close')
  await close()
})

for (const [what, header] of [
  ['long', 'Content-Length: 70000'],
  ['of unknown length', 'Transfer-Encoding: chunked'],
]) {
  turns(`whose bodies are ${what} do not wait behind another: their connection ends`, async () => {
    const { url, asked, waitFor, close } = await patientServer()
    const socket = await dial(url)
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.write(GET)
    await waitFor(1)
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`)
    await once(socket, 'close')
    assert.equal([asked.length, text], [1, ''])
    await close()
  })
}

turns('that wait when their connection ends are not looked at', async () => {
  const { url, asked, outgoing, waitFor, breathe, close } = await patientServer()
  const socket = await dial(url)
  socket.write(GET.repeat(3))
  await waitFor(1)
  const gone = once(outgoing[0] as ServerResponse, 'close')
  socket.destroy()
  await gone
  asked[0]?.()
  await breathe()
  assert.is(asked.length, 1)
  await close()
})

// More than the systems at both ends take in.
const LONG = 'x'.repeat(32 * 1024 * 1024)

turns('behind an answer that is not read wait', async () => {
  const { url, asked, outgoing, waitFor, breathe, close } = await patientServer({}, () => LONG)
  const socket = await dial(url)
  socket.pause()
  socket.write(GET.repeat(5))
  await waitFor(1)
  asked[0]?.()
  await breathe()
  assert.is(asked.length, 1)
  const gone = once(outgoing[0] as ServerResponse, 'close')
  socket.destroy()
  await gone
  await close()
})

turns('an answer that is not read in time ends its connection', async () => {
  const { url, asked, outgoing, waitFor, close } = await patientServer({ answerTimeoutMs: 20 }, () => LONG)
  const socket = await dial(url)
  socket.pause()
  socket.write(GET)
  await waitFor(1)
  const gone = once(outgoing[0]?.socket as Socket, 'close')
  asked[0]?.()
  await gone
  let read = 0
  socket.on('data', (chunk) => (read += chunk.length))
  const closed = once(socket, 'close')
  socket.resume()
  await closed
  assert.ok(read < LONG.length)
  await close()
})

turns('broken HTTP behind a request is not answered in the place of that', async () => {
  const { url, waitFor, close } = await patientServer()
  const socket = await dial(url)
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  socket.write(GET)
  await waitFor(1)
  socket.write('no HTTP\r\n\r\n')
  await once(socket, 'close')
  assert.is(text, '')
  await close()
})

turns.run()
