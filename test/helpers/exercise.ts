/**
 * An exercise does what its README says: the stub holds nothing, the solution everything, and so does what is right but written
 * differently; each known mistake is found, by the property it breaks. What is in the exercise's folder decides what is tried.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Grade, type Grader, gradeFile } from '../../exercises/examiner/grading.ts'
import { materialsOf } from '../../exercises/runner/catalogue.ts'
import { isDone } from '../../exercises/runner/checklist.ts'
import { shareOf } from './share.ts'

const EXERCISES = fileURLToPath(new URL('../../exercises', import.meta.url))
/** Some programs wait: so the next ones are graded meanwhile. */
const AT_ONCE = 3
/** Of a call: the machine may have much else to do. */
const TIME_LIMIT_SEC = 60
/** All mistakes of all exercises take twelve minutes of a processor, most of it those of 04 and 05. */
const TRIED_ONE_IN = { few: 4, many: 12, variants: 3 }
const MANY_MISTAKES = 100

const typescriptIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : []

/** The name of the property that a mistake says it breaks. */
function breaks(file: string): string {
  const [, quote = '', name = ''] =
    /export const breaks =\s+(['"])((?:\\.|(?!\1).)*)\1/.exec(readFileSync(file, 'utf8')) ?? []
  assert.ok(quote, `${file} does not say what it breaks`)
  return name.replace(/\\(.)/g, '$1')
}

const problemsOf = ({ findings }: Grade) => findings.filter(({ problem }) => problem !== undefined)

/** Once more where a process was given up by the clock: no file here loops, and a machine may stand still. */
async function gradedInTime(grade: () => Promise<Grade>): Promise<Grade> {
  const outcome = await grade()
  const isGivenUp = problemsOf(outcome).some(({ problem }) => problem?.startsWith('nothing happened for'))
  return isGivenUp ? await grade() : outcome
}

/** @param name - of the folder, such as `04-the-ticket`. */
export function tryExercise<Subject>(name: string, grader: Grader<Subject>): void {
  const number = name.slice(0, 2)
  const folder = join(EXERCISES, name)
  const test = suite(`exercise ${number}`)
  const filesIn = (part: string) => typescriptIn(join(folder, part)).map((file) => join(part, file))
  const mistakes = filesIn('mistakes')
  const right = [...filesIn('solution'), ...shareOf(filesIn('variants'), TRIED_ONE_IN.variants)]

  const left: (() => Promise<unknown>)[] = []
  /** In its turn. */
  const graded = (file: string, first: boolean): Promise<Grade> => {
    const path = join(folder, file)
    const grade = new Promise<Grade>((resolve, reject) => {
      left.push(() =>
        gradedInTime(() =>
          gradeFile(grader, materialsOf({ folder }, path), { first, timeLimitSec: TIME_LIMIT_SEC }),
        ).then(resolve, reject),
      )
    })
    // Told where it is waited for.
    grade.catch(() => {})
    return grade
  }
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) await next()
  }

  const stub = graded(grader.file, false)
  for (const file of right) {
    const grade = graded(file, false)
    test(`${file} has every property`, async () => {
      const outcome = await grade
      assert.equal(problemsOf(outcome), [])
      assert.ok(isDone(outcome))
      assert.is(outcome.printed, '')
    })
  }

  test('the stub has no property, and says what to write', async () => {
    const { findings } = await stub
    assert.is(findings.length, grader.properties.length)
    const toWrite = new RegExp(`^exercise ${number}: write \\w+ in ${grader.file}$`)
    assert.match(findings[0]?.problem ?? '', toWrite)
    for (const { property, problem } of findings) assert.ok(problem, property)
  })

  const oneIn = mistakes.length > MANY_MISTAKES ? TRIED_ONE_IN.many : TRIED_ONE_IN.few
  for (const file of shareOf(mistakes, oneIn)) {
    const grade = graded(file, true)
    test(`${file} is found by the property it breaks`, async () => {
      const { property, problem = '', why } = (await grade).findings.at(-1) ?? {}
      assert.is(property, breaks(join(folder, file)), problem)
      assert.match(problem, /^\S[\s\S]{10,}$/)
      assert.ok(why)
    })
  }

  test('every property is broken by some mistake', () => {
    const broken = new Set(mistakes.map((file) => breaks(join(folder, file))))
    assert.equal(
      grader.properties.map((property) => property.name).filter((property) => !broken.has(property)),
      [],
    )
  })

  test('begins as the others do', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    assert.match(readme, new RegExp(`^# Exercise ${number}: .+\n`))
    assert.match(readme, /^## Hints, one at a time$/m)
    assert.match(readme, /^## To think about$/m)
    assert.ok(existsSync(join(folder, 'solution', 'answers.md')), `${name}/solution/answers.md`)
    for (const file of mistakes)
      assert.match(readFileSync(join(folder, file), 'utf8'), /^\/\*\*\s[\s\S]*?\*\//, file)
  })

  for (let i = 0; i < AT_ONCE; i++) void work()
  test.run()
}
