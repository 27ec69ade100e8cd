/** A KDC without a port, a clock that stands still, and a log to look into. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpBindings } from '@hono/node-server'
import { openSqlite } from '../../src/database/sqlite.ts'
import { assembleKdc, createApp, type KdcOptions } from '../../src/kdc/app.ts'
import { generateMasterKeys } from '../../src/kdc/keys/master-keys.ts'
import { generateOpaqueKeys } from '../../src/kdc/keys/opaque-keys.ts'
import type { PasswordChecker } from '../../src/kdc/passwords/passwords.ts'
import type { Log } from '../../src/kdc/settings.ts'
import { Store } from '../../src/kdc/store/store.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'

/** Where the clock of `testKdc` begins. */
export const START = 1_700_000_000

/** Which sessions live at a time: those used in the hour before. */
export const at = (now: number) => ({ now, idleSince: now - 3600, keepSince: now - 7 * 86_400 })

/** The password of every principal in these tests. */
export const PASSWORD = 'correct horse'

/** Checks at once, without OPAQUE: a record is the password itself. */
export const plainPasswords: PasswordChecker = {
  check: async (_username, password, record) => password === record,
  register: async (_username, password) => password,
  close: async () => {},
}

/** A log that keeps what it is told. */
export function recordingLog(): Log & { readonly events: { event: string; fields: object }[] } {
  const events: { event: string; fields: object }[] = []
  const record = (fields: object, event: string) => {
    events.push({ event, fields })
  }
  return { events, info: record, warn: record, error: record }
}

/** What the node server would hand to the app for a connection from this address. */
export function connectionFrom(remoteAddress: string): HttpBindings {
  return { incoming: { socket: { remoteAddress } } } as unknown as HttpBindings
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  readonly json: any
}

/** A KDC in memory with accounts alice, bob and carol. */
export async function testKdc(overrides: Partial<KdcOptions> = {}) {
  const store = await Store.open(openSqlite(':memory:'))
  const opaqueKeys = await generateOpaqueKeys()
  const masterKeys = generateMasterKeys()
  const log = recordingLog()
  const time = { now: START }
  for (const username of ['alice', 'bob', 'carol']) {
    await store.accounts.create({ username, record: PASSWORD, createdAt: START })
  }
  const kdc = assembleKdc({
    store,
    opaqueKeys,
    masterKeys,
    passwords: plainPasswords,
    log,
    clock: () => time.now,
    ...overrides,
  })
  const app = createApp(kdc)
  const request = async (path: string, init: RequestInit = {}, from = '127.0.0.1'): Promise<Answer> => {
    const response = await app.request(path, init, connectionFrom(from))
    const text = await response.text()
    const json = (response.headers.get('Content-Type') ?? '').includes('json') ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }
  const post = (path: string, body: unknown, from?: string): Promise<Answer> =>
    request(
      path,
      {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      },
      from,
    )
  /** Logs in. @returns the token's text. */
  const login = async (username: string, port?: number, from?: string): Promise<string> => {
    const { json } = await post('/login', { username, password: PASSWORD, port }, from)
    return json.token
  }
  return { kdc, app, store, opaqueKeys, masterKeys, log, time, request, post, login }
}

export const secretOf = (token: string) => Secret.fromText('session token', token)

/** A directory of one's own, and how to be rid of it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
