/**
 * Grades the exercises: runs a grader on what a student wrote, and prints a checklist in words.
 */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArguments, parseSeconds } from '../src/cli/arguments.ts'
import { EXIT, UsageError } from '../src/cli/errors.ts'
import { print } from '../src/cli/terminal/terminal.ts'
import { runTool } from '../src/cli/tool.ts'
import { visible, visibleJson } from '../src/lib/text/visible.ts'
import { type Grade, type Grader, type GradingOptions, gradeFile } from './examiner/grading.ts'
import { CALLED_IN, exitOnSignals, fromCaller } from './runner/called.ts'
import {
  allExercises,
  type Exercise,
  FOLDER,
  findExercise,
  graderOf,
  materialsOf,
} from './runner/catalogue.ts'
import { checklist, held, isDone, sum } from './runner/checklist.ts'
import { compared } from './runner/compare.ts'
import { filesOf } from './runner/patterns.ts'
import { hintsOf } from './runner/readme.ts'
import { ended, forkTs } from './runner/start.ts'
import { beginStarter, languages } from './runner/starters.ts'
import { typeErrors } from './runner/types.ts'
import { onSave } from './runner/watch.ts'
import { Work } from './runner/work.ts'

const HELP = `usage: npm run exercise -- [NUMBER|talk|LANGUAGE] [FILE...]

  npm run exercise                      the exercises, how far you are, and what is next
  npm run exercise -- NUMBER            puts the exercise into work/, and grades what you wrote there
  npm run exercise -- NUMBER FILE...    grades other files; FILE may be a pattern: 'handed-in/*.ts'
  npm run exercise -- talk              runs all five messages, with what you wrote
  npm run exercise -- python            puts a starter into work/, or javascript: for 'npm run grade'

  --watch               grade again whenever you save
  --hint                the next hint
  --types               whether the types of your program fit
  --compare             your program beside the solution, once every property holds
  --solution            use the solution, to see where this goes
  --first               stop at the first property that does not hold
  --all                 explain every property that does not hold, not only the first two
  --json                one line of JSON for each file, for programs
  --time-limit SECONDS  give up when nothing happens for so long; default 20
  --work DIR            where you work; default: work, in the project
  -h, --help            show this

Exits with 0 only when every property holds, with 2 when it was called wrongly.
example: npm run exercise -- 04 --watch
`

const flag = { type: 'boolean', default: false } as const
const OPTIONS = {
  watch: flag,
  hint: flag,
  types: flag,
  compare: flag,
  solution: flag,
  first: flag,
  all: flag,
  json: flag,
  'time-limit': { type: 'string', default: '20' },
  work: { type: 'string' },
} as const

/** What may be wanted instead of a grade. */
const WISHES = ['watch', 'hint', 'types', 'compare'] as const
type Wish = (typeof WISHES)[number]

interface Options extends GradingOptions {
  readonly solution: boolean
  readonly all: boolean
  readonly json: boolean
  readonly work: Work
}

runTool('exercise', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: OPTIONS,
    positionals: ['[NUMBER]', '[FILE...]'],
  })
  const timeLimitSec = parseSeconds('--time-limit', values['time-limit'])
  const work = new Work(values.work === undefined ? undefined : fromCaller(values.work))
  const options = { ...values, timeLimitSec, work }
  const [word, ...files] = positionals
  refuseWhatDoesNotGoTogether(word, files, values)
  exitOnSignals()
  const done = await (word === undefined
    ? listAll(options)
    : word === 'talk'
      ? talk(options)
      : languages().includes(word)
        ? starter(word, options)
        : one(findExercise(word), files, options, values))
  // A grader may have left a connection open to a program that never hangs up.
  process.exit(done ? 0 : EXIT.failed)
})

/** @throws UsageError for what would be passed over. */
function refuseWhatDoesNotGoTogether(
  word: string | undefined,
  files: readonly string[],
  values: Readonly<Record<Wish | 'solution', boolean>>,
): void {
  const [wish, other] = WISHES.filter((name) => values[name])
  if (wish && other)
    throw new UsageError(`--${wish} and --${other} do not go together`, 'one after the other')
  const isExercise = word !== undefined && word !== 'talk' && !languages().includes(word)
  if (wish && !isExercise)
    throw new UsageError(`--${wish} is for one exercise`, `npm run exercise -- 04 --${wish}`)
  if (wish && (files.length > 0 || values.solution))
    throw new UsageError(`--${wish} is for what stands in work/`, 'without FILE, and without --solution')
  if (!isExercise && files.length > 0)
    throw new UsageError(`${word} takes no FILE`, 'FILE belongs after the number of an exercise')
  if (files.length > 0 && values.solution)
    throw new UsageError('--solution takes the place of FILE', 'leave one of them out')
}

/** What is to be done with one exercise. */
async function one(
  exercise: Exercise,
  files: string[],
  options: Options,
  wishes: Readonly<Record<Wish, boolean>>,
): Promise<boolean> {
  if (wishes.hint) return nextHint(exercise, options)
  const grader = await graderOf(exercise)
  if (files.length > 0)
    return gradeFiles(
      exercise,
      grader,
      files.flatMap((pattern) => filesOf(pattern, CALLED_IN)),
      options,
    )
  if (options.solution) return gradeFiles(exercise, grader, [fileOfSolution(exercise, grader)], options)
  const { work } = options
  const file = work.fileOf(exercise, grader.file)
  if (work.begin(exercise, grader.file) && !options.json) {
    await print(`${shown(file)} is yours now: write in it. ${readmeOf(exercise)} tells what to do.\n`)
  }
  if (wishes.types) return judgeTypes(exercise, options)
  if (wishes.watch) {
    return onSave(work.folderOf(exercise), async () => {
      if (process.stdout.isTTY) process.stdout.write('\x1b[2J\x1b[H')
      await gradeOwn(exercise, grader, options)
      await print(`\n${shown(file)} is graded again when you save it; Ctrl-C ends this.`)
    })
  }
  if (wishes.compare) return compare(exercise, grader, options)
  return isDone(await gradeOwn(exercise, grader, options))
}

/** A path as one would type it. */
function shown(path: string): string {
  const short = relative('', path)
  return short.startsWith('..') ? path : short
}

function readmeOf({ folder }: Exercise): string {
  return shown(join(folder, 'README.md'))
}

function fileOfSolution({ folder }: Exercise, { file }: Grader<unknown>): string {
  return join(folder, 'solution', file)
}

async function gradeOwn(exercise: Exercise, grader: Grader<unknown>, options: Options): Promise<Grade> {
  const grade = await gradeOne(exercise, grader, options.work.fileOf(exercise, grader.file), options)
  if (!options.first) options.work.rememberGrade(exercise, grade)
  if (!options.json) await print(`\n${advice(exercise, grade)}`)
  return grade
}

function advice({ number }: Exercise, grade: Grade): string {
  if (isDone(grade)) return `npm run exercise -- ${number} --compare   shows the solution beside yours`
  return `npm run exercise -- ${number} --hint   gives a hint`
}

async function listAll(options: Options): Promise<boolean> {
  let next: string | undefined
  for (const exercise of allExercises()) {
    const { title, number } = exercise
    const { state, isOver, of, held } = await stateOf(exercise, options)
    if (options.json) {
      await print(JSON.stringify({ exercise: number, title, done: isOver, held, of }))
      continue
    }
    await print(`${number}  ${title.replace(/^Exercise \d+: /, '')}: ${state}`)
    if (!isOver)
      next ??= `npm run exercise -- ${number}   is the next to do; ${readmeOf(exercise)} tells what`
  }
  if (!options.json) {
    await print(
      `\n${next ?? 'npm run exercise -- talk   plays all five messages with what you have written'}`,
    )
  }
  return true
}

interface State {
  readonly state: string
  readonly isOver: boolean
  readonly held: number
  readonly of: number
}

/** How far one is. What has not changed is not graded again. */
async function stateOf(exercise: Exercise, options: Options): Promise<State> {
  const { work, solution } = options
  const grader = await graderOf(exercise)
  const of = grader.properties.length
  if (solution)
    return told(await gradeFile(grader, materialsOf(exercise, fileOfSolution(exercise, grader)), options))
  if (!work.isBegun(exercise, grader.file)) return { state: 'not begun', isOver: false, held: 0, of }
  const known = work.progress(exercise)
  if (known.hash === work.hashOf(exercise) && known.held !== undefined && known.of === of) {
    const isOver = known.held === of
    return { state: `${known.held} of ${of} properties hold`, isOver, held: known.held, of }
  }
  const grade = await gradeFile(grader, materialsOf(exercise, work.fileOf(exercise, grader.file)), {
    ...options,
    first: false,
  })
  work.rememberGrade(exercise, grade)
  return told(grade)
}

function told(grade: Grade): State {
  return { state: sum(grade), isOver: isDone(grade), held: held(grade), of: grade.properties.length }
}

/** Grades one file after the other. */
async function gradeFiles(
  exercise: Exercise,
  grader: Grader<unknown>,
  files: readonly string[],
  options: Options,
): Promise<boolean> {
  const lines: string[] = []
  let done = true
  for (const file of files) {
    const outcome = await gradeOne(exercise, grader, file, options)
    done &&= isDone(outcome)
    if (options.json) continue
    lines.push(`${sum(outcome)}: ${shown(file)}`)
    if (files.length > 1) await print('')
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
  if (!options.json) await print(`${exercise.title}: ${shown(file)}\n`)
  const outcome = await gradeFile(grader, materialsOf(exercise, file), options)
  if (options.json) {
    const all = { exercise: exercise.number, file, done: isDone(outcome), ...outcome }
    await print(visibleJson(JSON.stringify(all)))
    return outcome
  }
  if (outcome.printed) process.stderr.write(outcome.printed.split('\n').map(visible).join('\n'))
  await print(checklist(outcome, options.all))
  await print(`\n${sum(outcome)}`)
  return outcome
}

/** One at a time: a hint that one has not read can still be done without. */
async function nextHint(exercise: Exercise, { work }: Options): Promise<boolean> {
  const hints = hintsOf(exercise)
  const { hints: shownBefore } = work.progress(exercise)
  const hint = hints[shownBefore]
  if (!hint) {
    await print(`These were all ${hints.length} hints. They stand at the end of ${readmeOf(exercise)}.`)
    return true
  }
  work.remember(exercise, { hints: shownBefore + 1 })
  await print(`Hint ${shownBefore + 1} of ${hints.length}: ${hint.title}\n\n${hint.text}`)
  return true
}

async function judgeTypes(exercise: Exercise, { work }: Options): Promise<boolean> {
  const errors = await typeErrors(work.configOf(exercise))
  await print(errors.length === 0 ? 'The types fit.' : errors.join('\n'))
  return errors.length === 0
}

async function compare(exercise: Exercise, grader: Grader<unknown>, options: Options): Promise<boolean> {
  const file = options.work.fileOf(exercise, grader.file)
  const grade = await gradeFile(grader, materialsOf(exercise, file), options)
  if (!isDone(grade)) {
    await print(`${sum(grade)}: the solution is for afterwards.\n\n${advice(exercise, grade)}`)
    return false
  }
  const solution = fileOfSolution(exercise, grader)
  const lines = compared(readFileSync(file, 'utf8'), readFileSync(solution, 'utf8'))
  await print(`--- ${shown(file)}\n+++ ${shown(solution)}\n${lines.join('\n')}`)
  await print(`\nThe questions of the README are answered in ${shown(join(solution, '..', 'answers.md'))}`)
  return true
}

/** Another language's files, for `npm run grade`. */
async function starter(language: string, { work }: Options): Promise<boolean> {
  const folder = join(work.folder, language)
  const made = beginStarter(language, folder)
  await print(
    made.length === 0
      ? `${shown(folder)} has all of it already.`
      : `${shown(folder)} is yours now, with ${made.join(', ')}.`,
  )
  await print(`${shown(join(FOLDER, 'starters', 'README.md'))} tells how they are called and graded.`)
  return true
}

/** All five messages, in a process that ends whatever it left open. */
async function talk({ solution, work, timeLimitSec }: Options): Promise<boolean> {
  const options = [String(timeLimitSec), ...(solution ? [] : [work.folder])]
  return (await ended(forkTs(join(FOLDER, 'talk.ts'), options))) === 0
}
