/**
 * Where the file to grade is.
 *
 * @module
 */
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { UsageError } from '../../src/cli/errors.ts'
import { type Exercise, FOLDER } from './catalogue.ts'

/**
 * Runs something with the file to grade: the student's own when none is given. One from elsewhere is copied beside the
 * student's for as long as it takes, so that its imports mean the same there.
 *
 * @throws UsageError when there is no such file.
 */
export async function withHandedIn<T>(
  exercise: Exercise,
  given: string | undefined,
  run: (module: string) => Promise<T>,
): Promise<T> {
  const module = resolve(given ?? join(exercise.folder, exercise.file))
  if (!existsSync(module)) {
    throw new UsageError(`there is no file ${given ?? module}`, `paths begin at ${process.cwd()}`)
  }
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
