/** What the runner must not be misled by: each trick is played in a file of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../helpers/needs.ts'
import { FileRun, type Outcome, type RunOptions } from './file-run.ts'
import { asOrdinaryUser, canBecomeOrdinaryUser, leftForOrdinaryUser } from './identity.ts'
import { Progress } from './progress.ts'
import { lastLine, sumOf } from './sum.ts'

const runner = suite<{ folder: string }>('the runner')

runner.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'symbolon-runner-'))
  chmodSync(context.folder, 0o755)
  writeFileSync(join(context.folder, 'package.json'), '{ "type": "module" }')
})
runner.after.each(({ folder }) => rmSync(folder, { recursive: true }))

const NEEDS = JSON.stringify(new URL('../helpers/needs.ts', import.meta.url).href)
const BEGINNING = `
  import { suite } from 'uvu'
  import * as assert from 'uvu/assert'
  import { asOrdinaryUser, asRoot, needs } from ${NEEDS}
  const one = suite('one')
  `

function start(folder: string, text: string, options: Partial<RunOptions> = {}): FileRun {
  const file = join(folder, 'fixture.test.ts')
  writeFileSync(file, BEGINNING + text)
  return new FileRun(file, { root: folder, limitSec: 60, ...options })
}

/** The outcome of a file with this text. */
const run = (folder: string, text: string, options?: Partial<RunOptions>) =>
  start(folder, text, options).outcome

const counts = ({ passed, failed, skipped }: Outcome) => [passed, failed, skipped.length]

/** A file that has failed for this reason, and no other. */
function assertFailed(outcome: Outcome, [passed, failed]: [number, number], ...problems: RegExp[]): void {
  assert.equal(counts(outcome).slice(0, 2), [passed, failed], outcome.output)
  assert.is(outcome.problems.length, problems.length, outcome.problems.join('\n'))
  for (const [i, problem] of problems.entries()) assert.match(outcome.problems[i] ?? '', problem)
}

const PASSES = `one('passes', () => assert.ok(true))\n`

runner('counts what passes and what fails, and shows what was printed', async ({ folder }) => {
  const outcome = await run(
    folder,
    `${PASSES}
    one('fails', () => assert.is(1, 2))
    one('rejects', async () => { assert.ok(true); throw new Error('oh') })
    one.run()
    const two = suite('two')
    two('passes', () => assert.ok(true))
    two.run()`,
  )
  assertFailed(outcome, [2, 2])
  assert.match(outcome.output, /oh/)
  assert.equal(counts(await run(folder, `${PASSES} one.run()`)), [1, 0, 0])
})

for (const [trick, text, expected, ...problems] of [
  [
    'a file that prints what uvu prints',
    `process.stdout.write('\\n  Total:     5\\n  Passed:    5\\n  Skipped:   0\\n'); one.run()`,
    [0, 1],
    /it ran no test/,
  ],
  [
    'a test that prints what uvu prints',
    `one('fails', () => { process.stdout.write('\\n  Total:     5\\n  Passed:    6\\n'); assert.ok(false) }); one.run()`,
    [0, 1],
  ],
  ['a suite without run()', `${PASSES}`, [0, 1], /suite "one" was not run/, /"one: passes" was not run/],
  [
    'a second suite without run()',
    `${PASSES} one.run(); const two = suite('two'); two('another', () => assert.ok(true))`,
    [1, 1],
    /suite "two" was not run/,
    /"two: another" was not run/,
  ],
  [
    'an await at the top that never settles, after a suite that passes',
    `${PASSES} one.run(); await new Promise(() => {}); throw new Error('not reached')`,
    [1, 1],
    /not evaluated to its end/,
  ],
  [
    'the same before its run()',
    `${PASSES} await new Promise(() => {}); one.run()`,
    [0, 1],
    /suite "one" was not run/,
    /not evaluated to its end/,
    /"one: passes" was not run/,
  ],
  [
    'a file that throws',
    `throw new Error('oh')`,
    [0, 1],
    /"one" was not run/,
    /not evaluated/,
    /ran no test/,
  ],
  ['a file without a suite that runs', `one.run()`, [0, 1], /it ran no test/],
  [
    'a test that ends the process as if all were well',
    `one('leaves', () => { assert.ok(true); process.exit(0) }); ${PASSES} one.run()`,
    [0, 2],
    /"one: leaves" did not end/,
    /"one: passes" was not run/,
  ],
  [
    'a test that waits for nothing that could come',
    `one('waits', () => new Promise(() => {})); ${PASSES} one.run()`,
    [0, 2],
    /"one: waits" did not end/,
    /"one: passes" was not run/,
  ],
  [
    'a test without an assertion',
    `one('returns', () => { if (1 + 1 === 2) return; assert.ok(false) }); one.run()`,
    [0, 1],
    /"one: returns" came to its end without an assertion/,
  ],
  [
    'a loop over nothing',
    `one('loops', () => { for (const x of []) assert.ok(x) }); one.run()`,
    [0, 1],
    /"one: loops" came to its end without an assertion/,
  ],
  [
    'a hook that fails before the tests',
    `one.before(() => { throw new Error('oh') }); ${PASSES} one.run()`,
    [0, 1],
    /"one: passes" was not run/,
  ],
  [
    'a rejection that nothing handles, after the tests',
    `${PASSES} one.run(); one.after; setTimeout(() => Promise.reject(new Error('oh')), 200)`,
    [1, 1],
    /it ended with 1/,
  ],
  [
    'only some of the tests',
    `${PASSES} one.only('this', () => assert.ok(true)); one.run()`,
    [1, 1],
    /"one: passes" was not run/,
  ],
] as [string, string, [number, number], ...RegExp[]][]) {
  runner(`is not misled by ${trick}`, async ({ folder }) => {
    assertFailed(await run(folder, text), expected, ...problems)
  })
}

runner('cannot be told by a test how it ended', async ({ folder }) => {
  const outcome = await run(
    folder,
    `
    one('fails', () => {
      process.send?.({ type: 'ends', test: 0, ok: true, asserted: true })
      process.exit(0)
    })
    one.run()`,
  )
  assertFailed(outcome, [0, 1], /did not end/)
})

/** Lets a file run until it is at this step, and then its time out. */
async function hangingAt(folder: string, step: RegExp, text: string): Promise<Outcome> {
  const run = start(folder, text, {
    onStep: () => {
      if (step.test(run.now)) run.spend(1000)
    },
  })
  return run.outcome
}

runner('names the test that does not end, whether it waits or loops', async ({ folder }) => {
  for (const body of ['return new Promise(() => setInterval(() => {}, 1000))', 'for (;;);']) {
    const outcome = await hangingAt(folder, /hangs/, `${PASSES} one('hangs', () => { ${body} }); one.run()`)
    assertFailed(outcome, [1, 1], /"one: hangs" did not end within 60 s/)
  }
})

runner('says when something is left open after the last test', async ({ folder }) => {
  const text = `${PASSES} one.run(); setInterval(() => {}, 1000)`
  assertFailed(
    await hangingAt(folder, /after its last test/, text),
    [1, 1],
    /after its last test .* left open/,
  )
})

runner('gives each test its own time', async ({ folder }) => {
  const run = start(folder, `${PASSES} one('another', () => assert.ok(true)); one.run()`, {
    onStep: () => run.spend(40),
  })
  assert.equal(counts(await run.outcome), [2, 0, 0])
})

runner('ends what a file has started, when the file is over', async ({ folder }) => {
  // Connected for as long as it lives.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connected = new Promise<void>((resolve) => {
    server.once('connection', (socket) => {
      socket.on('error', () => {}).resume()
      socket.once('close', () => resolve())
      socket.write('go')
    })
  })
  const child = `require('node:net').connect(${port}, '127.0.0.1').on('data', () => console.log('connected'))`
  const outcome = await run(
    folder,
    `
    import { spawn } from 'node:child_process'
    import { once } from 'node:events'
    one('starts a process', async () => {
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      child.unref()
      child.stdout.destroy()
      assert.ok(true)
    })
    one.run()`,
  )
  assert.equal(counts(outcome), [1, 0, 0], outcome.output)
  await connected
  await new Promise((resolve) => server.close(resolve))
})

runner('tells what was skipped, and why; on CI that is a failure', async ({ folder }) => {
  const outcome = await run(
    folder,
    `${PASSES}
    needs('a unicorn', () => false, 'look in the wood')(one)('rides', () => assert.ok(true))
    one.run()`,
  )
  assert.equal(counts(outcome), [1, 0, 1])
  assert.is(outcome.skipped[0]?.name, 'rides')
  assert.is(outcome.skipped[0]?.why, 'needs a unicorn: look in the wood')
  assert.is(lastLine(sumOf([outcome], [], false)), '1 passed, 0 failed, 1 skipped')
  assert.is(lastLine(sumOf([outcome], [], true)), '1 passed, 1 failed')
})

const whereRootCan = needs(
  'root, and that others may run its Node and read the project',
  canBecomeOrdinaryUser,
  'run it as root, with both in directories that are open to all',
)
whereRootCan(runner)(
  'runs as an ordinary user what root has left out, and nothing twice',
  async ({ folder }) => {
    const text = `${PASSES}
    asRoot(one)('gives files away', () => assert.is(process.getuid(), 0))
    asOrdinaryUser(one)('may not do everything', () => assert.is.not(process.getuid(), 0))
    one.run()`
    const first = await run(folder, text)
    assert.equal(counts(first), [2, 0, 1], first.output)
    assert.equal(leftForOrdinaryUser([first]), [first.file])
    const again = await asOrdinaryUser((options) => run(folder, text, options))
    assert.equal(counts(again), [1, 0, 0], again.output + again.problems)
    for (const onCi of [false, true]) {
      assert.is(lastLine(sumOf([first], [again], onCi)), '3 passed, 0 failed')
    }
    assert.is(lastLine(sumOf([first], [], true)), '2 passed, 1 failed')
  },
)

const OUTCOME = { passed: 2, failed: 0, skipped: [], problems: [], output: '' }

/** What is printed while a file runs for so long. */
function shown(isTTY: boolean, seconds: number[]): string {
  let text = ''
  const progress = new Progress({ isTTY, columns: 60, write: (piece) => (text += piece) }, 3)
  const running = { file: 'a.test.ts', seconds: 0, now: '"one: passes"' }
  progress.began(running)
  for (const now of seconds) {
    running.seconds = now
    progress.look()
  }
  progress.ended(running, { ...OUTCOME, file: 'a.test.ts', seconds: 130 })
  progress.end([
    { ...OUTCOME, file: 'a.test.ts', seconds: 130 },
    { ...OUTCOME, file: 'b.test.ts', seconds: 200 },
  ])
  return text
}

runner(
  'says what runs now, on a terminal always, elsewhere each minute, and at the end what was slowest',
  () => {
    assert.is(
      shown(false, [1, 59, 61, 62, 121]),
      `...  a.test.ts has run for 60 s, and is at "one: passes"
...  a.test.ts has run for 120 s, and is at "one: passes"
ok   a.test.ts  2 passed, 0 failed  130.0 s
slowest:
  200.0 s  b.test.ts
  130.0 s  a.test.ts
`,
    )
    const screen = shown(true, [1, 61])
    const erase = '\r\x1b[K'
    assert.ok(
      screen.includes(`${erase}0/3 done; now a.test.ts 61 s "one: passes"${erase}ok   a.test.ts`),
      screen,
    )
  },
)

runner.run()
