/**
 * The exercises do what their README says: the stub holds nothing, the solution everything, and so does what is right but written
 * differently; each known mistake is found, by the property it breaks. Graded as a student does it: by the tool. What is in the
 * folders of `exercises/` decides what is tried here.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'exercises')
const AT_ONCE = 3
/** Of a call: the machine may have much else to do. */
const PATIENCE = ['--time-limit', '60']
/** In one process. */
const TOGETHER = 8
/** All mistakes take six minutes, so by default one of each ten is tried: `MISTAKES=all` tries them all. */
const SHARE = process.env.MISTAKES === 'all' ? 1 : 10

interface Run {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** What `--json` says of a file. */
interface Graded {
  file: string
  done: boolean
  properties: string[]
  findings: { property: string; why: string; problem?: string; loot?: string }[]
  printed: string
}

let running = 0
const waiting: (() => void)[] = []

/** Runs a script with Node and tsx, a few at a time. */
async function run(...args: string[]): Promise<Run> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: ROOT })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  running--
  waiting.shift()?.()
  return { exitCode, stdout, stderr }
}

const exercise = (...args: string[]) => run('exercises/run.ts', ...args)

/** Grades several files in one process. */
async function graded(number: string, files: string[], ...options: string[]): Promise<Graded[]> {
  const outcome = await exercise(number, '--json', ...PATIENCE, ...options, ...files)
  assert.is(outcome.stderr, '')
  return outcome.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function inParts(files: readonly string[]): string[][] {
  const count = Math.ceil(files.length / TOGETHER)
  return Array.from({ length: count }, (_, i) => files.slice(i * TOGETHER, (i + 1) * TOGETHER))
}

const typescriptIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : []

/** The name of the property that a mistake says it breaks. */
function breaks(file: string): string {
  const [, quote = '', name = ''] =
    /export const breaks =\s+(['"])((?:\\.|(?!\1).)*)\1/.exec(readFileSync(file, 'utf8')) ?? []
  assert.ok(quote, `${file} does not say what it breaks`)
  return name.replace(/\\(.)/g, '$1')
}

interface Exercise {
  number: string
  name: string
  place: string
  file: string
}

const EXERCISES: Exercise[] = readdirSync(FOLDER)
  .filter((name) => /^\d\d-/.test(name))
  .sort()
  .map((name) => {
    const place = join(FOLDER, name)
    const [file = ''] = typescriptIn(join(place, 'solution'))
    return { number: name.slice(0, 2), name, place, file }
  })

for (const { number, name, place, file } of EXERCISES) {
  const test = suite(`exercise ${number}`)
  const filesIn = (folder: string) =>
    typescriptIn(join(place, folder)).map((entry) => join(place, folder, entry))
  const mistakes = filesIn('mistakes')
  const tried = mistakes.filter((_, i) => i % SHARE === 0)
  const right = [...filesIn('solution'), ...filesIn('variants')]

  // Started now, so that several exercises are graded side by side, and beside the tests above.
  const gradedRight = graded(number, right)
  const gradedStub = graded(number, [join(place, file)])
  const gradedMistakes = inParts(tried).map((part) => graded(number, part, '--first'))
  // Told where it is waited for.
  for (const outcome of [gradedRight, gradedStub, ...gradedMistakes]) outcome.catch(() => {})

  for (const [i, path] of right.entries()) {
    test(`${path.slice(place.length + 1)} has every property`, async () => {
      const outcome = (await gradedRight)[i]
      assert.is(outcome?.file, path)
      assert.equal(
        outcome?.findings.filter(({ problem }) => problem !== undefined),
        [],
      )
      assert.ok(outcome?.done)
      assert.is(outcome?.printed, '')
    })
  }

  test('the stub has no property, and says what to write', async () => {
    const [outcome] = await gradedStub
    assert.is(outcome?.findings.length, outcome?.properties.length)
    assert.match(
      outcome?.findings[0]?.problem ?? '',
      new RegExp(`^exercise ${number}: write \\w+ in ${file}$`),
    )
    for (const { property, problem } of outcome?.findings ?? []) assert.ok(problem, property)
  })

  for (const [i, path] of tried.entries()) {
    test(`${path.slice(place.length + 1)} is found by the property it breaks`, async () => {
      const outcome = (await gradedMistakes[Math.floor(i / TOGETHER)])?.[i % TOGETHER]
      assert.is(outcome?.file, path)
      const { property, problem = '', why } = outcome?.findings.at(-1) ?? {}
      assert.is(property, breaks(path), problem)
      assert.match(problem, /^\S[\s\S]{10,}$/)
      assert.ok(why)
    })
  }

  test('every property is broken by some mistake', async () => {
    const broken = new Set(mistakes.map(breaks))
    const [outcome] = await gradedStub
    assert.equal(
      outcome?.properties.filter((property) => !broken.has(property)),
      [],
    )
  })

  test('begins as the others do', () => {
    const readme = readFileSync(join(place, 'README.md'), 'utf8')
    assert.match(readme, new RegExp(`^# Exercise ${number}: .+\n`))
    assert.match(readme, /^## Hints, one at a time$/m)
    assert.match(readme, /^## To think about$/m)
    assert.ok(existsSync(join(place, 'solution', 'answers.md')), `${name}/solution/answers.md`)
    for (const path of mistakes) assert.match(readFileSync(path, 'utf8'), /^\/\*\*\s[\s\S]*?\*\//, path)
  })

  test.run()
}
