/**
 * The tools as JavaScript, made once for a whole test run: to start one then takes a third of the time. Each is as its sources
 * are: a module knows itself by the place of its source, so it behaves as one that tsx runs, not as one that is installed.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { TOOLS } from '../helpers/program.ts'

const ENTRIES = [
  ...['demo', 'group', 'passwd', 'receiver', 'register', 'sender', 'sessions', 'users'],
  'kdc/main',
].map((name) => `src/${name}.ts`)

const inItsPlace: Plugin = {
  name: 'in its place',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href)
      const contents = readFileSync(path, 'utf8').replaceAll('import.meta.url', url)
      return { contents, loader: 'ts' }
    })
  },
}

/**
 * Makes them, in a folder from which the project's packages are found.
 *
 * @returns what the environment of the tests is to have, and how to be rid of the folder.
 */
export async function makeTools(root: string): Promise<{ env: NodeJS.ProcessEnv; remove(): void }> {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'symbolon-tools-'))
  await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: join(folder, 'src'),
    outbase: 'src',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    plugins: [inItsPlace],
    logLevel: 'warning',
  })
  return { env: { [TOOLS]: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
