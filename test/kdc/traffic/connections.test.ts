/** Which connections give way when there are many. */
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Fetch, serve } from '../../../src/kdc/http/server.ts'
import { Connections } from '../../../src/kdc/traffic/connections.ts'
import { dial } from '../../helpers/raw-http.ts'

const crowds = suite('crowds')

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const PARTIAL = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'
// Longer than the test may take: nobody is to go for being slow.
const PATIENT = { requestTimeoutMs: 600_000, keepAliveTimeoutMs: 600_000 }
const answered: Fetch = async (request) => {
  await request.arrayBuffer()
  return new Response('done')
}

crowds(
  'who has asked once, and then sends a part of a request, gives way like whoever asks nothing',
  async () => {
    const limits = { ...PATIENT, maxSilent: 2 }
    const { url, close } = await serve(answered, { host: '127.0.0.1', port: 0, limits })
    const crowd: Socket[] = []
    for (let i = 0; i < 2; i++) {
      const socket = await dial(url)
      socket.write(GET)
      assert.match(String((await once(socket, 'data'))[0]), 'HTTP/1.1 200')
      socket.write(PARTIAL)
      crowd.push(socket)
    }
    const gone = once(crowd[0]?.resume() as Socket, 'close')
    const asking = await dial(url)
    await gone
    asking.write(GET)
    assert.match(String((await once(asking, 'data'))[0]), 'HTTP/1.1 200')
    for (const socket of [asking, ...crowd]) socket.destroy()
    await close()
  },
)

crowds('a full house has room for a newcomer, as long as one in it says nothing', async () => {
  const limits = { ...PATIENT, maxConnections: 3, maxSilent: 3 }
  const { url, close } = await serve(answered, { host: '127.0.0.1', port: 0, limits })
  const first = await dial(url)
  const gone = once(first.resume(), 'close')
  const others = [await dial(url), await dial(url)]
  await gone
  const last = others.at(-1) as Socket
  last.write(GET)
  assert.match(String((await once(last, 'data'))[0]), 'HTTP/1.1 200')
  for (const socket of others) socket.destroy()
  await close()
})

/** A connection without a network. */
function connection(remoteAddress: string, remotePort: number) {
  const socket = Object.assign(new EventEmitter(), {
    localAddress: '192.0.2.1',
    remoteAddress,
    remotePort,
    ended: false,
    destroy: () => {
      socket.ended = true
    },
  })
  return socket
}

const asSocket = (socket: object) => socket as Socket

crowds('the oldest of the largest crowd gives way, not an older one from elsewhere', () => {
  const connections = new Connections({ maxConnections: 100, maxSilent: 4 })
  const alone = connection('192.0.2.7', 1)
  const crowd = [1, 2, 3].map((i) => connection('2001:db8::7', i))
  const late = connection('198.51.100.7', 1)
  const later = connection('2001:db8::8', 1)
  for (const socket of [alone, ...crowd, late, later]) connections.add(asSocket(socket))
  assert.equal(
    [alone, ...crowd, late, later].map(({ ended }) => ended),
    [false, true, true, false, false, false],
    'one subnet is one crowd',
  )
})

crowds(
  'who is being answered does not give way, until the answer is out; from then on it is the newest',
  () => {
    const connections = new Connections({ maxConnections: 100, maxSilent: 2 })
    const [busy, ...others] = [1, 2, 3, 4, 5].map((i) => connection('192.0.2.7', i))
    const [one, two, three, four] = others
    assert.ok(busy && one && two && three && four)
    connections.add(asSocket(busy))
    const request = { socket: busy, complete: true, headers: {} } as unknown as IncomingMessage
    const response = new EventEmitter() as unknown as ServerResponse
    connections.note(request, response)
    for (const socket of [one, two, three]) connections.add(asSocket(socket))
    assert.equal(
      [busy, one, two, three].map(({ ended }) => ended),
      [false, true, false, false],
    )
    response.emit('close')
    connections.add(asSocket(four))
    assert.equal(
      [busy, two, three, four].map(({ ended }) => ended),
      [false, true, true, false],
    )
  },
)

crowds('who takes the last place, among those that are being answered, may ask', () => {
  const connections = new Connections({ maxConnections: 2, maxSilent: 2 })
  const [busy, newcomer] = [1, 2].map((i) => connection('192.0.2.7', i))
  assert.ok(busy && newcomer)
  connections.add(asSocket(busy))
  const request = { socket: busy, complete: true, headers: {} } as unknown as IncomingMessage
  connections.note(request, new EventEmitter() as unknown as ServerResponse)
  connections.add(asSocket(newcomer))
  assert.equal([busy.ended, newcomer.ended], [false, false])
})

crowds('IPv4 addresses are told apart where they come to an IPv6 socket', () => {
  const connections = new Connections({ maxConnections: 100, maxSilent: 2 })
  const alone = connection('::ffff:192.0.2.7', 1)
  const crowd = [1, 2].map((i) => connection('::ffff:198.51.100.7', i))
  for (const socket of [alone, ...crowd]) connections.add(asSocket(socket))
  assert.equal(
    [alone, ...crowd].map(({ ended }) => ended),
    [false, true, false],
  )
})

crowds.run()
