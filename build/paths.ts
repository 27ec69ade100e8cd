import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The package: what `npm pack` takes. `build/run.ts DIR` makes it elsewhere. */
export const DIST = resolve(process.argv[2] ?? join(ROOT, 'dist'))

/** What the build reads of package.json. Its paths are those of the project, `./dist/` and all. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly imports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly [field: string]: unknown
}

export const MANIFEST: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** A file of the package. */
export function distFile(...path: string[]): string {
  return join(DIST, ...path)
}

/** Whether the build may delete what is there: nothing, or an earlier build. */
export function isOurs(): boolean {
  if (!existsSync(DIST)) return true
  const file = distFile('package.json')
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === MANIFEST.name
}
