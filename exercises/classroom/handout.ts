/**
 * What a student is given: a folder with the stubs and the READMEs, and the student's variant. No solution, no mistakes, no key.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Exercise, graderOf } from '../runner/catalogue.ts'
import { Work } from '../runner/work.ts'
import type { Course, Student } from './class.ts'
import { givenTo, VARIANTS } from './variants.ts'

/** What a student's folder has to say about itself. */
const README = (name: string, exercises: readonly Exercise[]) => `# Exercises of ${name}

Put what is in this folder into \`work/\` of the project, so that there is \`work/${basename(exercises[0]?.folder ?? '')}/\`. Then

\`\`\`
npm run exercise                                   the exercises, how far you are, and what is next
npm run exercise -- ${exercises[0]?.number}                             grades what you have written there
npm run classroom -- values work                   computes your values, and writes them down
\`\`\`

| | |
| --- | --- |
${exercises.map(({ title, folder }) => `| \`${basename(folder)}/\` | ${title} |`).join('\n')}
| \`variant.json\` | keys, names and texts that only you have |
| \`values.json\` | what your program makes of them |

\`values\` calls your own functions with what stands in \`variant.json\`: makeBox with your key, label and text, and so on. What they
return is written into \`values.json\`. Bytes are in base64url. You may also write the few lines yourself that do this.

Hand in this folder, as it is then.
`

export interface Handout {
  readonly made: readonly Student[]
  /** Who had a folder already: it is left as it is. */
  readonly kept: readonly Student[]
}

/** A folder for every student who has none yet. */
export async function handOut(
  folder: string,
  course: Course,
  exercises: readonly Exercise[],
): Promise<Handout> {
  const made: Student[] = []
  const kept: Student[] = []
  for (const student of course.students) {
    const place = join(folder, student.folder)
    if (existsSync(place)) {
      kept.push(student)
      continue
    }
    await handTo(place, student, course, exercises)
    made.push(student)
  }
  return { made, kept }
}

async function handTo(
  place: string,
  { name, folder }: Student,
  { key }: Course,
  exercises: readonly Exercise[],
): Promise<void> {
  mkdirSync(place)
  const work = new Work(place)
  const variant: Record<string, unknown> = {}
  const values: Record<string, unknown> = {}
  for (const exercise of exercises) {
    const { file } = await graderOf(exercise)
    work.begin(exercise, file)
    fromWork(work.configOf(exercise))
    copyFileSync(join(exercise.folder, 'README.md'), join(work.folderOf(exercise), 'README.md'))
    const given = givenTo(key, folder, exercise.number)
    if (!given) continue
    variant[exercise.number] = given
    values[exercise.number] = Object.fromEntries(
      VARIANTS[exercise.number]?.values.map((value) => [value, '']) ?? [],
    )
  }
  writeFileSync(join(place, 'README.md'), README(name, exercises))
  writeFileSync(join(place, 'variant.json'), `${JSON.stringify(variant, null, 2)}\n`)
  writeFileSync(join(place, 'values.json'), `${JSON.stringify(values, null, 2)}\n`)
}

/** The types are looked up from where the student will have the folder: `work/`, in the project. */
function fromWork(config: string): void {
  const { compilerOptions, ...rest } = JSON.parse(readFileSync(config, 'utf8'))
  const moved = {
    ...rest,
    extends: '../../tsconfig.json',
    compilerOptions: { ...compilerOptions, typeRoots: ['../../node_modules/@types'] },
  }
  writeFileSync(config, `${JSON.stringify(moved, null, 2)}\n`)
}
