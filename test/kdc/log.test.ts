import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLog } from '../../src/kdc/log.ts'

const log = suite('log')

/** What a log gives to its stream. */
function watchedLog(level: Parameters<typeof createLog>[0] = 'info') {
  const writes: string[] = []
  const write = (bytes: Uint8Array) => {
    writes.push(Buffer.from(bytes).toString('utf8'))
    return bytes.length
  }
  return { writes, log: createLog(level, { write }) }
}

log('writes the lines of a turn at once, in their order, and says when', async () => {
  const { writes, log } = watchedLog()
  log.info({ n: 1 }, 'one')
  const first = log.written?.()
  log.warn({ n: 2 }, 'two')
  assert.equal(writes, [])
  assert.ok(first)
  await first
  assert.is(writes.length, 1)
  const lines = writes[0]?.split('\n') ?? []
  assert.is(lines.pop(), '')
  const events = lines.map((line) => JSON.parse(line)).map(({ event, level, n }) => ({ event, level, n }))
  assert.equal(events, [
    { event: 'one', level: 'info', n: 1 },
    { event: 'two', level: 'warn', n: 2 },
  ])
})

log('there is nothing to wait for when nothing was logged, or all is written', async () => {
  const { writes, log } = watchedLog('warn')
  log.info({}, 'not of this level')
  assert.is(log.written?.(), undefined)
  log.error({}, 'of this level')
  await log.written?.()
  assert.is(writes.length, 1)
  assert.is(log.written?.(), undefined)
})

log('goes on in the next turn', async () => {
  const { writes, log } = watchedLog()
  log.info({}, 'one')
  await log.written?.()
  log.info({}, 'two')
  await log.written?.()
  assert.equal(
    writes.map((line) => JSON.parse(line).event),
    ['one', 'two'],
  )
})

log('holds nothing that a terminal would obey, or not show, and parses to what was logged', async () => {
  const { writes, log } = watchedLog()
  const value = 'a\u009b31m\u202e\x7f\u3164 日本'
  log.info({ value }, 'one')
  await log.written?.()
  const [line = ''] = writes
  assert.is(JSON.parse(line).value, value)
  assert.match(line, /^[^\x7f-\x9f\u202e\u3164]*日本[^\n]*\n$/)
})

log('says how many lines were lost, whatever level was asked for', async () => {
  let isFull = true
  let text = ''
  const write = (bytes: Uint8Array) => {
    if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    text += Buffer.from(bytes).toString('utf8')
    return bytes.length
  }
  const told: unknown[] = []
  const log = createLog('error', { write, onLost: ({ code }) => told.push(code) })
  log.error({}, 'one')
  log.error({}, 'two')
  await log.written?.()
  isFull = false
  log.error({}, 'three')
  await log.written?.()
  const lines = text.trimEnd().split('\n')
  const events = lines
    .map((line) => JSON.parse(line))
    .map(({ event, level, lines }) => ({ event, level, lines }))
  assert.equal(events, [
    { event: 'log_lost', level: 'error', lines: 2 },
    { event: 'three', level: 'error', lines: undefined },
  ])
  assert.equal(told, ['ENOSPC'])
})

log.run()
