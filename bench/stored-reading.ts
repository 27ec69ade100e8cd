/**
 * Ten thousand messages have waited: how fast they are fetched and decrypted, and for how long the reader's event loop stands still,
 * beside the time that a screen shows one picture. The reader is a client with its state on disk, in this process; nothing else runs in it.
 *
 * @module
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { utf8 } from '../src/lib/bytes.ts'
import { compare, interleave, quantile, say } from './harness.ts'
import { startKdc } from './kdc/server.ts'
import { temporaryDirectory } from './processes.ts'
import type { Result } from './result.ts'
import { logIn, openFleeting, openMail } from './stored-people.ts'
import { digits } from './table.ts'

/** Of two senders: what waits of one has a limit. */
const MESSAGES = 10_000
const ROUNDS = 5
/** A sender reads back what it has sent every so often. */
const SYNC_EVERY = 500
/** As many as the tools show at once, where so many wait. */
const PORTION = 100
/** What is wanted: so many in a second, with no pause that is longer. */
const GOAL_RATE = 2500
const GOAL_PAUSE_MS = 25
/** A picture of a screen with 60 of them a second. */
const FRAME_MS = 1000 / 60
const NS_PER_MS = 1e6

export async function reading(): Promise<Result> {
  const kdc = await startKdc({ names: ['alice', 'bob', 'carol'] })
  const directory = temporaryDirectory()
  const before = join(directory, 'bob')
  const [alice, bob, carol] = await Promise.all(['alice', 'bob', 'carol'].map((name) => logIn(kdc, name)))
  if (!alice || !bob || !carol) throw new Error('nobody is there')
  await (await openMail(bob, before)).close()
  const senders = await Promise.all([alice, carol].map(openFleeting))
  const [first, second] = senders
  await first?.createGroup('team')
  await first?.add('team', ['bob', 'carol'])
  await second?.sync()
  const from = performance.now()
  for (let sent = 0; sent < MESSAGES; sent++) {
    const mailbox = senders[sent % 2]
    await mailbox?.send('team', utf8(`message ${sent} of a few words`))
    if (sent % SYNC_EVERY < 2) await mailbox?.sync()
  }
  say(`${MESSAGES} messages sent in ${digits((performance.now() - from) / 1000)} s`)

  let round = 0
  const read = async () => {
    const copy = join(directory, `bob${++round}`)
    cpSync(before, copy, { recursive: true })
    const { mailbox, close } = await openMail(bob, copy, { acknowledges: false })
    const fetched = await watched(() => mailbox.sync())
    let count = 0
    const listed = await watched(async () => {
      for (;;) {
        const messages = await mailbox.unread(undefined, PORTION)
        if (messages.length === 0) break
        count += await mailbox.markShown(messages)
      }
    })
    await close()
    if (count !== MESSAGES) throw new Error(`${count} messages came`)
    // How late the loop is by itself, on this machine, in as long a time.
    const idle = await watched(() => new Promise((resolve) => setTimeout(resolve, fetched.ms)))
    return { fetched, listed, idle }
  }
  const { read: rounds } = await interleave(ROUNDS, { read })
  const frames = rounds.map(() => FRAME_MS)
  const pauses = { unit: 'ms', against: 'a frame at 60 Hz', theirs: frames, better: 'lower' as const }
  const of = (what: 'fetched' | 'listed' | 'idle', key: keyof Watched) =>
    rounds.map((times) => times[what][key])
  const perSecond = (ms: number) => (1000 * MESSAGES) / ms
  return {
    rows: [
      compare({
        what: '10,000 fetched, checked, decrypted and kept',
        unit: '/s',
        better: 'higher',
        goal: 1,
        ours: of('fetched', 'ms').map(perSecond),
        against: 'what is wanted',
        theirs: rounds.map(() => GOAL_RATE),
      }),
      compare({
        ...pauses,
        what: '10,000 read, longest pause',
        goal: 1,
        ours: of('fetched', 'longest'),
        against: 'what is wanted',
        theirs: rounds.map(() => GOAL_PAUSE_MS),
      }),
      compare({ ...pauses, what: '10,000 read, longest pause', ours: of('fetched', 'longest') }),
      compare({
        ...pauses,
        what: '10,000 read, longest pause',
        ours: of('fetched', 'longest'),
        against: 'the same, idle',
        theirs: of('idle', 'longest'),
      }),
      compare({ ...pauses, what: '10,000 read, pauses p99', ours: of('fetched', 'p99') }),
      compare({ ...pauses, what: '10,000 listed and marked, longest pause', ours: of('listed', 'longest') }),
    ],
    notes: [
      `10,000 messages listed and marked as shown: ${digits(perSecond(quantile(of('listed', 'ms'), 0.5)))} a second`,
    ],
  }
}

interface Watched {
  readonly ms: number
  readonly longest: number
  readonly p99: number
}

/** Runs something, and looks how late the event loop is in the meantime. */
async function watched(run: () => Promise<void>): Promise<Watched> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // One turn, so that what comes is counted from its beginning; and one after it, so that its end is.
  await turn()
  const from = performance.now()
  await run()
  const ms = performance.now() - from
  await turn()
  delay.disable()
  return { ms, longest: delay.max / NS_PER_MS, p99: delay.percentile(99) / NS_PER_MS }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
