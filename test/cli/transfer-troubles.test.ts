/** What goes wrong with files on their way: each is said, and the others arrive. */

import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hintFor } from '../../src/cli/hints.ts'
import { SaveRecord } from '../../src/cli/mailbox/save-files.ts'
import { type ReceiveSettings, takeItems } from '../../src/cli/receive/transfer.ts'
import { sendDirectly } from '../../src/cli/send/direct.ts'
import { OutgoingItems } from '../../src/cli/send/outgoing-items.ts'
import { makeOutput } from '../../src/cli/terminal/output.ts'
import { takeInto } from '../../src/files/by-path.ts'
import { FileError } from '../../src/files/errors.ts'
import type { FileSink } from '../../src/lib/transfer/index.ts'
import { withLinks } from '../helpers/links.ts'
import { needs, onLinux, onPosix } from '../helpers/needs.ts'
import { diskError, fsyncAs, withOtherFs } from '../helpers/other-fs.ts'

const troubles = suite('files in trouble')
let home: string
let inbox: string

troubles.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-troubles-'))
  inbox = join(home, 'inbox')
  mkdirSync(inbox, { mode: 0o700 })
})

troubles.after.each(() => rmSync(home, { recursive: true, force: true }))

function make(name: string, content: string | Uint8Array = name): string {
  mkdirSync(join(home, name, '..'), { recursive: true })
  writeFileSync(join(home, name), content)
  return join(home, name)
}

function told() {
  const lines: string[] = []
  const lines_ = {
    data: async (line: string) => void lines.push(line),
    talk: (line: string) => void lines.push(line),
  }
  return { lines, output: makeOutput('x', {}, lines_) }
}

/** Alice sends what these paths lead to; bob takes it. */
async function send(paths: string[], taking: Partial<ReceiveSettings> = {}, before: () => void = () => {}) {
  const [alices, bobs] = duplexPair()
  const [alice, bob] = [told(), told()]
  const { signal } = new AbortController()
  const items = await OutgoingItems.look({ file: paths }, alice.output)
  before()
  const { sources } = items
  const options = { to: 'bob', sources, totals: await items.totals(), timeoutSec: 60, signal }
  const saving = { directory: inbox, maxBytes: 1e9, signal, silent: true, record: new SaveRecord() }
  const [sent] = await Promise.all([
    sendDirectly(alices, alice.output, options),
    takeItems(bobs, 'alice', { output: bob.output, saving, signal, ...taking }),
  ])
  const strip = (lines: string[]) => lines.map((line) => line.replaceAll(`${home}/`, ''))
  return { delivered: sent.delivered, failed: sent.failed, alice: strip(alice.lines), bob: strip(bob.lines) }
}

/** A place in which files do something when they are written to. */
function meddling(act: (name: string) => void): typeof takeInto {
  return (directory, sender) => {
    const taker = takeInto(directory, sender)
    return {
      savedAs: (item) => taker.savedAs(item),
      async take(item) {
        const sink = (await taker.take(item)) as FileSink
        if (!('write' in sink)) return sink
        const write = sink.write.bind(sink)
        sink.write = (bytes) => {
          act(item.name)
          return write(bytes)
        }
        return sink
      },
    }
  }
}

troubles('one that goes away, grows or shrinks while it is sent is said to, and is not there', async () => {
  const large = Buffer.alloc(3_000_000, 1)
  const [gone, grows, shrinks, fine] = [
    make('gone'),
    make('grows', large),
    make('shrinks', large),
    make('fine'),
  ]
  const takeThem = meddling((name) => {
    if (name === 'grows') writeFileSync(grows, 'more', { flag: 'a' })
    if (name === 'shrinks') truncateSync(shrinks, 1000)
  })
  const { alice, bob, delivered, failed } = await send(
    [gone, grows, shrinks, fine],
    { takeInto: takeThem },
    () => rmSync(gone),
  )
  assert.equal([delivered, failed], [1, 3])
  assert.equal(alice[0], 'not delivered: gone: cannot send gone: there is no such file (file_not_readable)')
  assert.match(alice[1] ?? '', /^not delivered: grows: .* \(file_changed\)$/)
  assert.match(alice[2] ?? '', /^not delivered: shrinks: .* \(file_changed\)$/)
  assert.is(alice[3], 'delivered fine to bob')
  assert.equal(bob, [
    '* alice: [file] grows (3.0 MB) changed while it was being sent: not saved',
    '* alice: [file] shrinks (3.0 MB) changed while it was being sent: not saved',
    '* alice: [file] fine (4 bytes) saved as inbox/fine',
  ])
  assert.equal(readdirSync(inbox), ['fine'])
})

onLinux(troubles)('one of which the file system says no size, or another, arrives whole', async () => {
  // /proc/kallsyms is longer than what is sent without asking.
  const paths = ['/proc/cpuinfo', '/proc/kallsyms', '/sys/kernel/mm/transparent_hugepage/enabled']
  const { delivered, failed } = await send(paths)
  assert.equal([delivered, failed], [3, 0])
  const size = (name: string) => readFileSync(join(inbox, name)).length
  assert.match(readFileSync(join(inbox, 'cpuinfo'), 'utf8'), /^processor/)
  assert.ok(size('kallsyms') > 256 * 1024)
  assert.ok(readFileSync(join(inbox, 'kallsyms')).equals(readFileSync('/proc/kallsyms')))
  assert.ok(readFileSync(join(inbox, 'enabled')).equals(readFileSync(paths[2] ?? '')))
})

troubles('a disk that becomes full takes no more of that one, and the others arrive', async () => {
  const takeThem = meddling((name) => {
    if (name === 'big')
      throw new FileError('file_not_saved', 'cannot save in inbox: there is not enough room')
  })
  const paths = [make('big', Buffer.alloc(3_000_000)), make('small')]
  const { alice, bob, delivered, failed } = await send(paths, { takeInto: takeThem })
  assert.equal([delivered, failed], [1, 1])
  assert.equal(alice, [
    'not delivered: big: bob cannot save it: no room, perhaps (file_not_saved)',
    'delivered small to bob',
  ])
  assert.equal(bob, [
    '* alice: [file] big (3.0 MB) cannot save in inbox: there is not enough room',
    '* alice: [file] small (5 bytes) saved as inbox/small',
  ])
  assert.equal(readdirSync(inbox), ['small'])
})

troubles(
  'a directory of which one small file does not come to the disk is not there, and the next one is',
  async () => {
    for (const name of ['a', 'b', 'c']) make(`dir/${name}`)
    let calls = 0
    const fails = fsyncAs((file, done, own) => {
      if (calls++ === 1) setImmediate(done, diskError())
      else own(file, done)
    })
    const sent = await withOtherFs(fails, () => send([join(home, 'dir'), make('fine')]))
    assert.equal([sent.delivered, sent.failed], [1, 1])
    assert.match(
      sent.alice[0] ?? '',
      /^not delivered: dir: bob cannot save it: no room, perhaps \(file_not_saved\)$/,
    )
    assert.is(sent.alice[1], 'delivered fine to bob')
    assert.match(sent.bob[0] ?? '', /^\* alice: .* dir .*the disk fails$/)
    assert.equal(readdirSync(inbox), ['fine'])
  },
)

troubles('a directory of which one small file cannot be read is not there, and the next one is', async () => {
  for (const name of ['a', 'b', 'c']) make(`dir/${name}`)
  const { readSync } = fs
  let calls = 0
  const badDisk = {
    // Of each file it is called twice: for what is in it, and for its end.
    readSync: ((...args: Parameters<typeof readSync>) => {
      if (calls++ === 3) throw diskError()
      return readSync(...args)
    }) as typeof readSync,
  }
  const sent = await withOtherFs(badDisk, () => send([join(home, 'dir'), make('fine')]))
  assert.equal([sent.delivered, sent.failed], [1, 2])
  assert.match(
    sent.alice[0] ?? '',
    /^not delivered: dir\/b: cannot send .*the device fails \(file_not_readable\)$/,
  )
  assert.is(sent.alice.at(-1), 'delivered fine to bob')
  assert.equal(readdirSync(inbox), ['fine'])
})

withLinks(troubles)(
  'links and sockets in a directory stay where they are, and the rest arrives',
  async () => {
    make('dir/file')
    symlinkSync('.', join(home, 'dir', 'loop'))
    const server = createServer()
    const path = join(home, 'dir', 'socket')
    if (process.platform !== 'win32') await new Promise<void>((resolve) => server.listen(path, resolve))
    try {
      const { alice, failed } = await send([join(home, 'dir')])
      assert.is(failed, 0)
      const skipped = alice.filter((line) => line.startsWith('not sent'))
      assert.is(skipped[0], 'not sent: dir/loop: it is a link, and links are not followed')
      if (process.platform !== 'win32') {
        assert.is(skipped[1], 'not sent: dir/socket: it is neither a file nor a directory')
      }
      assert.is(alice.at(-1), 'delivered dir (1 file, 8 bytes) to bob')
      assert.equal(readdirSync(join(inbox, 'dir')), ['file'])
    } finally {
      server.close()
    }
  },
)

const bytesInNames = needs('file names of any bytes', () => process.platform === 'linux', 'run it on Linux')
bytesInNames(troubles)('a name that is not UTF-8 is sent as it can be read, and said to be', async () => {
  make('dir/file')
  writeFileSync(Buffer.concat([Buffer.from(`${home}/dir/caf`), Buffer.from([0xe9])]), 'x')
  const { alice, failed } = await send([join(home, 'dir')])
  assert.is(failed, 0)
  assert.ok(alice.includes('dir/caf\ufffd: sent under this name: its own is not UTF-8'), alice.join('\n'))
  assert.is(readdirSync(join(inbox, 'dir')).length, 2)
})

onPosix(troubles)('names of all sorts stay in the directory, and on one line', async () => {
  const names = ['-rf', 'a\nb: hi', 'con', '\u202efdp.exe']
  const { alice, bob, failed } = await send(names.map((name) => make(`odd/${name}`)))
  assert.is(failed, 0)
  for (const line of [...alice, ...bob]) assert.not.match(line, /[\n\u202e]/)
  assert.equal(readdirSync(inbox).sort(), ['_con', '_fdp.exe', '_rf', 'a_b_ hi'])
})

troubles('what an older program sends is refused, and why is said', async () => {
  const [older, bobs] = duplexPair()
  const body = Buffer.from('{"transfer":1}')
  older.write(Buffer.concat([Buffer.from([0x01, 0, 0, 0, body.length]), body]))
  const bob = told()
  const { signal } = new AbortController()
  const saving = { directory: inbox, maxBytes: 1e9, signal, silent: true, record: new SaveRecord() }
  const { error } = await takeItems(bobs, 'alice', { output: bob.output, saving, signal })
  assert.equal(bob.lines, ['alice: files in version 1 of the protocol, not 2: nothing has come'])
  assert.match(hintFor(error) ?? '', /an older program/)
  older.destroy()
})

troubles('a receiver that stops reading is given up on, and so is a sender that says nothing', async () => {
  const [alices, bobs] = duplexPair()
  const alice = told()
  const { signal } = new AbortController()
  const { sources } = await OutgoingItems.look({ file: [make('big', Buffer.alloc(3_000_000))] }, alice.output)
  const error = await sendDirectly(alices, alice.output, { to: 'bob', sources, timeoutSec: 1, signal }).catch(
    (caught) => caught,
  )
  assert.match(error.message, /^bob took nothing for 1 s: nothing was on its way$/)
  assert.equal([error.code, error.exitCode], ['peer_silent', 3])
  bobs.destroy()

  const bob = told()
  const [, silent] = duplexPair()
  const saving = { directory: inbox, maxBytes: 1e9, signal, silent: true, record: new SaveRecord() }
  const taken = await takeItems(silent, 'alice', { output: bob.output, saving, signal, patienceSec: 1 })
  assert.ok(taken.error)
  assert.equal(bob.lines, ['alice: nothing came for 1 s: nothing has come'])
  assert.not.ok(existsSync(join(inbox, 'big')))
})

troubles.run()
