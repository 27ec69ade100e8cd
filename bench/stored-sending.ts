/**
 * What a message to a group costs the KDC, by the number of members, and by what waits already. The KDC reads no message, so these
 * are random bytes, as many as a short message has.
 *
 * @module
 */
import type { Session } from '../src/lib/session.ts'
import { compare, interleave } from './harness.ts'
import { type RunningKdc, startKdc } from './kdc/server.ts'
import { cpuTime } from './processes.ts'
import type { Row } from './result.ts'
import { addMembers, logIn, random } from './stored-people.ts'

const SIZES = [2, 10, 100, 500]
const ROUNDS = 5
const SENDS = 250
/** A text of a line, padded and encrypted. */
const MESSAGE_BYTES = 374
const INFO_BYTES = 1000

export async function sending(): Promise<Row[]> {
  const kdc = await startKdc()
  const others = await addMembers(kdc.data, Math.max(...SIZES) - 1)
  const alice = await logIn(kdc, 'alice')
  const groups = new Map<number, string>()
  for (const size of SIZES) groups.set(size, await makeGroup(alice, others.slice(0, size - 1)))
  const cases = Object.fromEntries(
    [...groups].map(([size, group]) => [String(size), () => sends(kdc, alice, group)]),
  )
  const measured = await interleave(ROUNDS, cases)
  const [smallest, ...larger] = SIZES.map(String)
  const theirs = measured[smallest ?? ''] ?? []
  return larger.flatMap((size) => {
    const ours = measured[size] ?? []
    const row = { against: `to ${smallest}`, better: 'one' as const }
    return [
      compare({
        ...row,
        what: `message to a group of ${size}, KDC's CPU`,
        unit: 'us',
        ours: ours.map(({ cpu }) => cpu),
        theirs: theirs.map(({ cpu }) => cpu),
      }),
      compare({
        ...row,
        what: `message to a group of ${size}, until it is stored`,
        unit: 'ms',
        ours: ours.map(({ ms }) => ms),
        theirs: theirs.map(({ ms }) => ms),
      }),
    ]
  })
}

/** A group of a session's principal and these. @returns its id. */
export async function makeGroup(session: Session, members: readonly string[]): Promise<string> {
  const group = random(16)
  await session.request('/groups/create', {
    group,
    kind: 'named',
    name: `g${random(8).replaceAll(/[-_]/g, '0').toLowerCase()}`,
    members,
    commit: random(MESSAGE_BYTES),
    welcome: random(MESSAGE_BYTES * members.length),
    group_info: random(INFO_BYTES),
  })
  return group
}

/** Sends, one after the other. @returns processor time of the KDC and time for one, in microseconds and milliseconds. */
export async function sends({ pid }: RunningKdc, session: Session, group: string, count = SENDS) {
  const [cpu, from] = [cpuTime(pid), performance.now()]
  for (let sent = 0; sent < count; sent++) {
    await session.request('/groups/send', { group, epoch: 1, message: random(MESSAGE_BYTES) })
  }
  return { cpu: (cpuTime(pid) - cpu) / count, ms: (performance.now() - from) / count }
}
