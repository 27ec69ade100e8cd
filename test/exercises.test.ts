/**
 * The exercises do what their README says: the stub holds nothing, the solution everything, and each known mistake is
 * found, by the property it breaks. Graded as a student does it: by the tool, in a process of its own.
 */
import { fork, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tsImport } from 'tsx/esm/api'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FIRST_VARIABLE, MODULE_VARIABLE, type Report } from '../exercises/grader.ts'
import { needs } from './helpers/needs.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const AT_ONCE = 3

interface Run {
  exitCode: number | null
  stdout: string
  stderr: string
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

/** The properties of a checklist that have one of these marks. */
function properties({ stdout }: Run, marks: string): string[] {
  return [...stdout.matchAll(/^ {2}\[(.)\] (.+)$/gm)]
    .filter(([, mark = '']) => marks.includes(mark))
    .map(([, , name = '']) => name)
}

type Result = Extract<Report, { property: string }>

/** Grades several files in one process, each as far as its first missing property: which, and what was said of it. */
function firstMissing(grader: string, files: string[]): Promise<Partial<Result>[]> {
  const child = fork(join(ROOT, grader), [], {
    cwd: ROOT,
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, [MODULE_VARIABLE]: files.join(delimiter), [FIRST_VARIABLE]: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const missing: Partial<Result>[] = []
  child.on('message', (report: Report) => {
    if ('module' in report) missing.push({})
    else if (report.problem) missing[missing.length - 1] = report
  })
  return new Promise((resolve) => child.on('close', () => resolve(missing)))
}

const noStack = ({ stdout, stderr }: Run) => assert.not.match(stdout + stderr, /^ +at .*:\d+/m)

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

tool('lists the exercises and how far one is', async () => {
  const { stdout, exitCode } = await exercise()
  assert.is(exitCode, 0)
  assert.match(stdout, /^04 {2}.*the ticket: \d+ of \d+ properties hold$/m)
  assert.match(stdout, /^05 {2}.*the message: \d+ of \d+ properties hold$/m)
})

tool('grades a file from elsewhere', async () => {
  const solution = readFileSync(join(ROOT, 'exercises/04-the-ticket/solution/ticket.ts'), 'utf8')
  const { stdout, exitCode } = await handedIn(solution.replace('../given.ts', './given.ts'))
  assert.is(exitCode, 0, stdout)
  assert.equal(
    readdirSync(join(ROOT, 'exercises/04-the-ticket')).filter((name) => name.startsWith('handed-in')),
    [],
  )
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
  assert.match(
    outcome.stdout.replace(/\s+/g, ' '),
    /is an await missing\? your code threw Error: lost, at line 2\./,
  )
  noStack(outcome)
})

tool('finds a conversation that nobody waited for', async () => {
  const code = `import { sendMessage as send } from './solution/message.ts'
  export async function sendMessage(...all) { send(...all) }`
  const outcome = await handedIn(code, ['--first'], '05')
  assert.is(outcome.exitCode, 1)
  assert.match(
    outcome.stdout.replace(/\s+/g, ' '),
    /is an await missing\? your code threw Error: bob hung up/,
  )
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

/** In a checkout in which the exercises are being done, their files are stubs no more. */
const isStub = (folder: string, file: string, unwritten: string) =>
  readFileSync(join(ROOT, 'exercises', folder, file), 'utf8').includes(unwritten)
const untouched = (folder: string, file: string, unwritten: string) =>
  needs(
    `${folder}/${file} as it was handed out`,
    () => isStub(folder, file, unwritten),
    `git checkout exercises/${folder}/${file}`,
  )

const EXERCISES = [
  ['04', '04-the-ticket', 'ticket.ts', 'answerUserinfo'],
  ['05', '05-the-message', 'message.ts', 'sendMessage'],
] as const
const unwrittenIn = (number: string, file: string, name: string) =>
  `exercise ${number}: write ${name} in ${file}`
const [[number, folder, file, name]] = EXERCISES

untouched(folder, file, unwrittenIn(number, file, name))(tool)(
  'plays as many messages as there are',
  async () => {
    const outcome = await exercise('talk')
    assert.is(outcome.exitCode, 1)
    assert.match(outcome.stdout, /^ 3 {2}alice -> KDC/m)
    assert.match(outcome.stdout, /^That is how far it goes: \S|^Nothing more came/m)
    noStack(outcome)
  },
)

tool('has the worked example of a ticket right', async () => {
  const readme = readFileSync(join(ROOT, 'exercises/04-the-ticket/README.md'), 'utf8')
  const code = readme.match(/```ts\n([^`]+)```/)?.[1] ?? ''
  const solution = readFileSync(join(ROOT, 'exercises/04-the-ticket/solution/ticket.ts'), 'utf8')
  const { stderr } = await handedIn(`${solution}\n${code}`, ['--first'])
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

tool('is not needed: a grader runs by itself', async () => {
  const { exitCode, stdout } = await run('exercises/04-the-ticket/ticket.test.ts')
  assert.is(exitCode, stdout.includes('FAILED: ') ? 1 : 0)
  assert.match(stdout, /Total: +12/)
})

tool.run()

for (const [number, folder, file, name] of EXERCISES) {
  const test = suite(`exercise ${number}`)
  const place = join(ROOT, 'exercises', folder)
  const mistakes = readdirSync(join(place, 'mistakes')).filter((entry) => entry.endsWith('.ts'))
  const unwritten = unwrittenIn(number, file, name)

  // Started now, so that the two exercises are graded side by side, and beside the tests above.
  const solution = exercise(number, '--solution')
  const stub = exercise(number)
  const graded = firstMissing(
    join('exercises', folder, file.replace('.ts', '.test.ts')),
    mistakes.map((mistake) => join(place, 'mistakes', mistake)),
  )
  const breaks = async (mistake: string): Promise<string> => {
    return (await tsImport(join(place, 'mistakes', mistake), import.meta.url)).breaks
  }

  test('the solution has every property', async () => {
    const outcome = await solution
    assert.is(outcome.exitCode, 0)
    assert.equal(properties(outcome, ' ?'), [])
    assert.match(outcome.stdout, /^(\d+) of \1 properties hold$/m)
    assert.is(outcome.stderr, '')
  })

  untouched(folder, file, unwritten)(test)('the stub has no property, and says what to write', async () => {
    const outcome = await stub
    assert.is(outcome.exitCode, 1)
    assert.equal(properties(outcome, 'x?'), [])
    assert.ok(outcome.stdout.includes(`FAILED: ${unwritten}\n`))
    assert.match(outcome.stdout, /^0 of \d+ properties hold$/m)
    noStack(outcome)
  })

  for (const [i, mistake] of mistakes.entries()) {
    test(`mistakes/${mistake} is found by the property it breaks`, async () => {
      const { property, problem = '', why } = (await graded)[i] ?? {}
      assert.is(property, await breaks(mistake))
      assert.match(problem, /^\S.{10,}$/)
      assert.ok(why)
    })
  }

  test('every property is broken by some mistake', async () => {
    const broken = new Set(await Promise.all(mistakes.map(breaks)))
    assert.equal(
      properties(await solution, 'x').filter((property) => !broken.has(property)),
      [],
    )
  })

  test.run()
}
