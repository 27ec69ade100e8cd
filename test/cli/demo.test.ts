import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnvironment, startTool } from '../helpers/program.ts'

const test = suite('demo')
let home = ''

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
})

test.after.each(() => rmSync(home, { recursive: true }))

test('shows the five messages in order and what bob sees, and leaves nothing behind', async () => {
  // Its temporary files land where we can look afterwards.
  const env = { ...cleanEnvironment(home), TMPDIR: home, TEMP: home, TMP: home }
  const demo = await startTool('src/demo.ts', ['see you at eight'], env).input().ends(0)
  const story = [
    /^ 1 {2}alice → KDC {4}POST \/login\/start$[\s\S]*?request +[\w-]{6}…$/m,
    /^ {4}alice → KDC {4}POST \/login\/finish$[\s\S]*?finish +[\w-]{6}…$/m,
    /^ 2 {2}KDC → alice {4}200$[\s\S]*?username +alice$/m,
    /^ 3 {2}alice → KDC {4}POST \/userinfo, sealed$[\s\S]*?receiver +bob$/m,
    /^ 4 {2}KDC → alice {4}200, sealed$[\s\S]*?ip_addr +127\.0\.0\.1$[\s\S]*?secret +[\w-]{6}…$[\s\S]*?senderinfo +[\w-]{6}…$/m,
    /^ 5 {2}alice → bob {4}TCP$/m,
    /^ {4}bob → alice {4}TCP$/m,
    /bob's terminal shows: {2}alice: see you at eight$/m,
  ]
  let at = 0
  for (const step of story) {
    const found = step.exec(demo.stdout.slice(at))
    assert.ok(found, `${step} after\n${demo.stdout.slice(0, at)}`)
    at += found.index + found[0].length
  }
  const steps = [...demo.stdout.matchAll(/^ ([ \d]) {2}(\w+ → \w+)/gm)].map(
    ([, number, way]) => `${number} ${way}`,
  )
  assert.equal(steps, [
    '1 alice → KDC',
    '  KDC → alice',
    '  alice → KDC',
    '2 KDC → alice',
    '3 alice → KDC',
    '4 KDC → alice',
    '5 alice → bob',
    '  alice → bob',
    '  bob → alice',
    '  alice → bob',
    '  bob → alice',
  ])
  assert.match(
    demo.stdout.slice(at),
    /^\n\n {3}Nobody who listened could read it, not even the KDC\.\n {3}docs\/protocol\.md explains every byte\.\n$/,
  )
  assert.is(demo.stderr, '')
  assert.not.match(demo.stdout, /[\w-]{22,}/, 'no whole key or password')
  // tsx keeps its compiled files in a folder of its own there.
  assert.equal(
    readdirSync(home).filter((name) => !name.startsWith('tsx')),
    [],
  )
})

test('stops when it is asked to, and leaves nothing behind', async () => {
  const env = { ...cleanEnvironment(home), TMPDIR: home, TEMP: home, TMP: home }
  const demo = startTool('src/demo.ts', [], env).input()
  await demo.says('stdout', /the KDC listens at/)
  assert.is(await demo.stop('SIGINT'), 1)
  assert.equal(
    readdirSync(home).filter((name) => !name.startsWith('tsx')),
    [],
  )
})

test('leaves nothing behind when its reader has seen enough', async () => {
  const env = { ...cleanEnvironment(home), TMPDIR: home, TEMP: home, TMP: home }
  const demo = startTool('src/demo.ts', [], env).input()
  const receiver = Number(
    /:(\d+)/.exec(await demo.says('stdout', /bob has logged in and listens at (\S+)/))?.[1],
  )
  demo.child.stdout.destroy()
  assert.is(await demo.exit, 1)
  assert.equal(
    readdirSync(home).filter((name) => !name.startsWith('tsx')),
    [],
  )
  // Nor bob's receiver: its port is free again as soon as the system has taken it away.
  for (;;) {
    const socket = connect(receiver, '127.0.0.1')
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (!open) break
  }
})

test.run()
