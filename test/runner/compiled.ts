/**
 * The tests, the programs that they start, the tools and those of the exercises as JavaScript, made once for a whole run: a process
 * then starts in a fifth of the time that tsx takes. Each file is as its source is: a module knows itself by the place of its source,
 * so what it starts or reads beside itself is found there.
 *
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { type BundledFile, bundled, LIBRARIES } from '../../build/bundle.ts'
import { COMPILED } from '../helpers/program.ts'

function toolFiles(root: string): string[] {
  const tools = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.ts'))
  return tools.map((name) => join('src', name))
}

const KDC = { name: 'kdc', entry: 'src/kdc/main.ts' } as const

/** The exercises' tools, and the graders that they load. */
function exerciseFiles(root: string): string[] {
  const names = readdirSync(join(root, 'exercises'))
  const graders = names.filter((name) => /^\d\d-/.test(name)).map((name) => join(name, 'grader.ts'))
  return ['run.ts', 'grade.ts', ...graders].map((name) => join('exercises', name))
}

/** All files: which of them are programs, only the tests know that start them. */
function testFiles(root: string): string[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.ts')).map((file) => join('test', file))
}

const SOURCE_URL = 'symbolonSourceUrl'
const IN_PLACE = { 'import.meta.url': SOURCE_URL }

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

/** What names a source that is to be run, and what is to stand there for what was compiled of it, in a folder of which this is the text. */
const NAMES_SOURCE: readonly {
  readonly file: RegExp
  readonly source: string
  readonly compiled: (folder: string) => string
}[] = [
  {
    // A tool that starts another one.
    file: /[\\/]src[\\/]cli[\\/]installed\.ts$/,
    source: "['--import', import.meta.resolve('tsx'), file]",
    compiled: (folder) => `[${folder} + '/src/' + SOURCES[tool].replace(/ts$/, 'mjs')]`,
  },
  {
    // The exercises' tools, which load the grader that is asked for.
    file: /[\\/]exercises[\\/]runner[\\/]catalogue\.ts$/,
    source: "join(folder, 'grader.ts')",
    compiled: (folder) => `join(${folder}, relative(ROOT, folder), 'grader.mjs')`,
  },
]

/** What was compiled runs what was compiled. */
const runsCompiled = (folder: string): Plugin => ({
  name: 'runs compiled',
  setup({ onLoad }) {
    for (const { file, source, compiled } of NAMES_SOURCE) {
      onLoad({ filter: file }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (!text.includes(source)) throw new Error(`${path} has no ${source}`)
        const contents = inPlace(path, text.replace(source, compiled(JSON.stringify(folder))))
        return { contents, loader: 'ts' }
      })
    }
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
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
    sourcesContent: false,
  } as const satisfies BuildOptions
  const library = (name: string) => join(folder, `${name}.mjs`)
  // As the package has them: what a tool may do without is in files of its own, which all tools share.
  const asPackaged = (file: BundledFile) => {
    const { define, plugins, ...options } = bundled(file, (name) => pathToFileURL(library(name)).href)
    return {
      ...common,
      ...options,
      define: { ...define, ...IN_PLACE },
      plugins: [...plugins, runsCompiled(folder), inItsPlace],
    }
  }
  await Promise.all([
    ...LIBRARIES.map((file) => build({ ...asPackaged(file), outfile: library(file.name) })),
    build({ ...asPackaged(KDC), outfile: join(folder, KDC.entry.replace(/ts$/, 'mjs')) }),
    build({
      ...asPackaged({ name: 'tools', entry: '', isShort: true }),
      entryPoints: toolFiles(root),
      outdir: folder,
      outbase: '.',
    }),
    build({
      ...common,
      absWorkingDir: root,
      entryPoints: [...testFiles(root), ...exerciseFiles(root)],
      outdir: folder,
      outbase: '.',
      bundle: true,
      splitting: true,
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
      define: IN_PLACE,
      plugins: [runsCompiled(folder), inItsPlace, reportingUvu],
      logLevel: 'warning',
    }),
  ])
  return { env: { [COMPILED]: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
