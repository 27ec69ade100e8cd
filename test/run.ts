/**
 * Runs the test files, each in a process of its own, and ends with one line: `N passed, N failed`.
 *
 * uvu alone passes in silence when a suite forgets `.run()` and hangs when a socket is left open. Here a file that
 * reports no test, or does not end, has failed.
 *
 *   npm test                  everything
 *   npm test -- ticket noise  the files whose path contains one of these words
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FILE_TIMEOUT_MS = 300_000
const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Result {
  file: string
  passed: number
  failed: number
  skipped: number
  output: string
}

function testFiles(words: string[]): string[] {
  const folders = [join(ROOT, 'test')]
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((f) => join(folder, f)),
    )
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => relative(ROOT, file).split(sep).join('/'))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort()
}

function runFile(file: string): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    const timer = setTimeout(() => {
      output += `\n${file} did not end within ${FILE_TIMEOUT_MS / 1000} s: a socket, server or timer is left open\n`
      child.kill('SIGKILL')
    }, FILE_TIMEOUT_MS)
    child.on('close', (exitCode) => {
      clearTimeout(timer)
      const count = (label: string) =>
        [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce(
          (n, m) => n + Number(m[1]),
          0,
        )
      // uvu's Total leaves the skipped ones out.
      const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')]
      let failed = total - passed
      const ranNothing = total + skipped === 0
      if (ranNothing && exitCode === 0) output += `\n${file} ran no test: does its suite call .run()?\n`
      if (failed === 0 && (ranNothing || exitCode !== 0)) failed = 1
      resolve({ file, passed, failed, skipped, output })
    })
  })
}

const files = testFiles(process.argv.slice(2))
const results: Result[] = []
const queue = [...files]

async function worker(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const result = await runFile(file)
    results.push(result)
    const skipped = result.skipped ? `, ${result.skipped} skipped` : ''
    process.stdout.write(
      `${result.failed ? 'FAIL' : 'ok  '} ${file}  ${result.passed} passed, ${result.failed} failed${skipped}\n`,
    )
    // What was skipped, and how to get it, is said on lines of this form (see helpers/needs.ts).
    for (const line of result.output.match(/^skipped: .*/gm) ?? []) process.stdout.write(`     ${line}\n`)
    if (result.failed) process.stdout.write(`${result.output}\n`)
  }
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))

const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((n, result) => n + result[key], 0)
const failed = sum('failed') + (files.length === 0 ? 1 : 0)
if (files.length === 0) process.stdout.write('no test file matches\n')
const skipped = sum('skipped') ? `, ${sum('skipped')} skipped` : ''
process.stdout.write(`${sum('passed')} passed, ${failed} failed${skipped}\n`)
process.exitCode = failed ? 1 : 0
