/**
 * The library's types: one declaration file for each source that the package's interface reaches, and no others.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { distFile, ROOT } from './paths.ts'

const IMPORT = /((?:from|import\() ?['"])(\.[^'"]+)\.ts(['"])/g

export async function emitTypes(): Promise<void> {
  const emitted = mkdtempSync(join(tmpdir(), 'symbolon-types-'))
  try {
    compile(emitted)
    for (const file of reachable(join(emitted, 'index.d.ts'))) {
      const target = distFile('lib', relative(emitted, file))
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, readFileSync(file, 'utf8').replace(IMPORT, '$1$2.js$3'))
    }
  } finally {
    rmSync(emitted, { recursive: true })
  }
}

function compile(outDir: string): void {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', outDir]
  const project = join(ROOT, 'build', 'tsconfig.types.json')
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, ...options], { stdio: 'inherit' })
  if (status !== 0) throw new Error('tsc could not make the declarations')
}

function reachable(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found
  found.add(file)
  for (const [, , name] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    reachable(join(dirname(file), `${name}.d.ts`), found)
  }
  return found
}
