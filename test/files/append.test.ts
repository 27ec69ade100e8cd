/** Writing behind whoever has more to write. */
import { readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Appender } from '../../src/files/incoming.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { rejects } from '../helpers/throws.ts'
import { pattern } from '../helpers/transfer-memory.ts'

const appender = suite<{ directory: ReturnType<typeof temporaryDirectory>; path: string }>('appender')

appender.before.each((context) => {
  context.directory = temporaryDirectory()
  context.path = join(context.directory.path, 'f')
})
appender.after.each(({ directory }) => directory.remove())

const BUFFER = 512 * 1024

appender(
  'writes pieces of any length, one after the other, and the pieces may be used again',
  async ({ path }) => {
    const whole = pattern(5 * BUFFER + 7)
    for (const length of [1, 65_521, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER, 5 * BUFFER]) {
      const file = await open(path, 'w')
      const to = new Appender('there', file, 0)
      const from = length === 1 ? whole.length - 1000 : 0
      for (let at = from; at < whole.length; at += length) {
        const piece = Buffer.from(whole.subarray(at, at + length))
        await to.write(piece)
        piece.fill(0xff)
      }
      await to.end()
      assert.is(to.length, whole.length - from)
      await file.close()
      assert.ok(readFileSync(path).equals(whole.subarray(from)), String(length))
    }
  },
)

appender('goes on where it is told', async ({ path }) => {
  const file = await open(path, 'w')
  await file.write('begin')
  const to = new Appender('there', file, 5)
  await to.write(Buffer.from(' and end'))
  assert.is(to.length, 13)
  await to.end()
  await to.end()
  await file.close()
  assert.is(readFileSync(path, 'utf8'), 'begin and end')
})

/** A file on a disk that takes so many bytes at once, and so many in all. */
const onFullDisk = (most: number, room: number, taken: number[]) =>
  ({
    async write(bytes: Uint8Array, _: number, length: number, position: number) {
      if (position >= room) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      const bytesWritten = Math.min(most, length, room - position)
      taken.push(bytesWritten)
      return { bytesWritten, buffer: bytes }
    },
  }) as unknown as FileHandle

appender('writes the rest of what was not taken at once', async () => {
  const taken: number[] = []
  const to = new Appender('there', onFullDisk(100_000, 1e9, taken), 0)
  await to.write(pattern(BUFFER + 3))
  await to.end()
  assert.equal(taken, [...Array(5).fill(100_000), BUFFER - 500_000, 3])
})

appender('says once, to whoever comes next, that the disk is full', async () => {
  for (const room of [0, 100, BUFFER, 3 * BUFFER]) {
    const to = new Appender('there', onFullDisk(BUFFER, room, []), 0)
    const all = (async () => {
      for (let n = 0; n < 5; n++) await to.write(pattern(BUFFER))
    })()
    await rejects(
      all.then(() => to.end()),
      'file_not_saved',
    )
    await rejects(to.end(), 'file_not_saved')
  }
})

const MIB = 1024 * 1024

/** A file that takes everything, on a disk that syncs when it is told to. */
function onSlowDisk(sync: () => Promise<void>) {
  const disk = { written: 0, syncs: [] as number[] }
  const file = {
    async write(bytes: Uint8Array, _: number, length: number) {
      disk.written += length
      return { bytesWritten: length, buffer: bytes }
    },
    datasync() {
      disk.syncs.push(disk.written)
      return sync()
    },
  }
  return { disk, file: file as unknown as FileHandle }
}

appender(
  'has what comes of a large file synced while more comes, and waits for no more than that',
  async () => {
    const synced: (() => void)[] = []
    const { disk, file } = onSlowDisk(() => new Promise((resolve) => synced.push(resolve)))
    const to = new Appender('there', file, 0)
    const piece = pattern(BUFFER)
    const all = (async () => {
      for (let n = 0; n < 400; n++) await to.write(piece)
      await to.end()
    })()
    for (let n = 0; n < 1000; n++) await new Promise(setImmediate)
    // The disk has taken nothing yet.
    assert.equal([disk.syncs, disk.written], [[64 * MIB], 128 * MIB])
    synced.shift()?.()
    for (let n = 0; n < 1000; n++) await new Promise(setImmediate)
    assert.equal([disk.syncs, disk.written], [[64 * MIB, 128 * MIB], 192 * MIB])
    let ended = false
    all.then(() => {
      ended = true
    })
    synced.shift()?.()
    for (let n = 0; n < 1000; n++) await new Promise(setImmediate)
    assert.equal([disk.syncs.length, disk.written, ended], [3, 400 * BUFFER, false])
    synced.shift()?.()
    await all
  },
)

appender('says that the disk failed while more was coming', async () => {
  const failure = Object.assign(new Error('EIO'), { code: 'EIO' })
  const { file } = onSlowDisk(() => Promise.reject(failure))
  const to = new Appender('there', file, 0)
  for (let n = 0; n < 128; n++) await to.write(pattern(BUFFER))
  await rejects(to.end(), 'file_not_saved')
})

appender.run()
