import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const DIST = join(ROOT, 'dist')

/** A file in `dist/`, or below. */
export function distFile(...path: string[]): string {
  return join(DIST, ...path)
}
