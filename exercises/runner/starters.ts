/**
 * What a client in another language begins with.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './catalogue.ts'

const STARTERS = join(FOLDER, 'starters')

/** The languages that there are starters for. */
export function languages(): string[] {
  return readdirSync(STARTERS, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
}

/** Puts a starter's files there, without its solution; what is there already stays. @returns what was new. */
export function beginStarter(language: string, folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  const entries = readdirSync(join(STARTERS, language), { withFileTypes: true })
  const names = entries.flatMap((entry) =>
    entry.isFile() && !existsSync(join(folder, entry.name)) ? [entry.name] : [],
  )
  for (const name of names) copyFileSync(join(STARTERS, language, name), join(folder, name))
  return names.sort()
}
