/** A log that cannot be written, for a while: what is lost is counted, and every line that is there is whole. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LogOutput, MAX_WAITING_BYTES } from '../../src/kdc/log.ts'

const output = suite('log output')

/** A disk, or a pipe, with room for so many bytes. */
function smallDisk(code: string) {
  const disk = { text: '', room: 0, told: [] as (string | undefined)[] }
  const write = (bytes: Uint8Array): number => {
    if (disk.room === 0) throw Object.assign(new Error('no room'), { code })
    const some = bytes.subarray(0, disk.room)
    disk.text += Buffer.from(some).toString('latin1')
    disk.room -= some.length
    return some.length
  }
  const onLost = (error: NodeJS.ErrnoException) => disk.told.push(error.code)
  const out = new LogOutput(write, { onLost, lostLine: (lines) => `lost ${lines}\n` })
  return { disk, out }
}

output('what a full disk did not take is counted, told once, and said as soon as there is room', () => {
  const { disk, out } = smallDisk('ENOSPC')
  disk.room = 4
  out.write(['one\n'])
  out.write(['two\n', 'three\n'])
  out.write(['four\n'])
  assert.is(disk.text, 'one\n')
  assert.equal(disk.told, ['ENOSPC'])
  disk.room = 1000
  out.write(['five\n'])
  assert.is(disk.text, 'one\nlost 3\nfive\n')
  disk.room = 0
  out.write(['six\n'])
  assert.equal(disk.told, ['ENOSPC', 'ENOSPC'], 'told again, since it had been well')
})

output('a line that was cut is completed before anything else', () => {
  const { disk, out } = smallDisk('ENOSPC')
  disk.room = 6
  out.write(['one\n', 'two\n', 'three\n'])
  assert.is(disk.text, 'one\ntw')
  out.write(['four\n'])
  // Room for the rest of it, and half of what is to be said.
  disk.room = 5
  out.write(['five\n'])
  assert.is(disk.text, 'one\ntwo\nlos')
  disk.room = 1000
  out.write(['six\n'])
  // "five" was lost when "lost 2" could be written in part only.
  assert.is(disk.text, 'one\ntwo\nlost 2\nlost 1\nsix\n')
})

output('wherever the disk becomes full, all lines are whole, and those that are missing are counted', () => {
  for (let room = 0; room < 80; room++) {
    const { disk, out } = smallDisk('ENOSPC')
    disk.room = room
    for (let n = 10; n < 20; n += 2) out.write([`line ${n}\n`, `line ${n + 1}\n`])
    disk.room = room
    for (let n = 20; n < 30; n++) out.write([`line ${n}\n`])
    disk.room = 1000
    out.write(['line 30\n'])
    const lines = disk.text.split('\n')
    assert.is(lines.pop(), '')
    const lost = lines.map((line) => Number(/^lost (\d+)$/.exec(line)?.[1] ?? 0))
    const there = lines.filter((line) => /^line \d\d$/.test(line))
    const said = lost.reduce((sum, n) => sum + n, 0)
    assert.is(there.length + lost.filter((n) => n > 0).length, lines.length, disk.text)
    assert.is(there.length + said, 21, disk.text)
    assert.equal(there, [...there].sort())
  }
})

output('a slow reader loses nothing, up to a limit, and does not get more than that later', () => {
  const { disk, out } = smallDisk('EAGAIN')
  const line = `${'x'.repeat(1023)}\n`
  const kept = MAX_WAITING_BYTES / line.length
  for (let n = 0; n < kept; n++) out.write([line])
  assert.equal(disk.told, [])
  for (let n = 0; n < 10; n++) out.write([line])
  assert.equal(disk.told, ['EAGAIN'])
  disk.room = 10
  out.write([line])
  disk.room = 10 * MAX_WAITING_BYTES
  out.write(['now\n'])
  assert.is(disk.text, `${line.repeat(kept)}lost 11\nnow\n`)
})

output('as the process ends it says what was lost', () => {
  const { disk, out } = smallDisk('EPIPE')
  out.write(['one\n'])
  disk.room = 100
  out.end()
  assert.is(disk.text, 'lost 1\n')
})

output.run()
