/**
 * HTTP clients that cost little: each keeps one connection, has its requests made beforehand, recognizes an answer without reading
 * it, and asks again at once. So it is the server that is measured.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'
import { quantile } from '../harness.ts'

const HEAD_END = '\r\n\r\n'

/** What a crowd noticed. */
export interface Noticed {
  readonly perSecond: number
  /** Microseconds until the answer. */
  readonly p50: number
  readonly p99: number
}

/** A POST as bytes. */
export function encodeRequest(url: string, path: string, type: string, body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body as Uint8Array)
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${new URL(url).host}`,
    `content-type: ${type}`,
    `content-length: ${bytes.length}`,
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n') + HEAD_END), bytes])
}

/** Has a crowd send these requests, each once. @throws when an answer is no success. */
export async function askAll(url: string, clients: number, requests: readonly Buffer[]): Promise<Noticed> {
  const { hostname, port } = new URL(url)
  const sockets = await Promise.all(Array.from({ length: clients }, () => dial(hostname, Number(port))))
  const times: number[] = []
  let next = 0
  const client = async (socket: Socket) => {
    const answered = answers(socket)
    for (let request = requests[next++]; request; request = requests[next++]) {
      const from = performance.now()
      const answer = answered()
      socket.write(request)
      await answer
      times.push(1000 * (performance.now() - from))
    }
  }
  const from = performance.now()
  await Promise.all(sockets.map(client))
  const seconds = (performance.now() - from) / 1000
  for (const socket of sockets) socket.destroy()
  return { perSecond: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** @returns what waits for the next whole answer. */
function answers(socket: Socket): () => Promise<void> {
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined
  let held = ''
  const settle = (error?: Error) => {
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if (error) reject?.(error)
    else resolve?.()
  }
  socket.on('data', (data) => {
    held += data.toString('latin1')
    const head = held.indexOf(HEAD_END)
    if (head === -1) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(held)?.[1])
    if (!held.startsWith('HTTP/1.1 200 ') || !Number.isInteger(length)) {
      settle(new Error(`no answer: ${held.slice(0, head)}`))
    } else if (held.length >= head + HEAD_END.length + length) {
      held = ''
      settle()
    }
  })
  socket.once('close', () => settle(new Error('the server ended the connection')))
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
    })
}
