/**
 * What an account, or a stranger, does to the KDC in `abuse.ts`: each goes on until the process is ended. All of it is bounded, and on
 * loopback.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { secureRandomBytes, systemClock, toBase64url } from '../../src/lib/protocol.ts'
import { SEALED_TYPE, type SealedRoute, sealRequest } from '../../src/lib/sealed.ts'
import { encodeRequest } from '../kdc/crowd.ts'

/** Who is attacked, and with what. */
export interface Target {
  readonly url: string
  /** Of a session of an account whose mailbox is full. */
  readonly token: Secret
  /** Names that the KDC knows. */
  readonly names: readonly string[]
}

type Attack = (target: Target) => Promise<unknown>

const MEBIBYTE = 1024 * 1024
const GET = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
const head = (path: string, type: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`

/** Connects; what becomes of it is its own affair. */
function dial(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  return socket
}

/** New connections of one attack a second, at most: more is a flood, which is not for a program to stop. */
const NEW_PER_SECOND = 200

/** Keeps so many connections: where one has ended, another begins. */
async function keep(count: number, open: () => Socket): Promise<void> {
  let connections = 0
  await often(NEW_PER_SECOND, () => {
    if (connections === count) return
    connections++
    open().once('close', () => connections--)
  })
}

/** Does something so many times a second. */
async function often(perSecond: number, act: () => void): Promise<void> {
  for (let due = performance.now(); ; due += 1000 / perSecond) {
    await sleep(Math.max(0, due - performance.now()))
    act()
  }
}

function sealed({ url, token }: Target, path: string, body: object): Buffer {
  const route: SealedRoute = `POST ${path}`
  const fields = { ...body, id: toBase64url(secureRandomBytes(16)), time: systemClock() }
  return encodeRequest(url, path, SEALED_TYPE, sealRequest(token, route, fields).bytes)
}

const fullPage = (target: Target) => sealed(target, '/mailbox', { after: 0 })

/** Asks again whenever something has come. */
function insist(url: string, request: () => Buffer): Socket {
  const socket = dial(url)
  socket.on('data', () => {})
  socket.write(request())
  // An answer has come when nothing more does.
  let quiet: NodeJS.Timeout | undefined
  socket.on('data', () => {
    clearTimeout(quiet)
    quiet = setTimeout(() => socket.write(request()), 2)
  })
  socket.once('close', () => clearTimeout(quiet))
  return socket
}

/** A connection that goes on with a piece a second. */
function trickle(url: string, beginning: string, piece: string): Socket {
  const socket = dial(url)
  socket.write(beginning)
  const timer = setInterval(() => socket.write(piece), 1000)
  socket.on('data', () => {})
  socket.once('close', () => clearInterval(timer))
  return socket
}

/** By what they are called in the table. */
export const ATTACKS: ReadonlyMap<string, Attack> = new Map<string, Attack>([
  [
    'one account: 150 reads of 1 MiB on one connection, unread',
    async (target) => {
      const requests = Buffer.concat(Array.from({ length: 150 }, () => fullPage(target)))
      await often(4, () => {
        const socket = dial(target.url).pause()
        socket.write(requests)
      })
    },
  ],
  [
    'one account: 30 connections with 5 reads each, unread',
    async (target) => {
      const open = () => {
        const socket = dial(target.url).pause()
        socket.write(Buffer.concat(Array.from({ length: 5 }, () => fullPage(target))))
        return socket
      }
      await keep(30, open)
    },
  ],
  [
    'one account: reads without a pause, 20 connections',
    (target) => keep(20, () => insist(target.url, () => fullPage(target))),
  ],
  [
    'one recorded read, repeated, 20 connections',
    (target) => {
      const recorded = fullPage(target)
      return keep(20, () => insist(target.url, () => recorded))
    },
  ],
  [
    'one account: lists of 1000 names, 20 connections',
    (target) => {
      const usernames = Array.from({ length: 1000 }, (_, i) => target.names[i] ?? `nobody${i}`)
      return keep(20, () => insist(target.url, () => sealed(target, '/identity/find', { usernames })))
    },
  ],
  [
    '250 connections a second, each asks once and then in part',
    ({ url }) =>
      often(250, () => {
        const socket = dial(url)
        socket.write(GET)
        socket.once('data', () => socket.write(`${head('/login', 'application/json', 100)}{`))
        socket.on('data', () => {})
      }),
  ],
  [
    '300 connections with 2 MiB for a known session',
    (target) => {
      const request = fullPage(target)
      const sid = request.subarray(request.indexOf('\r\n\r\n') + 4).subarray(0, 17)
      const body = Buffer.concat([sid, randomBytes(2 * MEBIBYTE - 1000 - sid.length)])
      return keep(300, () => {
        const socket = dial(target.url)
        socket.write(head('/groups/send', SEALED_TYPE, 2 * MEBIBYTE))
        socket.write(body)
        socket.on('data', () => {})
        return socket
      })
    },
  ],
  ['500 connections, slow headers', ({ url }) => keep(500, () => trickle(url, 'GET / HTTP/1.1\r\nX: ', 'x'))],
  [
    '500 connections, slow bodies',
    ({ url }) => keep(500, () => trickle(url, `${head('/login', 'application/json', 100)}{`, ' ')),
  ],
  [
    'one account: event streams, 50 more a second',
    (target) =>
      often(50, () => {
        const socket = dial(target.url)
        socket.write(sealed(target, '/mailbox/wait', { after: 0 }))
        socket.on('data', () => {})
      }),
  ],
  [
    'bodies of 8 MiB where 16 KiB are taken, 10 connections',
    ({ url }) => {
      const body = Buffer.alloc(8 * MEBIBYTE)
      return keep(10, () => {
        const socket = dial(url)
        socket.write(head('/login', 'application/json', body.length))
        socket.write(body)
        socket.on('data', () => {})
        return socket
      })
    },
  ],
  [
    'logins with a wrong password, 16 connections',
    ({ url }) => {
      const body = () => JSON.stringify({ username: 'carol', password: randomBytes(8).toString('hex') })
      return keep(16, () => insist(url, () => encodeRequest(url, '/login', 'application/json', body())))
    },
  ],
])
