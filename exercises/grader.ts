/**
 * What both graders share: properties of a student's program, judged by uvu and told in words.
 *
 * A check throws `Missing` (through `must`) to say what it saw. Under `npm run exercise` every result also goes to the
 * parent process; what the student's code prints goes to stderr, so that the two do not mix.
 *
 * @module
 */
import { basename, delimiter } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { suite } from 'uvu'

/** Names the module to grade, or several as in PATH, in place of the student's file beside the grader. */
export const MODULE_VARIABLE = 'EXERCISE_MODULE'
/** When set, nothing is judged after the first property that does not hold. */
export const FIRST_VARIABLE = 'EXERCISE_FIRST'
/** For one property: far more than any takes. */
const PROPERTY_TIMEOUT_MS = 20_000
const EXIT_AFTER_MS = 500

/** What a grader tells the process that started it. */
export type Report =
  | { readonly module: string; readonly properties: readonly string[] }
  | { readonly property: string; readonly why: string; readonly problem?: string }

/** A property does not hold; the message says what was seen instead. */
export class Missing extends Error {
  constructor(problem: string) {
    super(problem)
    // A student needs the words, not the grader's stack.
    this.stack = ''
  }
}

/** Nothing could be judged, so no property is to be explained. */
class NotLoaded extends Missing {}

/** @throws Missing when the condition does not hold. */
export function must(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new Missing(problem)
}

/** Whether the wanted bytes are somewhere in the others. */
export function contains(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(wanted))
}

let work: URL | undefined

/** A file that a student writes, and the function in it that is judged. */
export interface Work {
  /** `import.meta.url` of the grader; the file is beside it. */
  readonly grader: string
  readonly file: string
  readonly name: string
}

function modules({ grader, file }: Work): URL[] {
  const chosen = process.env[MODULE_VARIABLE]
  return chosen ? chosen.split(delimiter).map((path) => pathToFileURL(path)) : [new URL(file, grader)]
}

// A file that cannot be loaded gives a function that says so, so that every property fails in words.
async function load<F>(url: URL, name: string): Promise<F> {
  work = url
  const problem = (text: string) => () => {
    throw new NotLoaded(text)
  }
  try {
    const module: Record<string, unknown> = await quietly(() => import(url.href))
    if (typeof module[name] === 'function') return module[name] as F
    return problem(`there is no 'export function ${name}' in the file.`) as F
  } catch (error) {
    const [first = ''] = String(error).split('\n    at ')
    return problem(`the file cannot be loaded. ${withoutFolders(first, url)}`) as F
  }
}

/** What happened, in a sentence: a student's error with the line of their file that it came from. */
export function inWords(error: unknown): string {
  if (error instanceof Missing) return error.message
  if (!(error instanceof Error)) return `something that is no Error was thrown: ${String(error)}.`
  if (error.message.startsWith('exercise ')) return error.message
  const code = 'code' in error ? ` (${error.code})` : ''
  return `your code threw ${error.name}${code}: ${error.message}${place(error)}.`
}

function place(error: Error): string {
  const line = work && error.stack?.split(`${work.pathname}:`)[1]?.split(':')[0]
  return line ? `, at line ${line}` : ''
}

// An import's error names whole paths; the file's own name is enough.
function withoutFolders(text: string, url: URL): string {
  const file = fileURLToPath(url)
  return text.replaceAll(url.href, basename(file)).replaceAll(file, basename(file))
}

async function quietly<T>(run: () => Promise<T> | T): Promise<T> {
  const { write } = process.stdout
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write
  try {
    return await run()
  } finally {
    process.stdout.write = write
  }
}

function tell(report: Report): Promise<void> {
  return new Promise((resolve) => {
    // Waits until it is written, so that an endless loop afterwards is blamed on the right property.
    if (process.send) process.send(report, undefined, undefined, () => resolve())
    else resolve()
  })
}

interface Property {
  readonly name: string
  readonly why: string
  readonly check: () => Promise<void> | void
}

/** A grader: properties in the order in which a student gets to them, then `run`. */
export function grade<F extends (...args: never[]) => unknown>(title: string, theirs: Work) {
  const properties: Property[] = []
  let loaded: F | undefined
  /** The student's function. */
  const students = ((...args) => loaded?.(...args)) as F

  /**
   * @param name - what holds, in words.
   * @param why - what somebody could do if it did not.
   * @param check - throws when it does not hold; `must` says what was seen.
   */
  function property(name: string, why: string, check: () => Promise<void> | void): void {
    properties.push({ name, why, check })
  }

  function run(): void {
    for (const url of modules(theirs)) {
      const test = suite(title)
      let failed = false
      test.before(async () => {
        await tell({ module: url.pathname, properties: properties.map(({ name }) => name) })
        loaded = await load<F>(url, theirs.name)
      })
      for (const property of properties) {
        test(property.name, async () => {
          if (failed && process.env[FIRST_VARIABLE]) return
          failed = true
          await judge(property)
          failed = false
        })
      }
      test.run()
    }
    const last = suite()
    // Whatever the student's code left open must not keep the process: this fires only if something does.
    last.after(() => void setTimeout(() => process.exit(), EXIT_AFTER_MS).unref())
    last.run()
  }

  return { students, property, run }
}

async function judge({ name, why, check }: Property): Promise<void> {
  try {
    await quietly(() => withinReason(check))
  } catch (error) {
    const problem = inWords(error)
    const reason = error instanceof NotLoaded ? '' : why
    await tell({ property: name, why: reason, problem })
    throw new Missing(`FAILED: ${problem}${reason && `\n    Why it matters: ${reason}`}`)
  }
  await tell({ property: name, why })
}

let onStray: ((error: unknown) => void) | undefined
process.on('unhandledRejection', (error) => onStray?.(error))
process.on('uncaughtException', (error) => onStray?.(error))

// A check that lasts too long has failed, and so has one in which an error went where nobody waited for it.
async function withinReason(check: () => Promise<void> | void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const trouble = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Missing('this did not end in 20 s.')), PROPERTY_TIMEOUT_MS)
    onStray = (error) => {
      reject(new Missing(`an error came where nobody waited for it: is an await missing? ${inWords(error)}`))
    }
  })
  try {
    await Promise.race([check(), trouble])
  } finally {
    clearTimeout(timer)
    onStray = undefined
  }
}
