/**
 * Runs the test files, each in a process of its own, and ends with one line: `N passed, N failed`, and `, N skipped`
 * where some were. docs/testing.md tells what it guards against.
 *
 *   npm test                  everything
 *   npm test -- ticket noise  the files whose path contains one of these words
 */
import { readdirSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from './runner/compiled.ts'
import { FileRun, type Outcome, type RunOptions } from './runner/file-run.ts'
import { asOrdinaryUser, leftForOrdinaryUser } from './runner/identity.ts'
import { Progress } from './runner/progress.ts'
import { lastLine, sumOf } from './runner/sum.ts'

/** Seconds for one test, on an idle machine: far more than any takes. */
const LIMIT_SEC = 180
const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** They begin first, so that none of them is what is left over at the end. By what the runner says were the slowest. */
const LONG: readonly string[] = [
  ...[
    'package/',
    'cli/group.',
    'scenario/',
    'exercises',
    'cli/completion',
    'cli/tools',
    'cli/files',
    'cli/receive/once',
  ],
  ...[
    'cli/accounts',
    'cli/login/kept-session',
    'cli/doctor',
    'cli/demo',
    'runner/',
    'readme',
    'files/kills',
    'build',
  ],
  ...['lib/mls/schedules', 'lib/mls/meddled', 'kdc/main', 'interop', 'state/', 'kdc/tls'],
]

function testFiles(words: string[]): string[] {
  return readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) =>
      relative(ROOT, join(ROOT, 'test', file))
        .split(sep)
        .join('/'),
    )
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

function rank(file: string): number {
  const place = LONG.findIndex((long) => file.startsWith(`test/${long}`))
  return place === -1 ? LONG.length : place
}

/** How many times longer something takes than on an idle machine, roughly: programs that want to run, for each processor. */
function busyness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
}

const running = new Set<FileRun>()

async function runAll(files: readonly string[], options: RunOptions, progress: Progress): Promise<Outcome[]> {
  const queue = [...files]
  const outcomes: Outcome[] = []
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const run = new FileRun(file, options)
      running.add(run)
      progress.began(run)
      const outcome = await run.outcome
      running.delete(run)
      outcomes.push(outcome)
      progress.ended(run, outcome)
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))
  return outcomes
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const run of running) run.kill()
    process.exit(1)
  })
}

const files = testFiles(process.argv.slice(2))
const compiled = await compile(ROOT)
process.once('exit', compiled.remove)
const options = { root: ROOT, limitSec: LIMIT_SEC, env: compiled.env }
const progress = new Progress(process.stdout, files.length)
const seconds = setInterval(() => {
  for (const run of running) run.spend(1 / busyness())
  progress.look()
}, 1_000)
const first = await runAll(files, options, progress)
const left = leftForOrdinaryUser(first)
const again = left.length
  ? await asOrdinaryUser((as) => {
      progress.say('as an ordinary user, what root has left out:')
      return runAll(left, { ...options, ...as, env: { ...options.env, ...as.env } }, progress)
    })
  : []
clearInterval(seconds)
progress.end([...first, ...again])
const onCi = Boolean(process.env.CI)
const sum = sumOf(first, again, onCi)
if (onCi) {
  for (const { name, why } of sumOf(first, again, false).skipped) {
    progress.say(`FAIL on CI nothing is skipped: ${name}: ${why}`)
  }
}
if (files.length === 0) progress.say('no test file matches')
const failed = sum.failed + (files.length === 0 ? 1 : 0)
progress.say(lastLine({ ...sum, failed }))
process.exitCode = failed ? 1 : 0
