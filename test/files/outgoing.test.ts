/** Files to be sent, and what looks like one. */
import { execFileSync } from 'node:child_process'
import fs, { appendFileSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openOutgoing } from '../../src/files/outgoing.ts'
import { contentPieces } from '../../src/lib/transfer/index.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { withLinks } from '../helpers/links.ts'
import { asOrdinaryUser, onLinux, onPosix } from '../helpers/needs.ts'
import { diskError, withOtherFs } from '../helpers/other-fs.ts'
import { rejects } from '../helpers/throws.ts'

const outgoing = suite<{ directory: ReturnType<typeof temporaryDirectory>; path: string }>('files to be sent')

outgoing.before.each((context) => {
  context.directory = temporaryDirectory()
  context.path = join(context.directory.path, 'report.pdf')
})
outgoing.after.each(({ directory }) => directory.remove())

async function all(path: string, onPiece: () => void = () => {}): Promise<Buffer> {
  const file = await openOutgoing(path)
  try {
    const pieces: Uint8Array[] = []
    for await (const piece of contentPieces(file.content)) {
      pieces.push(piece)
      onPiece()
    }
    const content = Buffer.concat(pieces)
    assert.is(content.length, file.content.size)
    return content
  } finally {
    await file.content.close()
  }
}

/** What is said of a path that is not sent. */
async function refusal(path: string): Promise<string> {
  try {
    await (await openOutgoing(path)).content.close()
  } catch (error) {
    assert.is((error as { code?: string }).code, 'file_not_readable')
    return (error as Error).message.replace(`cannot send ${path}: `, '')
  }
  return 'none'
}

outgoing('are read whole', async ({ path }) => {
  for (const length of [0, 1, 65_536, 200_000]) {
    const bytes = Buffer.alloc(length, 'abc')
    writeFileSync(path, bytes)
    assert.ok((await all(path)).equals(bytes))
  }
})

withLinks(outgoing)(
  'are named by the last part of their path, and may be reached by a link',
  async ({ path, directory }) => {
    writeFileSync(path, 'x')
    const link = join(directory.path, 'latest.pdf')
    symlinkSync(path, link)
    const file = await openOutgoing(link)
    assert.is(file.name, 'latest.pdf')
    await file.content.close()
  },
)

outgoing('are regular files', async ({ path, directory }) => {
  const at = (name: string) => join(directory.path, name)
  assert.is(await refusal(path), 'there is no such file')
  assert.match(
    await refusal(`${path}\ufffd`),
    /^there is no such file; a name that is not UTF-8 is sent with the dir/,
  )
  mkdirSync(at('folder'))
  assert.match(await refusal(at('folder')), /it is a directory: pack it first/)
  writeFileSync(path, '')
  assert.is(await refusal(join(path, 'below')), 'there is no such file')
})

onPosix(outgoing)(
  'that are no files, on systems where much has a name, are refused',
  async ({ directory }) => {
    const at = (name: string) => join(directory.path, name)
    assert.is(await refusal('/dev/zero'), 'it is not a regular file')
    // Nobody writes to it: opening it the usual way would wait for ever.
    execFileSync('mkfifo', [at('pipe')])
    assert.is(await refusal(at('pipe')), 'it is not a regular file')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
    assert.is(await refusal(at('socket')), 'it is not a regular file')
    server.close()
    symlinkSync('loop', at('loop'))
    assert.is(await refusal(at('loop')), 'it is a link to itself')
  },
)

asOrdinaryUser(outgoing)('that we may not read are refused', async ({ directory }) => {
  const at = (name: string) => join(directory.path, name)
  writeFileSync(at('secret'), '', { mode: 0 })
  assert.is(await refusal(at('secret')), 'we may not read it')
})

outgoing('that are written to meanwhile are an error, also when their length stays', async ({ path }) => {
  const content = Buffer.alloc(200_000)
  const changes = [
    () => appendFileSync(path, 'x'),
    () => truncateSync(path, 100_000),
    () => {
      writeFileSync(path, content)
      utimesSync(path, 1, 1)
    },
  ]
  for (const change of changes) {
    writeFileSync(path, content)
    const once = { done: false }
    const reading = all(path, () => {
      if (!once.done) change()
      once.done = true
    })
    await rejects(reading, 'file_changed')
  }
})

onLinux(outgoing)('end where reading ends, whatever the file system says of their size', async ({ path }) => {
  // No size at all: of one that is small, and of one that is not.
  for (const file of ['/proc/meminfo', '/proc/kallsyms']) {
    const content = await all(file)
    assert.ok(content.length > 0, file)
    assert.match(
      content.toString('latin1', 0, 400),
      file === '/proc/meminfo' ? /^MemTotal:/ : /^[0-9a-f]+ \w /,
    )
  }
  assert.ok((await all('/proc/kallsyms')).length > 256 * 1024)
  // A page, and less in it.
  const kernel = await all('/sys/kernel/mm/transparent_hugepage/enabled')
  assert.match(kernel.toString(), /^[^\0]*\n$/)
  for (const length of [0, 1, 262_143, 262_144, 262_145, 400_000]) {
    writeFileSync(path, Buffer.alloc(length, 7))
    assert.ok((await all(path)).equals(Buffer.alloc(length, 7)))
  }
})

outgoing('that are small are what they were when they were opened, or changed', async ({ path }) => {
  writeFileSync(path, 'as it was')
  const file = await openOutgoing(path)
  writeFileSync(path, 'something else, and longer')
  const pieces: Uint8Array[] = []
  await rejects(
    (async () => {
      for await (const piece of contentPieces(file.content)) pieces.push(piece)
    })(),
    'file_changed',
  )
  assert.is(Buffer.concat(pieces).toString(), 'as it was')
  await file.content.close()
})

outgoing(
  'that are small and cannot be read to their end are not sent, and not left open',
  async ({ path }) => {
    writeFileSync(path, 'all of it')
    const { readSync, openSync, closeSync } = fs
    const open = new Set<number>()
    const badDisk = {
      openSync: (...args: Parameters<typeof openSync>) => {
        const file = openSync(...args)
        open.add(file)
        return file
      },
      closeSync: (file: number) => {
        open.delete(file)
        closeSync(file)
      },
      readSync: ((file: number, buffer: Uint8Array, offset: number, length: number, position: number) => {
        if (position > 0) throw diskError()
        return readSync(file, buffer, offset, Math.min(3, length), position)
      }) as typeof readSync,
    }
    await withOtherFs(badDisk, async () => {
      assert.is(await refusal(path), 'the device fails')
      assert.is(open.size, 0)
    })
  },
)

outgoing.run()
