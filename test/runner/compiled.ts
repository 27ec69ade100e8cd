/**
 * The tests, the programs that they start and the tools as JavaScript, made once for a whole run: a process then starts in a fifth
 * of the time that tsx takes. Each file is as its source is: a module knows itself by the place of its source, so what it starts
 * or reads beside itself is found there.
 *
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { COMPILED } from '../helpers/program.ts'

function toolFiles(root: string): string[] {
  const tools = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.ts'))
  return [...tools, 'kdc/main.ts'].map((name) => join('src', name))
}

/** All files: which of them are programs, only the tests know that start them. */
function testFiles(root: string): string[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.ts')).map((file) => join('test', file))
}

const SOURCE_URL = 'symbolonSourceUrl'

function inPlace(path: string, text: string): string {
  return `const ${SOURCE_URL} = ${JSON.stringify(pathToFileURL(path).href)}; ${text}`
}

const inItsPlace: Plugin = {
  name: 'in its place',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|m?js)$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.url')) return
      return { contents: inPlace(path, text), loader: path.endsWith('.ts') ? 'ts' : 'js' }
    })
  },
}

const STARTED_BY_TSX = "['--import', import.meta.resolve('tsx'), file]"

/** A tool that starts another one starts what was compiled of it. */
const startsCompiled = (folder: string): Plugin => ({
  name: 'starts compiled',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]cli[\\/]installed\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes(STARTED_BY_TSX)) throw new Error(`${path} has no ${STARTED_BY_TSX}`)
      const compiled = `[${JSON.stringify(join(folder, 'src/'))} + SOURCES[tool].replace(/ts$/, 'mjs')]`
      return { contents: inPlace(path, text.replace(STARTED_BY_TSX, compiled)), loader: 'ts' }
    })
  },
})

/** Tests import `uvu` and `uvu/assert`, and get what reports to the runner: hooks.mjs does the same where there is no bundle. */
const reportingUvu: Plugin = {
  name: 'reporting uvu',
  setup({ onResolve }) {
    onResolve({ filter: /^uvu(?:\/assert)?$/ }, ({ path, importer }) => {
      const isOurs = /[\\/]test[\\/]runner[\\/](?:uvu|assert)\.ts$/.test(importer)
      if (isOurs) return { path, external: true }
      return { path: join(import.meta.dirname, path === 'uvu' ? 'uvu.ts' : 'assert.ts') }
    })
  },
}

// Some packages are CommonJS, and require Node's own modules by name.
const REQUIRE =
  "import { createRequire as symbolonRequire } from 'node:module'; const require = symbolonRequire(import.meta.url);"

/**
 * Makes them, in a folder from which the project's packages are found.
 *
 * @returns what the environment of the tests is to have, and how to be rid of the folder.
 */
export async function compile(root: string): Promise<{ env: NodeJS.ProcessEnv; remove(): void }> {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'symbolon-test-'))
  // The ordinary user of the second pass reads it, too.
  chmodSync(folder, 0o755)
  const common = {
    absWorkingDir: root,
    outdir: folder,
    outbase: '.',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is native, and what finds its own files by where it lies.
    external: [
      '@arethetypeswrong/core',
      '@photostructure/sqlite',
      'esbuild',
      'publint',
      'tsx',
      'typescript-5.9',
    ],
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: false,
    define: { 'import.meta.url': SOURCE_URL },
    plugins: [startsCompiled(folder), inItsPlace, reportingUvu],
    logLevel: 'warning',
  } as const satisfies BuildOptions
  await Promise.all([
    // A tool begins soonest as one file.
    build({ ...common, entryPoints: toolFiles(root), minifySyntax: true, minifyWhitespace: true }),
    build({ ...common, entryPoints: testFiles(root), splitting: true }),
  ])
  return { env: { [COMPILED]: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
