/** Principals who ask a KDC without a port about what is stored, in sealed requests. */
import * as assert from 'uvu/assert'
import type { Database, Statement } from '../../src/database/database.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { assembleKdc, createApp, type KdcOptions } from '../../src/kdc/app.ts'
import type { Every } from '../../src/kdc/events/mailbox-subscribers.ts'
import { Store } from '../../src/kdc/store/store.ts'
import { toBase64url } from '../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../src/lib/crypto/random.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { openReply, SEALED_TYPE, type SealedRoute, sealRequest } from '../../src/lib/sealed.ts'
import { connectionFrom, PASSWORD, START, secretOf, testKdc } from './kdc.ts'

export type TestKdc = Awaited<ReturnType<typeof testKdc>>

export interface Asked {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  readonly body: any
}

export interface Principal {
  readonly username: string
  readonly token: Secret
  /** Asks. @param id - of the request; a fresh one, if none is given. */
  ask(path: string, body?: object, id?: string): Promise<Asked>
  /** The answer as it comes, for streams. */
  open(path: string, body?: object, id?: string, signal?: AbortSignal): Promise<Response>
}

export const newId = () => toBase64url(secureRandomBytes(16))
export const bytes = (length: number, fill = 1) => toBase64url(new Uint8Array(length).fill(fill))

/** Logs in, and asks in that session. */
export async function principal(kdc: TestKdc, username: string): Promise<Principal> {
  const token = secretOf(await kdc.login(username))
  const send = async (path: string, body: object, id: string, signal?: AbortSignal) => {
    const route: SealedRoute = `POST ${path}`
    const { bytes, salt } = sealRequest(token, route, { ...body, id, time: kdc.time.now })
    const init = {
      method: 'POST',
      headers: { 'Content-Type': SEALED_TYPE },
      body: bytes,
      ...(signal && { signal }),
    }
    return { response: await kdc.app.request(path, init, connectionFrom('192.0.2.7')), route, salt }
  }
  return {
    username,
    token,
    ask: async (path, body = {}, id = newId()) => {
      const { response, route, salt } = await send(path, body, id)
      const raw = new Uint8Array(await response.arrayBuffer())
      if (response.headers.get('Content-Type') !== SEALED_TYPE) {
        return { status: response.status, body: JSON.parse(new TextDecoder().decode(raw)) }
      }
      const reply = openReply(token, route, salt, raw)
      assert.is(reply.status, response.status)
      return { status: reply.status, body: reply.body }
    },
    open: async (path, body = {}, id = newId(), signal) => (await send(path, body, id, signal)).response,
  }
}

/** A KDC with these accounts, all of them logged in. */
export async function classKdc(names: readonly string[], overrides: Partial<KdcOptions> = {}) {
  const made = await testKdc(overrides)
  const kdc = { ...made, store: overrides.store ?? made.store }
  for (const username of names) {
    await kdc.store.accounts.add({ username, record: PASSWORD, createdAt: START })
  }
  const people = new Map<string, Principal>()
  for (const username of names) people.set(username, await principal(kdc, username))
  const who = (username: string): Principal => {
    const found = people.get(username)
    if (!found) throw new Error(`nobody is called ${username} here`)
    return found
  }
  return { ...kdc, who }
}

/** Another KDC on the same store, as another node would be. */
export function anotherNode(kdc: TestKdc, overrides: Partial<KdcOptions> = {}): TestKdc {
  const { store, opaqueKeys, masterKeys, log, time } = kdc
  const { passwords = unused, ...rest } = overrides
  const options = { store, opaqueKeys, masterKeys, log, clock: () => time.now, passwords, ...rest }
  return { ...kdc, store: overrides.store ?? store, app: createApp(assembleKdc(options)) }
}

const unused = {
  check: () => Promise.reject(new Error('unused')),
  register: () => Promise.reject(new Error('unused')),
  close: async () => {},
}

/** The same principal at another node. */
export const elsewhere = async (kdc: TestKdc, { username, token }: Principal): Promise<Principal> =>
  principal({ ...kdc, login: async () => token.toText() }, username)

let groups = 0

/** Makes a named group, with these as members. @returns its id. */
export async function makeGroup(
  creator: Principal,
  members: readonly string[] = [],
  name = `group${++groups}`,
): Promise<string> {
  const group = newId()
  const added = members.length > 0 && { commit: bytes(10, 2), welcome: bytes(20, 3) }
  const { status, body } = await creator.ask('/groups/create', {
    group,
    kind: 'named',
    name,
    members,
    ...added,
    group_info: bytes(30, 4),
  })
  assert.is(status, 200, JSON.stringify(body))
  return group
}

/** The fields of a commit. */
export const commit = (
  group: string,
  epoch: number,
  changes: { added?: string[]; removed?: string[] } = {},
) => ({
  group,
  epoch,
  commit: bytes(12, 5),
  added: changes.added ?? [],
  removed: changes.removed ?? [],
  ...(changes.added && { welcome: bytes(14, 6) }),
  group_info: bytes(31, 7),
})

/** What one finds in one's mailbox, in short: `seq kind sender`. */
export async function mail(reader: Principal, after = 0): Promise<string[]> {
  const { body } = await reader.ask('/mailbox', { after })
  return body.entries.map(
    (entry: { seq: number; kind: string; sender: string; welcome?: string }) =>
      `${entry.seq} ${entry.welcome === undefined ? entry.kind : 'welcome'} ${entry.sender}`,
  )
}

/** Timers that run when the test says so. */
export function handTimers() {
  const running = new Map<number, Set<() => void>>()
  const every: Every = (ms, run) => {
    const set = running.get(ms) ?? new Set()
    running.set(ms, set.add(run))
    return () => set.delete(run)
  }
  return {
    every,
    /** Whatever was set for this time, now. */
    fire: (ms: number) => {
      for (const run of running.get(ms) ?? []) run()
    },
    count: () => [...running.values()].reduce((sum, set) => sum + set.size, 0),
  }
}

/** A store that notes which statements it is given to write. */
export async function watchedStore(database: Database = openSqlite(':memory:')) {
  const writes: Statement[][] = []
  const reads: Statement[] = []
  const watched: Database = {
    read: (statement) => {
      reads.push(statement)
      return database.read(statement)
    },
    write: (statements) => {
      writes.push([...statements])
      return database.write(statements)
    },
    close: () => database.close(),
  }
  return { store: await Store.open(watched), database, writes, reads }
}

/** Lets everything that can happen now happen. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
}
