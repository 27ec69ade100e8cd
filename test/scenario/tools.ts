/** Principals with tools, in a realm whose KDC has its data on disk. */

import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { purge } from '../../src/kdc/create-kdc.ts'
import { openData } from '../../src/kdc/data.ts'
import { KEEP_SEC, SESSION_IDLE_SEC } from '../../src/kdc/lifetimes.ts'
import { purgeCutoff } from '../../src/kdc/store/sessions.ts'
import { type Conversation, Mailbox } from '../../src/lib/mls/mailbox.ts'
import { textOf } from '../../src/lib/mls/payload.ts'
import { login } from '../../src/lib/session.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { stateDirectory } from '../../src/state/paths.ts'
import type { Program } from '../helpers/program.ts'
import { PASSWORD, type Realm } from '../helpers/realm.ts'

/** One event of a tool that was run with `--json`, or one line of the KDC's log. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was said
export type Event = Record<string, any>

/** The folder of a realm in which its KDC keeps everything but the master key. */
export const KDC = 'kdc'

/** `group NAME …`, to its end, which must be with this status. */
export function group(realm: Realm, status: number, name: string, ...args: string[]): Promise<Program> {
  return realm
    .tool('group', name, ...args)
    .input()
    .ends(status)
}

/** What was said as NDJSON. */
export function events(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}

/** The messages among events: `alice: hello`. */
export function messages(text: string): string[] {
  return events(text)
    .filter(({ event }) => event === 'message')
    .map(({ from, text }) => `${from}: ${text}`)
}

/** Messages as people see them, without their times, which must be there: `alice: hello`. */
export function lines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      assert.match(line, /^\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}\] \w+: /)
      return line.slice(line.indexOf('] ') + 2)
    })
}

/** What is stored of each group, as the operator sees it. */
export async function stored(realm: Realm): Promise<Event[]> {
  const args = ['stored', '--json', '--data', join(realm.home, KDC)]
  const { stdout } = await realm.run('src/kdc/main.ts', ...args).ends(0)
  return events(stdout)
}

/** The id of a group, as the operator sees it. */
export async function groupId(realm: Realm, name: string): Promise<string> {
  const found = (await stored(realm)).find((group) => group.name === name)
  assert.ok(found, name)
  return found.group
}

/** `sender NAME …`, to its end, which must be with this status. */
export function send(realm: Realm, status: number, name: string, ...args: string[]): Promise<Program> {
  return realm
    .tool('sender', name, ...args)
    .input()
    .ends(status)
}

/** Where somebody's tools keep what they have of the KDC with this key. */
export function stateOf(realm: Realm, kdcKey: string, name: string): string {
  return stateDirectory(join(realm.home, 'state', 'symbolon'), kdcKey, name)
}

/** All that somebody's tools have of a conversation, from both sides: `alice: hello`. */
export async function historyOf(realm: Realm, name: string, of: Conversation): Promise<string[]> {
  const session = await login(realm.url, name, PASSWORD)
  const { username, clock, kdcKey } = session
  const state = await ClientState.open(stateOf(realm, kdcKey, name), session.exportKey)
  const post = (path: string, body: Record<string, unknown>) => session.request(path, body)
  const mailbox = await Mailbox.open({ username, post, state: await state.hold(), clock })
  const all = await mailbox.history(of, Number.POSITIVE_INFINITY)
  await mailbox.close()
  await state.close()
  await session.logout()
  return all.map((message) => `${message.from}: ${textOf(message)}`)
}

/** Lets a KDC that is stopped find itself so many days later, and purge. */
export async function purgeAfterDays(realm: Realm, days: number): Promise<Event[]> {
  const { store } = await openData(join(realm.home, KDC))
  const purged: Event[] = []
  const note = (fields: object, event: string) => void purged.push({ ...fields, event })
  const log = { info: note, warn: note, error: note }
  const clock = () => Math.floor(Date.now() / 1000) + days * 24 * 60 * 60
  const life = { clock, sessionIdleSec: SESSION_IDLE_SEC, keepSec: KEEP_SEC }
  try {
    await purge(store, () => purgeCutoff(life), log)
  } finally {
    await store.close()
  }
  return purged
}
