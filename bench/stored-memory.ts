/**
 * The KDC's memory, and what a message costs it, while nothing, ten thousand and a hundred thousand messages wait. They are put into
 * its database by another process, as another node would; before each look it answers the same requests.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { openData } from '../src/kdc/data.ts'
import { QUOTAS } from '../src/kdc/store/quotas.ts'
import { systemClock } from '../src/lib/clock.ts'
import type { Session } from '../src/lib/session.ts'
import { compare, say } from './harness.ts'
import { type RunningKdc, startKdc } from './kdc/server.ts'
import { residentMemory } from './processes.ts'
import type { Row } from './result.ts'
import { addMembers, freshKey, logIn } from './stored-people.ts'
import { makeGroup, sends } from './stored-sending.ts'

const WAITING = [0, 10_000, 100_000]
/** What one sender may have waiting. */
const EACH = 9000
const OWN = 7000
const LOOKS = 10
const SENDS = 50
const AT_ONCE = 250
const MESSAGE_BYTES = 374
const NO_LIMIT = { ...QUOTAS, senderEntries: Number.MAX_SAFE_INTEGER, groupEntries: Number.MAX_SAFE_INTEGER }

export async function waiting(): Promise<Row[]> {
  const kdc = await startKdc()
  const alice = await logIn(kdc, 'alice')
  const group = await makeGroup(alice, ['bob'])
  const senders = await addMembers(kdc.data, Math.ceil(Math.max(...WAITING) / EACH))
  // The first looks warm it up, and are not counted.
  await look(kdc, alice, group)
  const looks: Awaited<ReturnType<typeof look>>[] = []
  let there = 0
  for (const count of WAITING) {
    await fill(kdc, senders, there, count)
    there = count
    looks.push(await look(kdc, alice, group))
    say(`${count} waiting`)
  }
  // Less than the limit, with what alice has sent in the looks.
  await fill(kdc, ['alice'], 0, OWN)
  const own = await look(kdc, alice, group)
  const [empty, ...full] = looks
  const rows = full.flatMap((values, index) => {
    const many = (WAITING[index + 1] ?? 0).toLocaleString('en')
    const row = { against: 'none', better: 'one' as const }
    return [
      compare({
        ...row,
        what: `KDC's memory, ${many} waiting`,
        unit: 'MiB',
        ours: values.map(({ memory }) => memory),
        theirs: (empty ?? []).map(({ memory }) => memory),
      }),
      compare({
        ...row,
        what: `a message, ${many} of others waiting, KDC's CPU`,
        unit: 'us',
        ours: values.map(({ cpu }) => cpu),
        theirs: (empty ?? []).map(({ cpu }) => cpu),
      }),
    ]
  })
  const ownRow = compare({
    what: `a message, ${OWN.toLocaleString('en')} of one's own waiting, KDC's CPU`,
    unit: 'us',
    against: 'none',
    better: 'one',
    ours: own.map(({ cpu }) => cpu),
    theirs: (empty ?? []).map(({ cpu }) => cpu),
  })
  return [...rows, ownRow]
}

/** What the KDC needs while it takes messages and gives pages of them. */
async function look(kdc: RunningKdc, session: Session, group: string) {
  const values: { memory: number; cpu: number }[] = []
  for (let nr = 0; nr < LOOKS; nr++) {
    const { cpu } = await sends(kdc, session, group, SENDS)
    await session.request('/mailbox', { after: 0 })
    values.push({ memory: residentMemory(kdc.pid), cpu })
  }
  return values
}

/** Has these senders, each in a conversation of its own with bob, leave more, until so many wait. */
async function fill(
  { data }: RunningKdc,
  senders: readonly string[],
  from: number,
  to: number,
): Promise<void> {
  const { store } = await openData(data)
  try {
    for (let sent = from; sent < to; ) {
      const sender = senders[Math.floor(sent / EACH)] ?? ''
      const end = Math.min(to, (Math.floor(sent / EACH) + 1) * EACH)
      const id = freshKey(sender).id
      const info = new Uint8Array(1)
      const first = { payload: info, welcome: info }
      await store.groupChanges.create(
        freshKey(sender),
        { id, kind: 'named', name: `of-${sender}-${sent}`, members: ['bob'], info, commit: first },
        NO_LIMIT,
        systemClock(),
      )
      while (sent < end) {
        const batch = Math.min(AT_ONCE, end - sent)
        await Promise.all(
          Array.from({ length: batch }, () => {
            const payload = new Uint8Array(randomBytes(MESSAGE_BYTES))
            return store.groupChanges.send(
              freshKey(sender),
              { group: id, epoch: 1, payload },
              NO_LIMIT,
              systemClock(),
            )
          }),
        )
        sent += batch
      }
    }
  } finally {
    await store.close()
  }
}
