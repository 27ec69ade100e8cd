/**
 * A large group: made, joined and talked in, beside one of two. Everything that a client does is in these times, and the KDC's part.
 *
 * @module
 */
import { join } from 'node:path'
import { utf8 } from '../src/lib/bytes.ts'
import type { Mailbox } from '../src/lib/mls/mailbox.ts'
import { compare, interleave } from './harness.ts'
import { startKdc } from './kdc/server.ts'
import { temporaryDirectory } from './processes.ts'
import type { Row } from './result.ts'
import { addMembers, logIn, openMail } from './stored-people.ts'

const SIZE = 500
// A principal takes 2000 key packages at once and then one a second: that is three rounds, and the one that warms up.
const ROUNDS = 3
const MESSAGES = 40
/** What a message to so many may cost its sender, beside one to a single other. */
const GOAL = 1.15

export async function largeGroup(): Promise<Row[]> {
  const kdc = await startKdc()
  const others = await addMembers(kdc.data, SIZE - 2)
  const directory = temporaryDirectory()
  const alice = await openMail(await logIn(kdc, 'alice'), join(directory, 'alice'))
  const bob = await openMail(await logIn(kdc, 'bob'), join(directory, 'bob'))
  let made = 0
  const story = (members: readonly string[]) => live(alice.mailbox, bob.mailbox, `group${++made}`, members)
  const measured = await interleave(ROUNDS, {
    large: () => story(['bob', ...others]),
    two: () => story(['bob']),
  })
  await alice.close()
  await bob.close()
  const row = (what: string, pick: (times: Times) => number, goal?: number) =>
    compare({
      what: `group of ${SIZE}: ${what}`,
      unit: 'ms',
      better: 'lower',
      goal,
      against: 'of two',
      ours: measured.large.map(pick),
      theirs: measured.two.map(pick),
    })
  return [
    row('made, with all of them', ({ make }) => make),
    row('joined', ({ join }) => join),
    row('one message sent', ({ send }) => send, GOAL),
    row('one message sent, CPU of its sender', ({ cpu }) => cpu, GOAL),
    row('one message read', ({ read }) => read),
  ]
}

interface Times {
  readonly make: number
  readonly join: number
  readonly send: number
  readonly cpu: number
  readonly read: number
}

async function live(alice: Mailbox, bob: Mailbox, group: string, members: readonly string[]): Promise<Times> {
  const make = await timed(async () => {
    await alice.createGroup(group)
    await alice.add(group, members)
  })
  const join = await timed(() => bob.sync())
  const before = process.cpuUsage()
  const send = await timed(async () => {
    for (let sent = 0; sent < MESSAGES; sent++)
      await alice.send(group, utf8(`message ${sent} of a few words`))
  })
  const { user, system } = process.cpuUsage(before)
  const cpu = (user + system) / 1000
  const read = await timed(() => bob.sync())
  const unread = await bob.unread({ group })
  if (unread.length !== MESSAGES) throw new Error(`${unread.length} messages came`)
  await bob.markShown(unread)
  await alice.destroy(group)
  await bob.sync()
  return { make, join, send: send / MESSAGES, cpu: cpu / MESSAGES, read: read / MESSAGES }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await run()
  return performance.now() - from
}
