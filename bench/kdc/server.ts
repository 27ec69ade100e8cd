/**
 * The real KDC as a child process, as an operator runs it: embedded store on disk, validation, its log in a file.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import undici, { type Dispatcher } from 'undici'
import { login } from '../../src/lib/index.ts'
import { secureRandomBytes, systemClock, toBase64url } from '../../src/lib/protocol.ts'
import { SEALED_TYPE, sealRequest } from '../../src/lib/sealed.ts'
import { builtSymbolon, ended, said, start, startTs, temporaryDirectory } from '../processes.ts'
import { encodeRequest } from './crowd.ts'

export const PASSWORD = 'correct horse battery staple'
const RECEIVER_PORT = 52_011

/** An HTTP server in a process of its own. */
export interface Server {
  readonly url: string
  readonly pid: number
  readonly child: ChildProcess
}

/** The real KDC. */
export interface RunningKdc extends Server {
  /** Its data directory. */
  readonly data: string
}

/** So many that no client is ever stopped: most benchmarks guess, or log in, more often than people do. */
const LOGIN_TRIES = '1000000'

/**
 * Starts the KDC. Everything that it writes is in a temporary directory.
 *
 * @param options.names - who has an account; alice and bob, if not said.
 * @param options.probe - a module loaded into it, which talks to us over IPC.
 */
export async function startKdc(options: { names?: string[]; probe?: string } = {}): Promise<RunningKdc> {
  const directory = temporaryDirectory()
  const data = join(directory, 'kdc')
  const passwordFile = join(directory, 'password')
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 })
  for (const name of options.names ?? ['alice', 'bob']) {
    const args = ['adduser', name, '--password-file', passwordFile, '--data', data]
    await ended(startTs('src/kdc/main.ts', args, { stdio: 'ignore' }))
  }
  const log = openSync(join(directory, 'log'), 'w')
  // As it is installed; with a module loaded into it, from its sources.
  const program = options.probe
    ? ['--import', 'tsx', '--import', options.probe, 'src/kdc/main.ts']
    : [builtSymbolon(), 'kdc']
  const settings = ['--port', '0', '--data', data, '--master-key', join(directory, 'master.key')]
  const child = start(process.execPath, [...program, ...settings, '--login-tries', LOGIN_TRIES], {
    stdio: ['ignore', log, 'pipe', ...(options.probe ? ['ipc' as const] : [])],
  })
  return { url: await said(child, /listening on (http:\S+)/), pid: child.pid ?? 0, child, data }
}

/** A handler of the shape of `/userinfo` on bare Hono, in a process of its own: see bare-hono.ts. */
export async function startBareHono(): Promise<Server> {
  const child = startTs('bench/kdc/bare-hono.ts', [], { stdio: ['ignore', 'ignore', 'pipe'] })
  return { url: await said(child, /listening on (http:\S+)/), pid: child.pid ?? 0, child }
}

/** Posts JSON and expects success. */
export async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Record<string, unknown>
}

/** Logs bob in, who listens, and alice, who asks for him. @returns alice's request. */
export async function userinfoRequest(url: string): Promise<string> {
  await post(`${url}/login`, { username: 'bob', password: PASSWORD, port: RECEIVER_PORT })
  const { token } = await post(`${url}/login`, { username: 'alice', password: PASSWORD })
  return JSON.stringify({ username: 'alice', token, receiver: 'bob' })
}

/** The same as bytes. */
export async function plainUserinfo(url: string): Promise<Buffer> {
  return encodeRequest(url, '/userinfo', 'application/json', await userinfoRequest(url))
}

/** As the tools ask: every request in an envelope of its own. @returns what makes so many, while bob listens. */
export async function sealedUserinfo(url: string): Promise<(count: number) => Buffer[]> {
  const { token } = await login(url, 'alice', PASSWORD)
  const one = () => {
    const body = { id: toBase64url(secureRandomBytes(16)), receiver: 'bob', time: systemClock() }
    const { bytes } = sealRequest(token, 'POST /userinfo', body)
    return encodeRequest(url, '/userinfo', SEALED_TYPE, bytes)
  }
  return (count) => Array.from({ length: count }, one)
}

/** What the bare handler takes. */
export const BARE_REQUEST = JSON.stringify({ username: 'alice', token: 'alice', receiver: 'bob' })

/** Clients that each keep one connection and ask again as soon as they are answered. */
export class Load {
  readonly #agent: Dispatcher
  readonly #origin: string
  readonly #clients: number

  constructor(url: string, clients: number) {
    this.#agent = new undici.Agent({ connections: clients, pipelining: 1 })
    this.#origin = url
    this.#clients = clients
  }

  /**
   * Posts once.
   *
   * @param status - what the answer must have.
   * @returns the answer's body.
   */
  async post(path: string, body: string, status = 200): Promise<string> {
    const headers = { 'content-type': 'application/json' }
    const reply = await this.#agent.request({ origin: this.#origin, path, method: 'POST', headers, body })
    const text = await reply.body.text()
    if (reply.statusCode !== status) throw new Error(`${path}: ${reply.statusCode} ${text}`)
    return text
  }

  /**
   * Posts the same body so many times.
   *
   * @param status - what the answers must have.
   * @returns seconds.
   */
  async run(path: string, body: string, count: number, status = 200): Promise<number> {
    let left = count
    const client = async () => {
      while (left-- > 0) await this.post(path, body, status)
    }
    const from = performance.now()
    await Promise.all(Array.from({ length: this.#clients }, client))
    return (performance.now() - from) / 1000
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}
