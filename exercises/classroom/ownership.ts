/**
 * Whose variant the values are that a student has handed in.
 *
 * @module
 */
import type { Student } from './class.ts'
import { fits, type Given, givenTo, VARIANTS } from './variants.ts'

export type Ownership =
  | { readonly values: 'right' | 'wrong' | 'missing' }
  /** They are right for another student's variant. */
  | { readonly values: 'copied'; readonly from: Student }

/** @returns a function that judges a student's values for an exercise; nothing for one without variants. */
export function judgeOf(key: Uint8Array, students: readonly Student[], exercise: string) {
  if (!VARIANTS[exercise]) return undefined
  const variants = students.map(
    (student) => [student, givenTo(key, student.folder, exercise) as Given] as const,
  )
  return (student: Student, values: unknown): Ownership => {
    if (isEmpty(values)) return { values: 'missing' }
    const own = variants.find(([one]) => one === student)
    if (own && fits(exercise, values, own[1])) return { values: 'right' }
    const other = variants.find(([one, given]) => one !== student && fits(exercise, values, given))
    return other ? { values: 'copied', from: other[0] } : { values: 'wrong' }
  }
}

function isEmpty(values: unknown): boolean {
  if (typeof values !== 'object' || values === null) return true
  return Object.values(values).every((value) => value === '' || value === null)
}
