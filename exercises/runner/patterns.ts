/**
 * Files by patterns such as `handed-in/*.ts`: where there is no shell that expands them, the program does.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, parse, sep } from 'node:path'
import { UsageError } from '../../src/cli/errors.ts'

/** @throws UsageError when there is none. */
export function filesOf(pattern: string): string[] {
  if (existsSync(pattern)) return [pattern]
  const isPattern = /[*?]/.test(pattern)
  const { root } = parse(pattern)
  const steps = pattern.slice(root.length).split(sep === '\\' ? /[\\/]/ : '/')
  const found = isPattern ? steps.reduce(matches, [root]) : []
  if (found.length > 0) return found
  const what = isPattern ? `no file matches ${pattern}` : `there is no file ${pattern}`
  throw new UsageError(what, `paths begin at ${process.cwd()}`)
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
    const names = readable(folder || '.').filter((name) => wanted.test(name) && name[0] !== '.')
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
