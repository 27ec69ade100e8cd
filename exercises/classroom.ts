/**
 * What an instructor needs: exercises handed out to a class, collected, marked and compared.
 */
import { statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parse, resolve } from 'node:path'
import { parseArguments, parseChoice, parseInteger, parseSeconds } from '../src/cli/arguments.ts'
import { EXIT, ToolError, UsageError } from '../src/cli/errors.ts'
import { print, talk } from '../src/cli/terminal/terminal.ts'
import { runTool } from '../src/cli/tool.ts'
import { makeBundle, PLATFORMS } from './classroom/bundle.ts'
import { makeCourse, openCourse } from './classroom/class.ts'
import { collect, type StudentMarks } from './classroom/collect.ts'
import { fillIn } from './classroom/fill-in.ts'
import { handOut } from './classroom/handout.ts'
import { FORMATS, marksCsv, type Weighted } from './classroom/marks.ts'
import { type Alike, similar } from './classroom/similar.ts'
import { exitOnSignals, fromCaller } from './runner/called.ts'
import { allExercises, type Exercise, findExercise } from './runner/catalogue.ts'

const HELP = `usage: npm run classroom -- handout DIR --from class.csv
       npm run classroom -- collect DIR --marks marks.csv
       npm run classroom -- similar DIR
       npm run classroom -- bundle DIR
       npm run classroom -- values FOLDER

  handout   makes a folder for each student: stubs, READMEs, and a variant of the student's own
  collect   grades what stands in these folders, and writes a table of marks, and the same as JSON
  similar   shows which programs are alike, and which values are another's
  bundle    puts all that the exercises need into one archive, for machines without a network
  values    for a student: has your programs compute the values of your variant

  --from FILE           the class list: CSV, whose first line names the columns
  --column NAME         the column that names a student; default: username, login, name, student, ...
  --key-file FILE       the course's key, which is made once; default: DIR/_course/course.key
  --only NUMBERS        these exercises, such as 04,05; default: all
  --marks FILE          where the marks are written
  --format NAME         the names of the columns: plain, gradescope or canvas; default plain
  --weights WEIGHTS     points, such as 04=20,05=30; default 10 for each exercise
  --threshold PERCENT   from which share on two programs are shown as alike; default 60
  --platform NAME       of the bundle, or several: win32, linux or darwin, with -x64 or -arm64; default: this one
  --solutions           puts the solutions into the bundle, too
  --jobs NUMBER         how many are graded at once; default: as many as there are processors
  --time-limit SECONDS  give up a program when nothing happens for so long; default 5
  -h, --help            show this

Hand out the folders of the students, and never _course: it holds the key that the variants are made of.
Exits with 0 when all were graded, with 1 when something failed, with 2 when it was called wrongly.
example: npm run classroom -- handout handed-out --from class.csv --only 04,05
`

const text = { type: 'string' } as const
const OPTIONS = {
  from: text,
  column: text,
  'key-file': text,
  only: text,
  marks: text,
  format: { ...text, default: 'plain' },
  weights: text,
  threshold: { ...text, default: '60' },
  platform: { ...text, multiple: true },
  solutions: { type: 'boolean', default: false },
  jobs: text,
  'time-limit': { ...text, default: '5' },
} as const

const DEFAULT_WEIGHT = 10
const MAX_WEIGHT = 10_000
const MAX_JOBS = 64

const HOW: Readonly<Record<Alike['what'], (one: string, other: string, share: number) => string>> = {
  program: (one, other, share) => `${one} and ${other}: ${Math.round(100 * share)} % alike`,
  'same program': (one, other) => `${one} and ${other}: the same, to the letter`,
  values: (one, other) => `${one}: the values are ${other}'s`,
}

type Settings = ReturnType<typeof readArguments>['values']

const COMMANDS: Readonly<Record<string, (folder: string, settings: Settings) => Promise<boolean>>> = {
  handout: commandHandout,
  collect: commandCollect,
  similar: commandSimilar,
  bundle: commandBundle,
  values: commandValues,
}

runTool('classroom', async (argv) => {
  const { values, positionals } = readArguments(argv)
  const [word = '', folder = ''] = positionals
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!command) throw new UsageError(`there is no '${word}'`, `there are ${Object.keys(COMMANDS).join(', ')}`)
  exitOnSignals()
  const done = await command(fromCaller(folder), values)
  process.exit(done ? EXIT.done : EXIT.failed)
})

function readArguments(argv: string[]) {
  return parseArguments(argv, { help: HELP, options: OPTIONS, positionals: ['COMMAND', 'DIR'] })
}

function optional(path: string | undefined): string | undefined {
  return path === undefined ? undefined : fromCaller(path)
}

async function commandHandout(folder: string, settings: Settings): Promise<boolean> {
  if (settings.from === undefined)
    throw new UsageError('--from is missing', 'it names the class list: --from class.csv')
  const from = fromCaller(settings.from)
  const exercises = chosen(settings.only)
  const course = await makeCourse(folder, from, {
    column: settings.column,
    keyFile: optional(settings['key-file']),
  })
  const { made, kept } = await handOut(folder, course, exercises)
  await print(`${made.length} ${made.length === 1 ? 'folder is' : 'folders are'} made in ${folder}`)
  if (kept.length > 0) await print(`${kept.length} were there already, and stay as they are`)
  await print('_course is yours alone: it holds the key that the variants are made of')
  return true
}

async function commandCollect(folder: string, settings: Settings): Promise<boolean> {
  const { marks: file, format: formatName = '', jobs } = settings
  if (file === undefined)
    throw new UsageError('--marks is missing', 'it names what is written: --marks marks.csv')
  const format = parseChoice('--format', FORMATS, formatName)
  const csvFile = fromCaller(file)
  const { dir, name, ext } = parse(csvFile)
  if (ext === '.json') throw new UsageError('--marks names a CSV', 'the JSON is written beside it')
  const exercises = weighted(chosen(settings.only), settings.weights ?? '')
  refuseIfNoFolder(folder)
  const course = await openCourse(folder, {
    from: optional(settings.from),
    column: settings.column,
    keyFile: optional(settings['key-file']),
  })
  if (csvFile === resolve(course.list.name))
    throw new UsageError('--marks names the class list', 'it would be lost')
  // Before an hour's work: whether the table can be written.
  marksCsv(format, course.list, exercises, [])
  const say = talk('classroom')
  const marks = await collect(folder, course, exercises, {
    jobs: jobs === undefined ? availableParallelism() : parseInteger('--jobs', jobs, 1, MAX_JOBS),
    timeLimitSec: parseSeconds('--time-limit', settings['time-limit'] ?? ''),
    onGraded: (done, of) => {
      if (process.stderr.isTTY && (done % 10 === 0 || done === of))
        say(`${done} of ${of} programs are graded`)
    },
  })
  writeFileSync(csvFile, marksCsv(format, course.list, exercises, marks))
  const jsonFile = resolve(dir, `${name}.json`)
  writeFileSync(jsonFile, `${JSON.stringify(asJson(exercises, marks), null, 2)}\n`)
  for (const one of marks) await print(summary(one))
  await print(`\nwritten: ${csvFile}, and with all that was found ${jsonFile}`)
  const failed = marks.filter(({ exercises }) =>
    Object.values(exercises).some(({ state }) => state === 'could not be graded'),
  )
  if (failed.length > 0) {
    say(
      `error: some programs could not be graded, of ${failed.map(({ student }) => student.name).join(', ')}`,
    )
  }
  return failed.length === 0
}

async function commandSimilar(folder: string, settings: Settings): Promise<boolean> {
  const percent = parseInteger('--threshold', settings.threshold ?? '', 1, 100)
  const exercises = chosen(settings.only)
  refuseIfNoFolder(folder)
  const course = await openCourse(folder, {
    from: optional(settings.from),
    column: settings.column,
    keyFile: optional(settings['key-file']),
  })
  const found = await similar(folder, course, exercises, percent / 100)
  for (const { exercise, one, other, share, what } of found)
    await print(`${exercise}  ${HOW[what](one, other, share)}`)
  await print(found.length === 0 ? 'none are alike' : '\nalike is not copied: look at both, and ask')
  return true
}

async function commandBundle(folder: string, settings: Settings): Promise<boolean> {
  const { platform = [`${process.platform}-${process.arch}`] } = settings
  const platforms = platform.map((name) => parseChoice('--platform', PLATFORMS, name))
  for (const one of platforms) await print(await makeBundle(folder, one, settings.solutions))
  return true
}

async function commandValues(folder: string, settings: Settings): Promise<boolean> {
  const results = await fillIn(folder, parseSeconds('--time-limit', settings['time-limit'] ?? ''))
  for (const { exercise, problem } of results) {
    await print(
      `${exercise.number}  ${problem === undefined ? 'written to values.json' : `no values: ${problem}`}`,
    )
  }
  return results.every(({ problem }) => problem === undefined)
}

function refuseIfNoFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  throw new ToolError(`there is no folder ${folder}`, {
    hint: 'name the folder in which each student has one',
  })
}

function chosen(only: string | undefined): Exercise[] {
  if (only === undefined) return allExercises()
  const numbers = new Set(only.split(',').map((word) => findExercise(word.trim()).number))
  return allExercises().filter(({ number }) => numbers.has(number))
}

function weighted(exercises: readonly Exercise[], weights: string): (Exercise & Weighted)[] {
  const given = new Map<string, number>()
  for (const part of weights.split(',').filter((part) => part !== '')) {
    const [word = '', weight = '', ...rest] = part.split('=').map((side) => side.trim())
    if (rest.length > 0 || !/^\d+(\.\d+)?$/.test(weight) || Number(weight) > MAX_WEIGHT) {
      throw new UsageError(`--weights: '${part}' is no exercise and its points`, 'such as 04=20,05=30')
    }
    given.set(findExercise(word).number, Number(weight))
  }
  return exercises.map((exercise) => ({
    ...exercise,
    weight: given.get(exercise.number) ?? DEFAULT_WEIGHT,
  }))
}

function summary({ student, exercises, remark, isMissing }: StudentMarks): string {
  if (isMissing) return `${student.name}: nothing was handed in`
  // By number: an object has '10' before '01'.
  const inOrder = Object.entries(exercises).sort(([one], [other]) => one.localeCompare(other))
  const each = inOrder.map(([number, { state, held, of }]) =>
    state === 'graded' ? `${number} ${held}/${of}` : `${number} ${state}`,
  )
  return `${student.name}: ${each.join(', ')}; values: ${remark}`
}

function asJson(exercises: readonly Weighted[], marks: readonly StudentMarks[]) {
  return {
    exercises: exercises.map(({ number, title, weight }) => ({ number, title, weight })),
    students: marks.map(({ student: { name, folder }, exercises, points }) => ({
      name,
      folder,
      total: Object.values(points).reduce((sum, value) => sum + value, 0),
      exercises,
    })),
  }
}
