/** A KDC without a port, and programs of its principals, made by the library; channels between them are real. */
import { openSqlite } from '../../src/database/sqlite.ts'
import { assembleKdc, createApp } from '../../src/kdc/app.ts'
import { generateMasterKeys } from '../../src/kdc/keys/master-keys.ts'
import { generateOpaqueKeys } from '../../src/kdc/keys/opaque-keys.ts'
import { Store } from '../../src/kdc/store/store.ts'
import type { HttpLink } from '../../src/lib/kdc-link/http.ts'
import { memoryStateStore, type StateSource } from '../../src/lib/mls/state-store.ts'
import { register } from '../../src/lib/register.ts'
import type { LoginOptions } from '../../src/lib/renewable-login.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { connectionFrom, plainPasswords, recordingLog } from './kdc.ts'

const KDC = 'http://127.0.0.1:8800'
const PASSWORD = 'pw'

/** Stands in for the connection: hears of each request, and may fail it. */
export type OnRequest = (path: string) => void | Promise<void>

export class Clients {
  readonly #app: ReturnType<typeof createApp>
  readonly #states = new Map<string, StateSource>()
  readonly #sessions: Session[] = []

  private constructor(app: ReturnType<typeof createApp>) {
    this.#app = app
  }

  /** Each of these has an account, and key packages at the KDC, unless the name ends with `!`. */
  static async start(...names: string[]): Promise<Clients> {
    const kdc = assembleKdc({
      store: await Store.open(openSqlite(':memory:')),
      opaqueKeys: await generateOpaqueKeys(),
      masterKeys: generateMasterKeys(),
      passwords: plainPasswords,
      log: recordingLog(),
      registration: 'open',
    })
    const clients = new Clients(createApp(kdc))
    for (const name of names) {
      const username = name.replace('!', '')
      const session = await register(KDC, username, PASSWORD, {
        link: clients.link(),
        state: clients.stateOf(username),
      })
      if (username === name) await session.mailbox.ensure()
      await session.logout()
    }
    return clients
  }

  /** What a principal keeps from one program to the next. */
  stateOf(username: string): StateSource {
    const state = this.#states.get(username) ?? memoryStateStore()
    this.#states.set(username, state)
    return state
  }

  /** A new program of this principal. */
  async login(
    username: string,
    { onRequest, ...options }: LoginOptions & { onRequest?: OnRequest } = {},
  ): Promise<Session> {
    const state = this.stateOf(username)
    const session = await login(KDC, username, PASSWORD, { state, link: this.link(onRequest), ...options })
    this.#sessions.push(session)
    return session
  }

  link(onRequest: OnRequest = () => {}): HttpLink {
    const gone = new AbortController()
    const ask = (path: string, type: string, body: Uint8Array, signal?: AbortSignal) => {
      const init = {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: body.slice(),
        ...(signal && { signal }),
      }
      return this.#app.request(path, init, connectionFrom('127.0.0.1'))
    }
    const typeOf = (response: Response) => (response.headers.get('Content-Type') ?? '').split(';')[0] ?? ''
    return {
      async post(path, type, body) {
        await onRequest(path)
        const response = await ask(path, type, body)
        return {
          status: response.status,
          type: typeOf(response),
          body: new Uint8Array(await response.arrayBuffer()),
        }
      },
      async stream(path, type, body, signal) {
        await onRequest(path)
        const ended = AbortSignal.any([signal, gone.signal])
        const response = await ask(path, type, body, ended)
        return { status: response.status, type: typeOf(response), body: piecesOf(response, ended) }
      },
      close: async () => gone.abort(),
    }
  }

  /** Ends every session: those that listen in the same second would be taken for each other. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map((session) => session[Symbol.asyncDispose]()))
  }
}

async function* piecesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  const stop = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', stop)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
