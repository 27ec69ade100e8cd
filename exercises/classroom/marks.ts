/**
 * Marks as tables: beside the class list's own columns, or with the names of columns that Gradescope and Canvas know.
 *
 * @module
 */
import { ToolError } from '../../src/cli/errors.ts'
import {
  type ClassList,
  type CsvForm,
  formatCsv,
  PLAIN_FORM,
  sameColumn,
} from '../../src/kdc/commands/class-list.ts'
import type { Student } from './class.ts'

export const FORMATS = ['plain', 'gradescope', 'canvas'] as const
export type Format = (typeof FORMATS)[number]

/** An exercise, and how many points it is worth. */
export interface Weighted {
  readonly number: string
  readonly title: string
  readonly weight: number
}

/** What a table says of a student. */
export interface StudentPoints {
  readonly student: Student
  /** By the number of the exercise. */
  readonly points: Readonly<Record<string, number>>
  /** Nothing was handed in. */
  readonly isMissing: boolean
  /** Of the values, in words. */
  readonly remark: string
}

interface Table {
  readonly rows: readonly (readonly string[])[]
  readonly form: CsvForm
}

/** @throws ToolError when the class list lacks a column that the format cannot do without. */
export function marksCsv(
  format: Format,
  list: ClassList,
  exercises: readonly Weighted[],
  marks: readonly StudentPoints[],
): string {
  const { rows, form } = TABLES[format](list, exercises, marks)
  return formatCsv(rows, form)
}

const points = (value: number) => String(Math.round(100 * value) / 100)
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

type MakeTable = (list: ClassList, exercises: readonly Weighted[], marks: readonly StudentPoints[]) => Table

const TABLES: Readonly<Record<Format, MakeTable>> = {
  plain(list, exercises, marks) {
    const header = [...list.columns, ...exercises.map(({ title }) => title), 'Total', 'Out of', 'Values']
    const outOf = points(total(exercises.map(({ weight }) => weight)))
    const rows = marks.map((one) => [...one.student.fields, ...each(exercises, one), outOf, one.remark])
    return { rows: [header, ...rows], form: list.form }
  },

  // https://help.gradescope.com: as its own export of grades has them.
  gradescope(list, exercises, marks) {
    const header = [
      ...['First Name', 'Last Name', 'SID', 'Email', 'Sections'],
      ...exercises.flatMap(({ title }) => [title, `${title} - Max Points`]),
      ...['Total Score', 'Max Points', 'Status'],
    ]
    const outOf = points(total(exercises.map(({ weight }) => weight)))
    const rows = marks.map((one) => {
      const said = reader(list, one.student.fields)
      const [first, last] = namesOf(said, one.student.name)
      return [
        ...[first, last],
        said('SID', 'student id', 'id', 'SIS User ID', 'username', 'login') ?? one.student.name,
        ...[said('email', 'mail', 'e-mail') ?? '', said('sections', 'section') ?? ''],
        ...exercises.flatMap(({ number, weight }) => [points(one.points[number] ?? 0), points(weight)]),
        ...[points(total(Object.values(one.points))), outOf],
        one.isMissing ? 'Missing' : 'Graded',
      ]
    })
    return { rows: [header, ...rows], form: PLAIN_FORM }
  },

  // "How do I import grades in the Gradebook?" of the Canvas instructor guide: five columns, the second line with the points.
  canvas(list, exercises, marks) {
    const ids = ['ID', 'SIS User ID', 'SIS Login ID']
    if (!ids.some((id) => list.columns.some((column) => sameColumn(column, id)))) {
      throw new ToolError(
        `${list.name} has none of the columns ${ids.join(', ')}: Canvas knows nobody by it`,
        {
          hint: "export the gradebook from Canvas, and use that as the class list, with --column 'SIS Login ID' or another",
        },
      )
    }
    const header = ['Student', ...ids, 'Section', ...exercises.map(({ title }) => title)]
    const possible = ['    Points Possible', '', '', '', '', ...exercises.map(({ weight }) => points(weight))]
    const rows = marks.map((one) => {
      const said = reader(list, one.student.fields)
      const scores = exercises.map(({ number }) => points(one.points[number] ?? 0))
      return [
        said('student', 'name') ?? one.student.name,
        ...ids.map((id) => said(id) ?? ''),
        said('section', 'sections') ?? '',
        ...scores,
      ]
    })
    return { rows: [header, possible, ...rows], form: PLAIN_FORM }
  },
}

function each(exercises: readonly Weighted[], one: StudentPoints): string[] {
  const scores = exercises.map(({ number }) => points(one.points[number] ?? 0))
  return [...scores, points(total(Object.values(one.points)))]
}

/** What a line of the class list says under the first of these columns that is there. */
function reader({ columns }: ClassList, fields: readonly string[]) {
  return (...names: string[]): string | undefined => {
    for (const name of names) {
      const index = columns.findIndex((column) => sameColumn(column, name))
      if (index >= 0) return fields[index]
    }
    return undefined
  }
}

/** The first name and the last; of a name in one column, the last word is the last name, unless a comma says which it is. */
function namesOf(said: ReturnType<typeof reader>, name: string): [string, string] {
  const [first, last] = [said('first name', 'given name'), said('last name', 'surname', 'family name')]
  if (first !== undefined || last !== undefined) return [first ?? '', last ?? '']
  const whole = (said('name', 'full name', 'student') ?? name).trim()
  const [before = '', after] = whole.split(/\s*,\s*/, 2)
  if (after !== undefined) return [after, before]
  const words = whole.split(/\s+/)
  return words.length === 1 ? [whole, ''] : [words.slice(0, -1).join(' '), words.at(-1) ?? '']
}
