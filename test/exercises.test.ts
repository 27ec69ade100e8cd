/**
 * The exercises do what their README says: the stub holds nothing, the solution everything, and so does what is right but written
 * differently; each known mistake is found, by the property it breaks. Graded as a student does it: by the tool. What is in the
 * folders of `exercises/` decides what is tried here.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'exercises')
const AT_ONCE = 3
/** Of a call: the machine may have much else to do. */
const PATIENCE = ['--time-limit', '60']

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

const noStack = ({ stdout, stderr }: Run) => assert.not.match(stdout + stderr, /^ +at .*:\d+/m)
const inOneLine = (text: string) => text.replace(/\s+/g, ' ')

const tool = suite('npm run exercise')

/** A student's file in a folder of its own, outside the project. */
async function handedIn(code: string, options: string[] = [], number = '04'): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'exercise-'))
  try {
    const file = join(folder, 'annas.ts')
    writeFileSync(file, code)
    return await exercise(number, file, ...options)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const solved = (folder: string, file: string) => readFileSync(join(FOLDER, folder, 'solution', file), 'utf8')

tool('lists the exercises and how far one is', async () => {
  const { stdout, exitCode } = await exercise()
  assert.is(exitCode, 0)
  for (const { number } of EXERCISES)
    assert.match(stdout, new RegExp(`^${number}  .+: \\d+ of \\d+ properties hold$`, 'm'))
})

tool('grades a file from elsewhere', async () => {
  const { stdout, exitCode } = await handedIn(solved('04-the-ticket', 'ticket.ts'))
  assert.is(exitCode, 0, stdout)
})

tool('shows where a file does not compile', async () => {
  const outcome = await handedIn('export function answerUserinfo() {\n  const = 1\n}\n')
  assert.is(outcome.exitCode, 1)
  assert.match(outcome.stdout, /the file cannot be loaded\.[^[]*annas\.ts:2:/)
  noStack(outcome)
})

tool('gives up on a program that does not end', async () => {
  const outcome = await handedIn('export function answerUserinfo() {\n  for (;;) {}\n}\n', [
    '--time-limit',
    '3',
    '--first',
  ])
  assert.is(outcome.exitCode, 1)
  assert.match(outcome.stdout, /nothing happened for 3 s: is there an endless loop\?/)
  assert.match(outcome.stdout, /^0 of \d+ properties hold$/m)
})

tool('notices a program that ends itself', async () => {
  const { stdout, exitCode } = await handedIn('export function answerUserinfo() {\n  process.exit(0)\n}\n')
  assert.is(exitCode, 1)
  assert.match(stdout, /the program ended by itself/)
})

tool('names the line at which a program throws', async () => {
  const outcome = await handedIn('export function answerUserinfo() {\n\n  throw new TypeError("oh")\n}\n')
  assert.match(outcome.stdout, /your code threw TypeError: oh, at line 3\./)
  noStack(outcome)
})

tool('finds an error that nobody waited for', async () => {
  const code = `export async function sendMessage() {
    (async () => { throw new Error('lost') })()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }`
  const outcome = await handedIn(code, ['--first'], '05')
  assert.is(outcome.exitCode, 1)
  assert.match(inOneLine(outcome.stdout), /is an await missing\? your code threw Error: lost, at line 2\./)
  noStack(outcome)
})

tool('finds a conversation that nobody waited for', async () => {
  const send = solved('05-the-message', 'message.ts').replace('function sendMessage', 'function send')
  const code = `${send}\nexport async function sendMessage(...all) { send(...all) }`
  const outcome = await handedIn(code, ['--first'], '05')
  assert.is(outcome.exitCode, 1)
  assert.match(inOneLine(outcome.stdout), /is an await missing\? your code threw Error: /)
  noStack(outcome)
})

tool('lets a program print', async () => {
  const { stdout, stderr } = await handedIn('export function answerUserinfo() { console.log("here") }\n')
  assert.match(stderr, /^here$/m)
  assert.not.match(stdout, /^here$/m)
})

tool('refuses wrong usage with a hint', async () => {
  for (const args of [
    ['99'],
    ['04', 'no-such-file.ts'],
    ['--no-such-option'],
    ['04', '--time-limit', 'soon'],
  ]) {
    const { exitCode, stdout, stderr } = await exercise(...args)
    assert.is(exitCode, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, /^exercise: error: .+\nexercise: hint: .+\n$/)
  }
})

tool('explains itself on one screen', async () => {
  const { exitCode, stdout } = await exercise('--help')
  assert.is(exitCode, 0)
  assert.match(stdout, /^usage: npm run exercise/)
  assert.ok(stdout.split('\n').length <= 24)
})

tool('plays all five messages with the solutions', async () => {
  const { exitCode, stdout, stderr } = await exercise('talk', '--solution')
  assert.is(exitCode, 0, stderr)
  for (const number of [1, 2, 3, 4, 5]) assert.match(stdout, new RegExp(`^ ${number}  \\w+ -> \\w+`, 'm'))
  assert.match(stdout, /bob reads {3}alice: at nine, by the fountain/)
})

tool('has the worked example of a ticket right', async () => {
  const readme = readFileSync(join(FOLDER, '04-the-ticket/README.md'), 'utf8')
  const code = readme.match(/```ts\n([^`]+)```/)?.[1] ?? ''
  const { stderr } = await handedIn(`${solved('04-the-ticket', 'ticket.ts')}\n${code}`, ['--first'])
  const text = stderr.trim()
  const ticket = Buffer.from(text, 'base64url')
  const hex = (from: number, to: number) => ticket.subarray(from, to).toString('hex')
  assert.is(text.length, 303)
  assert.match(readme, `${text.slice(0, 16)}…${text.slice(-7)}`)
  assert.match(readme, ` sid    ${hex(1, 17)}\n`)
  assert.match(readme, ` tag    ${hex(-16, 227)}\n`)
  assert.match(readme, `${hex(49, 55)}…${hex(205, 211)}`)
  assert.match(readme, hex(17, 21))
})

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

tool.run()

for (const { number, name, place, file } of EXERCISES) {
  const test = suite(`exercise ${number}`)
  const filesIn = (folder: string) =>
    typescriptIn(join(place, folder)).map((entry) => join(place, folder, entry))
  const mistakes = filesIn('mistakes')
  const right = [...filesIn('solution'), ...filesIn('variants')]

  // Started now, so that several exercises are graded side by side, and beside the tests above.
  const gradedRight = graded(number, right)
  const gradedStub = graded(number, [join(place, file)])
  const gradedMistakes = graded(number, mistakes, '--first')
  // Told where it is waited for.
  for (const outcome of [gradedRight, gradedStub, gradedMistakes]) outcome.catch(() => {})

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
    for (const { problem } of outcome?.findings ?? [])
      assert.match(problem ?? '', new RegExp(`^exercise ${number}: write \\w+ in ${file}$`))
  })

  for (const [i, path] of mistakes.entries()) {
    test(`${path.slice(place.length + 1)} is found by the property it breaks`, async () => {
      const outcome = (await gradedMistakes)[i]
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
