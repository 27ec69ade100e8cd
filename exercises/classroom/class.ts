/**
 * A class: who is in it, where each student's folder is, and the course's key. Of a folder that is handed out, `_course` is the
 * instructor's, the others are the students'.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secureRandomBytes } from 'symbolon/protocol'
import { ToolError } from '../../src/cli/errors.ts'
import { formatKeys, readKeyFile } from '../../src/files/key-file.ts'
import { createPrivateFile, ensurePrivateDirectory } from '../../src/files/private-files.ts'
import { safeName } from '../../src/files/safe-name.ts'
import {
  type ClassList,
  type CsvRecord,
  columnIndex,
  parsePeople,
  readClassList,
  sameColumn,
} from '../../src/kdc/commands/class-list.ts'

/** Which column names a student, when none is said: the first of these that is there. */
const NAMING = ['username', 'login', 'name', 'student', 'SIS Login ID', 'email']
const KIND = 'course key'
const KEY_BYTES = 32

export interface Student {
  readonly name: string
  /** The name of the student's folder, good on every system. */
  readonly folder: string
  /** The student's line in the class list. */
  readonly fields: readonly string[]
}

export interface Course {
  readonly list: ClassList
  readonly students: readonly Student[]
  readonly key: Uint8Array
}

export interface CourseFiles {
  /** The class list, a CSV. */
  readonly from?: string | undefined
  /** The column that names a student. */
  readonly column?: string | undefined
  /** The course's key. */
  readonly keyFile?: string | undefined
}

const own = (folder: string, file: string) => join(folder, '_course', file)

/**
 * Reads a class list and the key; makes the key when there is none yet, and keeps a copy of the list for `openCourse`.
 *
 * @throws ToolError when the class list is none, or does not tell its students apart.
 */
export async function makeCourse(folder: string, from: string, files: CourseFiles): Promise<Course> {
  const { list, students, column } = await readStudents(from, files.column)
  mkdirSync(folder, { recursive: true })
  ensurePrivateDirectory(own(folder, ''))
  const keyFile = files.keyFile ?? own(folder, 'course.key')
  if (!existsSync(keyFile)) createPrivateFile(keyFile, formatKeys(KIND, [secureRandomBytes(KEY_BYTES)]))
  if (from !== own(folder, 'class.csv')) copyFileSync(from, own(folder, 'class.csv'))
  writeFileSync(own(folder, 'course.json'), `${JSON.stringify({ column }, null, 2)}\n`)
  return { list, students, key: readKey(keyFile) }
}

/**
 * What `makeCourse` has left there, or what is said to stand elsewhere.
 *
 * @throws ToolError when it is not there.
 */
export async function openCourse(folder: string, files: CourseFiles): Promise<Course> {
  const from = files.from ?? own(folder, 'class.csv')
  const keyFile = files.keyFile ?? own(folder, 'course.key')
  for (const [file, option] of [
    [from, '--from class.csv'],
    [keyFile, '--key-file FILE'],
  ] as const) {
    if (!existsSync(file))
      throw new ToolError(`there is no ${file}`, { hint: `'handout' makes it; or give ${option}` })
  }
  const { list, students } = await readStudents(from, files.column ?? columnOf(folder))
  return { list, students, key: readKey(keyFile) }
}

function columnOf(folder: string): string | undefined {
  try {
    return JSON.parse(readFileSync(own(folder, 'course.json'), 'utf8')).column
  } catch {
    return undefined
  }
}

function readKey(file: string): Uint8Array {
  const [key] = readKeyFile(KIND, file)
  if (key?.length === KEY_BYTES) return key
  throw new ToolError(`${file} holds no key of ${KEY_BYTES} bytes`)
}

async function readStudents(from: string, wanted: string | undefined) {
  const list = await readClassList(from)
  const column = wanted ?? NAMING.find((name) => list.columns.some((one) => sameColumn(one, name)))
  if (column === undefined) {
    throw new ToolError(`${from} does not say which column names a student`, {
      hint: `its first line is to name the columns, one of them ${NAMING.join(', ')}; or give --column NAME. It is: ${list.columns.join(', ')}`,
    })
  }
  const index = columnIndex(list, column)
  const { people } = parsePeople(list, index)
  if (people.length === 0) throw new ToolError(`${from} names no student in the column ${column}`)
  const students: Student[] = []
  const lines = new Map<string, number>()
  for (const person of people) {
    const student = studentOf(person, index, from)
    // Windows and macOS take names that differ in case for one.
    const same = student.folder.toLowerCase()
    const before = lines.get(same)
    if (before !== undefined) {
      throw new ToolError(
        `${from}: lines ${before} and ${person.line} name the same student, '${student.name}'`,
        {
          hint: '--column NAME takes another column, in which each student differs',
        },
      )
    }
    lines.set(same, person.line)
    students.push(student)
  }
  return { list, students, column }
}

function studentOf({ fields, line }: CsvRecord, index: number, from: string): Student {
  const name = (fields[index] ?? '').trim().normalize('NFC')
  if (/[/\\]|^\.|\p{Cc}/u.test(name)) {
    throw new ToolError(`${from}, line ${line}: '${name.replace(/\p{Cc}/gu, '?')}' is no name but a path`, {
      hint: 'a name begins with no dot, and has no slash, backslash or line end in it',
    })
  }
  const safe = safeName(name).replace(/\s+/g, '-')
  // What begins with an underscore is the instructor's.
  return { name, folder: safe.startsWith('_') ? `student${safe}` : safe, fields }
}
