/**
 * Transfers that are cut anywhere: by the connection, by the sender, by the receiver. Whatever happens, a file is there whole or not at
 * all, and when it is sent again it goes on from there.
 */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SaveRecord } from '../../src/cli/mailbox/save-files.ts'
import { takeItems } from '../../src/cli/receive/transfer.ts'
import { sendDirectly } from '../../src/cli/send/direct.ts'
import { OutgoingItems } from '../../src/cli/send/outgoing-items.ts'
import { makeOutput } from '../../src/cli/terminal/output.ts'
import { takeInto } from '../../src/files/by-path.ts'
import type { Channel } from '../../src/lib/channel/channel.ts'
import { type Bob, dialBob, startBob } from '../helpers/channels.ts'
import { CuttingProxy } from '../helpers/cutting-proxy.ts'

const transfer = suite('transfers that are cut')
const MB = 1_000_000
/** Less of a file is sooner sent again than kept. */
const KEPT_BYTES = 1024 * 1024

let home: string
let bob: Bob
let proxy: CuttingProxy

transfer.before(async () => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-transfer-'))
  bob = await startBob()
  proxy = await CuttingProxy.start(() => ({ host: '127.0.0.1', port: bob.port }))
})

transfer.after(async () => {
  await bob.listener.close()
  await proxy.close()
  rmSync(home, { recursive: true, force: true })
})

/** Bytes that differ from place to place, and with the seed. */
function bytesOf(length: number, seed: number): Buffer {
  const words = new Int32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1) ^ seed
  return Buffer.from(words.buffer, 0, length)
}

/** Every file below a directory, but for what is hidden. */
function filesIn(directory: string, prefix = ''): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const name of readdirSync(directory).sort()) {
    if (name.startsWith('.symbolon-')) continue
    const path = join(directory, name)
    if (!lstatSync(path).isDirectory()) found.set(prefix + name, readFileSync(path))
    else for (const [inner, bytes] of filesIn(path, `${prefix}${name}/`)) found.set(inner, bytes)
  }
  return found
}

const partsIn = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('.symbolon-'))

/** What one side tells, as events. */
function told() {
  const events: Record<string, unknown>[] = []
  const output = makeOutput('x', {}, { data: async () => {}, talk: () => {} })
  return {
    events,
    output: { ...output, event: (event: string, fields: object) => void events.push({ event, ...fields }) },
  }
}

interface Attempt {
  readonly done: boolean
  readonly resumedFrom: number[]
  /** What ended it, at the sender. */
  readonly error: unknown
}

/** One attempt: alice's tool and bob's, without their processes, over a real connection. */
async function attempt(paths: string[], inbox: string, break_: Break | undefined): Promise<Attempt> {
  const [alice, bobs] = [told(), told()]
  const [stopAlice, stopBob] = [new AbortController(), new AbortController()]
  const channels: Channel[] = []
  const act: Record<Break['by'], () => void> = {
    connection: () => proxy.cut(),
    sender: () => stopAlice.abort(new Error('stopped')),
    receiver: () => stopBob.abort(new Error('stopped')),
    'sender, at once': () => channels[0]?.destroy(),
    'receiver, at once': () => channels[1]?.destroy(),
  }
  const channel = await dialBob({ ...bob, port: proxy.port })
  const far = await bob.channels.next()
  channels.push(channel, far)
  const breakIt = break_ ? act[break_.by] : () => {}
  if (break_?.after !== undefined) proxy.after(break_.after, breakIt)
  const items = await OutgoingItems.look({ file: paths }, alice.output)
  const { sources } = items
  const options = { to: 'bob', sources, timeoutSec: 60, signal: stopAlice.signal }
  const sending = sendDirectly(channel.stream(), alice.output, options)
  const taking = (async () => {
    if ((await far.next()) !== 'stream') return undefined
    const saving = {
      directory: inbox,
      maxBytes: 1e9,
      signal: stopBob.signal,
      silent: true,
      record: new SaveRecord(),
    }
    return takeItems(far.stream(), 'alice', {
      output: bobs.output,
      saving,
      takeInto: noticing(break_?.written, breakIt),
      signal: stopBob.signal,
    })
  })()
  const [sent, taken] = await Promise.allSettled([sending, taking])
  // Disarmed, for whatever comes next.
  proxy.after(Number.POSITIVE_INFINITY)
  const done = sent.status === 'fulfilled' && sent.value.failed === 0
  if (done) {
    assert.is(taken.status === 'fulfilled' && taken.value?.error, undefined)
    await Promise.all([channel.close(), far.close()])
  } else {
    channel.destroy()
    far.destroy()
    await Promise.all([channel.closed, far.closed])
  }
  const resumedFrom = alice.events
    .filter(({ event }) => event === 'resumed')
    .map(({ bytes }) => Number(bytes))
  return { done, resumedFrom, error: sent.status === 'rejected' ? sent.reason : undefined }
}

const WAYS = ['connection', 'sender', 'receiver', 'sender, at once', 'receiver, at once'] as const

interface Break {
  readonly by: (typeof WAYS)[number]
  /** How many bytes pass before. */
  readonly after?: number
  /** How many bytes bob has written before. */
  readonly written?: number
}

const breaks = (most: number): fc.Arbitrary<Break> =>
  fc.record({ by: fc.constantFrom(...WAYS), after: fc.integer({ min: 1, max: most }) })

/** As bob takes things, doing something once so many bytes have been written. */
function noticing(written: number | undefined, act: () => void): typeof takeInto {
  let left = written ?? Number.POSITIVE_INFINITY
  return (directory, sender) => {
    const taker = takeInto(directory, sender)
    return {
      savedAs: (item) => taker.savedAs(item),
      async take(item) {
        const sink = await taker.take(item)
        if (!('write' in sink)) return sink
        const write = sink.write.bind(sink)
        sink.write = (bytes) => {
          const before = left
          left -= bytes.length
          if (before > 0 && left <= 0) setImmediate(act)
          return write(bytes)
        }
        return sink
      },
    }
  }
}

let round = 0

/** Places for one round, and what is sent: a file that is large, one that is small, an empty one, a directory. */
function prepare(seed: number): { inbox: string; paths: string[]; all: Map<string, Buffer> } {
  const place = join(home, `${++round}`)
  const inbox = join(place, 'inbox')
  mkdirSync(join(place, 'photos', 'more'), { recursive: true })
  mkdirSync(inbox, { mode: 0o700 })
  const all = new Map<string, Buffer>([
    ['big.iso', bytesOf(4 * MB, seed)],
    ['empty', Buffer.alloc(0)],
    ['note.txt', bytesOf(1000, seed + 1)],
    ['photos/a.jpg', bytesOf(2 * MB, seed + 2)],
    ['photos/more/b.jpg', bytesOf(200_000, seed + 3)],
    ['photos/more/c.txt', bytesOf(10, seed + 4)],
  ])
  for (const [name, bytes] of all) writeFileSync(join(place, name), bytes)
  return { inbox, paths: ['note.txt', 'big.iso', 'empty', 'photos'].map((name) => join(place, name)), all }
}

/** Everything that can be seen is whole. */
function judge(inbox: string, all: Map<string, Buffer>): void {
  const counts = new Map<string, number>()
  for (const [name, bytes] of filesIn(inbox)) {
    // Where only the acknowledgement was lost, a directory comes again, beside the first.
    const [first = '', ...rest] = name.split('/')
    const given = [first.replace(/ \(\d+\)$/, ''), ...rest].join('/')
    assert.ok(all.get(given)?.equals(bytes), `${name} is not what was sent`)
    counts.set(first, (counts.get(first) ?? 0) + 1)
  }
  for (const [name, count] of counts) {
    assert.is(count, name.startsWith('photos') ? 3 : 1, `${name}: ${count} files`)
  }
}

/** How much of the large file is kept, hidden. */
function keptOf(inbox: string): number {
  const parts = partsIn(inbox).map((name) => statSync(join(inbox, name)))
  return Math.max(0, ...parts.filter((part) => part.isFile()).map(({ size }) => size))
}

transfer(
  'end with the whole file or none, and go on from there, wherever they are cut and by whom',
  async () => {
    let resumed = 0
    const property = fc.asyncProperty(
      fc.integer(),
      fc.array(breaks(6.5 * MB), { minLength: 1, maxLength: 4 }),
      async (seed, all_) => {
        const { inbox, paths, all } = prepare(seed)
        for (const break_ of all_) {
          const kept = keptOf(inbox)
          const hadBig = filesIn(inbox).has('big.iso')
          const { done, resumedFrom, error } = await attempt(paths, inbox, break_)
          judge(inbox, all)
          if (kept >= KEPT_BYTES && !hadBig && resumedFrom.length > 0) {
            resumed++
            assert.is(resumedFrom[0], kept)
          }
          // The last acknowledgements may have been cut: then it is there, and its sender does not know.
          if (done) for (const name of all.keys()) assert.ok(filesIn(inbox).has(name), name)
          else assert.ok(error, 'what was cut is an error')
        }
        const kept = keptOf(inbox)
        const hadBig = filesIn(inbox).has('big.iso')
        const last = await attempt(paths, inbox, undefined)
        assert.ok(last.done, `it cannot be completed: ${last.error}`)
        if (kept >= KEPT_BYTES && !hadBig) {
          resumed++
          assert.is(last.resumedFrom[0], kept, 'it did not go on from where it was')
        }
        judge(inbox, all)
        const seen = filesIn(inbox)
        for (const [name, bytes] of all) assert.ok(seen.get(name)?.equals(bytes), name)
        assert.equal(partsIn(inbox), [], 'nothing is left over')
        rmSync(join(inbox, '..'), { recursive: true })
      },
    )
    await fc.assert(property, { numRuns: 30, endOnFailure: true }).catch((error) => {
      throw error.cause ?? error
    })
    assert.ok(resumed > 0, 'none was resumed')
  },
)

for (const by of WAYS) {
  transfer(
    `what has come is kept, where a transfer is cut by the ${by}, and need not come again`,
    async () => {
      const { inbox, paths, all } = prepare(7)
      const { done } = await attempt(paths, inbox, { by, written: 2.5 * MB })
      assert.not.ok(done)
      judge(inbox, all)
      const kept = keptOf(inbox)
      assert.ok(kept >= 2.5 * MB, `${kept} bytes are kept`)
      const before = proxy.passed
      const { resumedFrom } = await attempt(paths, inbox, undefined)
      assert.is(resumedFrom[0], kept)
      const sum = [...all.values()].reduce((total, { length }) => total + length, 0)
      assert.ok(proxy.passed - before < sum - kept + 100_000, 'it came again')
      assert.ok(
        filesIn(inbox)
          .get('big.iso')
          ?.equals(all.get('big.iso') as Buffer),
      )
    },
  )
}

transfer.run()
