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

appender.run()
