/**
 * Grades the exercises: runs a grader on what a student wrote, and prints a checklist in words.
 */
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArguments, parseSeconds } from '../src/cli/arguments.ts'
import { EXIT, UsageError } from '../src/cli/errors.ts'
import { print } from '../src/cli/terminal/terminal.ts'
import { runTool } from '../src/cli/tool.ts'
import { type Grade, type Grader, type GradingOptions, gradeFile } from './examiner/grading.ts'
import { allExercises, type Exercise, FOLDER, findExercise, graderOf, ROOT } from './runner/catalogue.ts'
import { checklist, isDone, sum } from './runner/checklist.ts'
import { ended, forkTs } from './runner/start.ts'

const HELP = `usage: npm run exercise -- [NUMBER|talk] [FILE...]

  npm run exercise                      the exercises, and how far you are
  npm run exercise -- NUMBER [FILE...]  grades your file, or others
  npm run exercise -- talk              runs all five messages, with what you wrote

  --solution            use the solution, to see where this goes
  --first               stop at the first property that does not hold
  --all                 explain every property that does not hold, not only the first two
  --json                one line of JSON for each file, for programs
  --time-limit SECONDS  give up when nothing happens for so long; default 20
  -h, --help            show this

Exits with 0 only when every property holds, with 2 when it was called wrongly.

example: npm run exercise -- 04
`

const OPTIONS = {
  solution: { type: 'boolean', default: false },
  first: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'time-limit': { type: 'string', default: '20' },
} as const

interface Options extends GradingOptions {
  readonly solution: boolean
  readonly all: boolean
  readonly json: boolean
}

runTool('exercise', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: OPTIONS,
    positionals: ['[NUMBER]', '[FILE...]'],
  })
  const { solution, first, all, json } = values
  const timeLimitSec = parseSeconds('--time-limit', values['time-limit'])
  const options = { solution, first, all, json, timeLimitSec }
  // What was started ends with us, and copies are removed: at 'exit', which a signal alone does not bring about.
  const onSignal = (_signal: string, number: number) => process.exit(128 + number)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal)
  const [word, ...files] = positionals
  const done = await (word === undefined
    ? listAll(options)
    : word === 'talk'
      ? talk(solution)
      : gradeAll(findExercise(word), files, options))
  // A grader may have left a connection open to a program that never hangs up.
  process.exit(done ? 0 : EXIT.failed)
})

async function listAll(options: Options): Promise<boolean> {
  let next: string | undefined
  for (const exercise of allExercises()) {
    const { title, number, folder } = exercise
    const grader = await graderOf(exercise)
    const outcome = await gradeFile(grader, materials(exercise, ownFile(exercise, grader, options)), options)
    await print(`${number}  ${title.replace(/^Exercise \d+: /, '')}: ${sum(outcome)}`)
    const todo = `${relative(ROOT, join(folder, 'README.md'))} tells what to do`
    await print(isDone(outcome) ? '    done\n' : `    ${todo}\n`)
    if (!isDone(outcome)) next ??= number
  }
  await print(
    next
      ? `npm run exercise -- ${next}   grades the next to do; --help says more`
      : 'npm run exercise -- talk   plays all five messages with what you have written',
  )
  return true
}

function ownFile({ folder }: Exercise, { file }: Grader<unknown>, { solution }: Options): string {
  return join(folder, solution ? 'solution' : '', file)
}

/** Grades one file after the other: the student's own when none is given. */
async function gradeAll(exercise: Exercise, files: string[], options: Options): Promise<boolean> {
  const grader = await graderOf(exercise)
  const given =
    files.length > 0 && !options.solution ? files : [relative('', ownFile(exercise, grader, options))]
  const lines: string[] = []
  let done = true
  for (const file of given) {
    const outcome = await gradeOne(exercise, grader, file, options)
    done &&= isDone(outcome)
    if (options.json) continue
    lines.push(`${sum(outcome)}: ${file}`)
    if (given.length > 1) await print('')
  }
  if (lines.length > 1) await print(lines.join('\n'))
  return done
}

async function gradeOne(
  exercise: Exercise,
  grader: Grader<unknown>,
  file: string,
  options: Options,
): Promise<Grade> {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`, `paths begin at ${process.cwd()}`)
  if (!options.json) await print(`${exercise.title}: ${file}\n`)
  const outcome = await gradeFile(grader, materials(exercise, resolve(file)), options)
  if (options.json) {
    await print(JSON.stringify({ exercise: exercise.number, file, done: isDone(outcome), ...outcome }))
    return outcome
  }
  if (outcome.printed) process.stderr.write(outcome.printed)
  await print(checklist(outcome, options.all))
  await print(`\n${sum(outcome)}`)
  return outcome
}

/** What comes with the exercise may import what is beside it, and its mistakes the whole library; what was handed in, its own folder. */
function materials({ folder }: Exercise, file: string) {
  const place = relative(folder, file)
  if (place.startsWith('..')) return { file }
  return { file, within: folder, everyTool: place.startsWith('mistakes') }
}

/** All five messages, in a process that ends whatever it left open. */
async function talk(solution: boolean): Promise<boolean> {
  return (await ended(forkTs(join(FOLDER, 'talk.ts'), solution ? ['--solution'] : []))) === 0
}
