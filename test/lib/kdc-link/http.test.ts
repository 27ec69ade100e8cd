/** What a KDC, or whoever answers in its place, may send. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { httpLink } from '../../../src/lib/kdc-link/http.ts'
import { rejects } from '../../helpers/throws.ts'

const http = suite('requests to a KDC')

/** The outcome of the last of some requests, one after the other, to a server that answers so, and over how many connections they came. */
async function post(answer: RequestListener, times = 1) {
  let connections = 0
  const server = createServer(answer).on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const link = await httpLink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const once = () => link.post('/mailbox', 'application/json', new Uint8Array(0))
  try {
    for (let n = 1; n < times; n++) await once()
    return { ...(await once()), connections }
  } finally {
    await link.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const MIB = 1024 * 1024

http('an answer of 4 MiB is taken', async () => {
  const { status, type, body } = await post((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' })
      .end(Buffer.alloc(4 * MIB, 7))
  })
  assert.equal([status, type, body.length], [200, 'application/json', 4 * MIB])
  assert.ok(body.every((byte) => byte === 7))
})

http('a longer one is not, whether it says how long it is or not', async () => {
  await rejects(
    post((_request, response) => response.end(Buffer.alloc(5_000_000))),
    'kdc_unreachable',
  )
  let error: unknown
  const unsaid = post((_request, response) => {
    response.write(Buffer.alloc(4 * MIB))
    response.end(Buffer.alloc(1))
  })
  await unsaid.catch((caught) => {
    error = caught
  })
  assert.match((error as Error)?.message, 'its answer is too large for a KDC')
})

http('one without an end is given up at the limit, and its connection let go', async () => {
  let closed: Promise<unknown> | undefined
  const endless = post((_request, response) => {
    closed = new Promise((resolve) => response.once('close', resolve))
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once('drain', more)
    }
    more()
  })
  await rejects(endless, 'kdc_unreachable')
  await closed
})

http('requests one after the other come over one connection', async () => {
  const { connections } = await post((_request, response) => response.end('{}'), 5)
  assert.is(connections, 1)
})

http.run()
