/** Principals with tools, in a realm whose KDC has its data on disk. */
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Program } from '../helpers/program.ts'
import type { Realm } from '../helpers/realm.ts'

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

/** The id of a group, as the operator sees it. */
export async function groupId(realm: Realm, name: string): Promise<string> {
  const args = ['stored', '--json', '--data', join(realm.home, KDC)]
  const { stdout } = await realm.run('src/kdc/main.ts', ...args).ends(0)
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .find((stored) => stored.name === name)
  assert.ok(found, `${name} in ${stdout}`)
  return found.group
}
