/**
 * Grades the exercises: runs a grader on what a student wrote, and prints a checklist in words.
 *
 * The grader runs in a process of its own, which is stopped when nothing happens for too long, so that an endless loop or
 * a file that does not compile gives a sentence, not a silence or a stack.
 *
 * @module
 */
import { fork } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FIRST_VARIABLE, MODULE_VARIABLE, type Report } from '../exercises/grader.ts'

const HELP = `usage: npm run exercise                      the exercises, and how far you are
       npm run exercise -- NUMBER [FILE...]  grade your file, or others
       npm run exercise -- talk              run all five messages, with what you wrote

  --solution          use the solution, to see where this goes
  --first             stop at the first property that does not hold
  --all               explain every property that does not hold, not only the first two
  --time-limit SEC    give up when nothing happens for so long; default: 20
  --help              this

Exits with 0 only when every property holds, with 2 when it was called wrongly.
Example: npm run exercise -- 04
`
const EXPLAINED = 2
const FOLDER = fileURLToPath(new URL('../exercises', import.meta.url))
const ROOT = dirname(FOLDER)

interface Exercise {
  readonly number: string
  readonly title: string
  readonly folder: string
  /** The file that the student writes, such as `ticket.ts`. */
  readonly file: string
}

interface Grade {
  readonly properties: readonly string[]
  readonly results: readonly Result[]
  /** Why it ended before every property was judged. */
  readonly stopped?: string
}

type Result = Extract<Report, { property: string }>

class UsageError extends Error {}

function exercises(): Exercise[] {
  const folders = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name))
  return folders.sort().map((name) => {
    const folder = join(FOLDER, name)
    const file = readdirSync(folder).find((entry) => entry.endsWith('.test.ts')) ?? ''
    const [heading = name] = readFileSync(join(folder, 'README.md'), 'utf8').split('\n')
    return {
      number: name.slice(0, 2),
      title: heading.replace(/^# /, ''),
      folder,
      file: file.replace('.test.ts', '.ts'),
    }
  })
}

function find(word: string): Exercise {
  const found = exercises().find(({ number, folder }) => {
    return number === word.padStart(2, '0') || basename(folder) === word
  })
  if (found) return found
  const all = exercises().map(({ number }) => number)
  throw new UsageError(`there is no exercise '${word}'; there are ${all.join(', ')}`)
}

interface Options {
  readonly solution: boolean
  readonly first: boolean
  readonly all: boolean
  readonly timeLimitSec: number
}

/** Runs the grader on a file, in a process of its own. */
function grade({ folder, file }: Exercise, module: string, options: Options): Promise<Grade> {
  const { first, timeLimitSec } = options
  const child = fork(join(folder, file.replace('.ts', '.test.ts')), [], {
    cwd: ROOT,
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, [MODULE_VARIABLE]: module, [FIRST_VARIABLE]: first ? '1' : '' },
    // What the student's code prints comes on stderr; uvu's own report is not needed.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let properties: readonly string[] = []
  const results: Result[] = []
  let stopped: string | undefined
  let timer: ReturnType<typeof setTimeout>
  const stop = (why: string) => {
    stopped ??= why
    kill()
  }
  const waitAgain = () => {
    clearTimeout(timer)
    const why = `nothing happened for ${timeLimitSec} s: is there an endless loop?`
    timer = setTimeout(() => stop(why), timeLimitSec * 1000)
  }
  waitAgain()
  child.on('message', (report: Report) => {
    waitAgain()
    if ('properties' in report) properties = report.properties
    else results.push(report)
  })
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer)
      process.off('exit', kill)
      if (results.length < properties.length)
        stopped ??= 'the program ended by itself: is there a process.exit?'
      resolve({ properties, results, ...(stopped && { stopped }) })
    })
  })
}

/**
 * The file to grade. One from elsewhere is copied beside the student's for as long as it takes, so that its imports mean
 * the same there.
 */
async function withModule<T>(
  exercise: Exercise,
  given: string | undefined,
  run: (module: string) => Promise<T>,
) {
  const module = resolve(given ?? join(exercise.folder, exercise.file))
  if (!existsSync(module)) throw new UsageError(`there is no file ${given}`)
  if (!relative(FOLDER, module).startsWith('..')) return run(module)
  const copy = join(exercise.folder, `handed-in-${process.pid}-${basename(module)}`)
  const remove = () => rmSync(copy, { force: true })
  process.once('exit', remove)
  copyFileSync(module, copy)
  try {
    return await run(copy)
  } finally {
    remove()
    process.off('exit', remove)
  }
}

const held = ({ results }: Grade) => results.filter(({ problem }) => problem === undefined).length
const sum = (grade: Grade) => `${held(grade)} of ${grade.properties.length} properties hold`
const write = (line = '') => process.stdout.write(`${line}\n`)

function indented(text: string): string {
  const lines = [...text.replaceAll('\n', ' ').matchAll(/\S.{0,90}(?= |$)/g)]
  return lines.map(([line]) => `        ${line}`).join('\n')
}

const mark = (result: Result | undefined) => (!result ? '?' : result.problem === undefined ? 'x' : ' ')

function printChecklist({ properties, results, stopped }: Grade, all: boolean): void {
  const explained = new Set<string>()
  for (const name of properties) {
    const result = results.find(({ property }) => property === name)
    const { problem } = result ?? {}
    write(`  [${mark(result)}] ${name}`)
    // What has been said once, such as that the function is not written yet, is not said again.
    if (!result || !problem || explained.has(problem) || (!all && explained.size >= EXPLAINED)) continue
    explained.add(problem)
    write(`\n${indented(`FAILED: ${problem}`)}`)
    write(result.why && `${indented(`Why it matters: ${result.why}`)}\n`)
  }
  if (stopped) write(`\n  ${stopped}`)
}

async function gradeOne(exercise: Exercise, file: string | undefined, options: Options): Promise<Grade> {
  const outcome = await withModule(exercise, file, (module) => {
    write(`${exercise.title}: ${file ?? relative(ROOT, module)}\n`)
    return grade(exercise, module, options)
  })
  printChecklist(outcome, options.all)
  write(`\n${sum(outcome)}`)
  return outcome
}

const isDone = (outcome: Grade) =>
  outcome.properties.length > 0 && held(outcome) === outcome.properties.length

/** Grades one file after the other: the student's own when none is given. */
async function gradeAll(exercise: Exercise, files: string[], options: Options): Promise<boolean> {
  const solution = join('exercises', basename(exercise.folder), 'solution', exercise.file)
  const given = options.solution ? [solution] : files
  if (given.length < 2) return isDone(await gradeOne(exercise, given[0], options))
  const lines: string[] = []
  let done = true
  for (const file of given) {
    const outcome = await gradeOne(exercise, file, options)
    done &&= isDone(outcome)
    lines.push(`${sum(outcome)}: ${file}`)
    write()
  }
  for (const line of lines) write(line)
  return done
}

async function listAll(options: Options): Promise<void> {
  for (const exercise of exercises()) {
    const module = join(exercise.folder, options.solution ? 'solution' : '', exercise.file)
    const { title, number, folder } = exercise
    write(
      `${number}  ${title.replace(/^Exercise \d+: /, '')}: ${sum(await grade(exercise, module, options))}`,
    )
    write(`    ${relative(ROOT, join(folder, 'README.md'))} tells what to do\n`)
  }
  write('npm run exercise -- 04   grades the first; --help says more')
}

/** All five messages, in a process that ends whatever it left open. */
function talk(solution: boolean): Promise<boolean> {
  const child = fork(join(FOLDER, 'talk.ts'), solution ? ['--solution'] : [], {
    cwd: ROOT,
    execArgv: ['--import', 'tsx'],
  })
  return new Promise((resolve) => child.on('close', (exitCode) => resolve(exitCode === 0)))
}

function timeLimit(text: string): number {
  const seconds = Number(text)
  if (seconds > 0) return seconds
  throw new UsageError(`--time-limit is a number of seconds, not '${text}'`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      solution: { type: 'boolean', default: false },
      first: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      'time-limit': { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const [word, ...files] = positionals
  const options = { ...values, timeLimitSec: timeLimit(values['time-limit']) }
  if (word === undefined) return listAll(options)
  const done = word === 'talk' ? await talk(options.solution) : await gradeAll(find(word), files, options)
  if (!done) process.exitCode = 1
}

// Somebody who reads only the beginning, or presses Ctrl-C, has seen enough; what was started ends with us.
process.stdout.on('error', () => process.exit())
process.on('SIGINT', () => process.exit(130))

main().catch((error: Error & { code?: string }) => {
  if (!(error instanceof UsageError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error
  process.stderr.write(`exercise: error: ${error.message}\nexercise: hint: npm run exercise -- --help\n`)
  process.exitCode = 2
})
