/**
 * Files by patterns such as `handed-in/*.ts`: where there is no shell that expands them, the program does.
 *
 * @module
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, parse, resolve, sep } from 'node:path'
import { UsageError } from '../../src/cli/errors.ts'

/**
 * @param from - the folder in which a path begins.
 * @throws UsageError when there is none.
 */
export function filesOf(pattern: string, from: string): string[] {
  const path = resolve(from, pattern)
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) return [path]
    throw new UsageError(`${pattern} is a folder`, `name the files in it: ${join(pattern, '*.ts')}`)
  }
  const isPattern = /[*?]/.test(pattern)
  const { root } = parse(path)
  const found = isPattern ? path.slice(root.length).split(sep).reduce(matches, [root]) : []
  const files = found.filter((place) => statSync(place, { throwIfNoEntry: false })?.isFile())
  if (files.length > 0) return files
  const what = isPattern ? `no file matches ${pattern}` : `there is no file ${pattern}`
  throw new UsageError(what, `paths begin at ${from}`)
}

/** One step down from each folder. */
function matches(folders: readonly string[], step: string): string[] {
  return folders.flatMap((folder) => {
    if (!/[*?]/.test(step)) return existsSync(join(folder, step)) ? [join(folder, step)] : []
    const wanted = new RegExp(
      `^${step
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*+/g, '.*')
        .replaceAll('?', '.')}$`,
    )
    const names = readable(folder).filter((name) => wanted.test(name) && name[0] !== '.')
    return names.sort().map((name) => join(folder, name))
  })
}

function readable(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
