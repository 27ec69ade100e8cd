/**
 * An exercise's README: its hints, one at a time.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exercise } from './catalogue.ts'

export interface Hint {
  readonly title: string
  readonly text: string
}

/** What stands folded up in it. */
export function hintsOf({ folder }: Exercise): Hint[] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const hints = readme.matchAll(/<details>\s*<summary>(.*?)<\/summary>(.*?)<\/details>/gs)
  return [...hints].map(([, title = '', text = '']) => ({ title: title.trim(), text: text.trim() }))
}
