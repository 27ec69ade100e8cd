/**
 * The library: what the entries of package.json's `exports` reach, by `tsc`, one JavaScript file for each source and the types beside it.
 * An entry `./dist/lib/index.js` is made of `src/lib/index.ts`: one that is added to `exports` is built.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DIST, distFile, MANIFEST, ROOT } from './paths.ts'

/** What no import names: workers, which are begun by their paths, and what `#` names elsewhere than in Node. */
const OTHERS = [
  'src/kdc/passwords/password-worker.mjs',
  ...Object.values(MANIFEST.imports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  ),
]

const IMPORT = /((?:from|import\() ?['"])(\.[^'"]+)\.(m?)ts(['"])/g

export function emitLibrary(): void {
  // Others name no code, such as './package.json'.
  const entries = Object.values(MANIFEST.exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : entry.default,
  )
  const sources = entries.map((file) => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
  compile([...sources, ...OTHERS])
  keepReachableTypes(entries.map((file) => distFile(file.replace('./dist/', '').replace(/\.js$/, '.d.ts'))))
}

function compile(files: readonly string[]): void {
  const project = distFile('tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    stripInternal: true,
    rootDir: join(ROOT, 'src'),
    outDir: DIST,
    typeRoots: [join(ROOT, 'node_modules', '@types')],
    paths: {},
  }
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions,
    files: files.map((file) => join(ROOT, file)),
    include: [],
  }
  writeFileSync(project, JSON.stringify(config))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' })
  if (status !== 0) throw new Error('tsc could not make the library')
  rmSync(project)
}

/** Declarations are of use where an entry reaches them; in them, `tsc` leaves the names of the sources. */
function keepReachableTypes(entries: readonly string[]): void {
  const kept = new Set<string>()
  for (const entry of entries) collect(entry, kept)
  for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    const file = distFile(name)
    if (!/\.d\.m?ts$/.test(name)) continue
    if (!kept.has(file)) rmSync(file)
    else writeFileSync(file, readFileSync(file, 'utf8').replace(IMPORT, '$1$2.$3js$4'))
  }
}

function collect(file: string, found: Set<string>): void {
  if (found.has(file)) return
  found.add(file)
  for (const [, , name, m] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    collect(join(dirname(file), `${name}.d.${m}ts`), found)
  }
}
