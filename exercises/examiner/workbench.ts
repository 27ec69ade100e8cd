/**
 * The folder that a student's process may read, and nothing else: the host, the tools of the exercise, and the student's file, each
 * as JavaScript.
 *
 * @module
 */
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Loader, OnLoadResult, TransformFailure } from 'esbuild'
import * as protocol from 'symbolon/protocol'
import { Missing } from './property.ts'

/** For the student's file; the host has the same as CommonJS, which starts sooner. */
const TOOLBOX = './symbolon.mjs'
const HOSTS_TOOLBOX = './symbolon.cjs'
const LIBRARY = fileURLToPath(new URL('../../src/lib/protocol.ts', import.meta.url))
/** What the host itself needs of the toolbox. */
const OF_THE_HOST = ['KEY_BYTES', 'Secret', 'Wire']

export interface Workbench {
  readonly folder: string
  readonly host: string
  readonly nodeOptions: readonly string[]
  /** Removes the folder. */
  remove(): void
}

export interface Materials {
  /** The student's file. */
  readonly file: string
  /** The folder from which it may import. Default: the file's own. */
  readonly within?: string
  /** What of `symbolon/protocol` it may use; the rest is what the student is to write. */
  readonly tools: readonly string[]
  /** All of it: for the mistakes that come with an exercise. */
  readonly everyTool?: boolean
}

/**
 * Makes the folder. No name in it says that a program is graded there: a program may look at its own.
 *
 * @throws Missing 'not loaded' when the file does not compile, or imports what it may not.
 */
export async function makeWorkbench(materials: Materials): Promise<Workbench> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'talk-')))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const bench = {
    folder,
    host: 'main.cjs',
    nodeOptions: [
      ...permissions(folder),
      // It writes files, and knows of no permissions.
      ...(process.allowedNodeEnvironmentFlags.has('--experimental-sqlite')
        ? ['--no-experimental-sqlite']
        : []),
      '--no-warnings',
      '--enable-source-maps',
      // With an option of V8 Node 20 compiles all that is its own anew, which takes half as long as the rest of its start. What
      // comes with an exercise needs no limit.
      ...(materials.everyTool ? [] : ['--max-old-space-size=512']),
    ],
    remove: () => {
      process.off('exit', remove)
      remove()
    },
  }
  try {
    const student = await compiled(materials)
    const all = materials.everyTool && needsMore(student, materials.tools)
    const tools = all ? Object.keys(protocol) : materials.tools
    const files = { ...(await furniture(tools)), 'program.mjs': student }
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text)
    }
    return bench
  } catch (error) {
    bench.remove()
    throw error
  }
}

/** Node's permission model: reads its own folder, writes nothing, starts nothing. The network is needed where a wire is. */
function permissions(folder: string): string[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isStable = major >= 23 || (major === 22 && minor >= 13)
  const reads = `--allow-fs-read=${folder}${sep}*`
  return [
    isStable ? '--permission' : '--experimental-permission',
    reads,
    ...(major >= 25 ? ['--allow-net'] : []),
  ]
}

/** By the names of its files. */
type Furniture = Readonly<Record<string, string>>

const made = new Map<string, Promise<Furniture>>()

/** The toolbox and the host: once for all files that are graded. */
function furniture(tools: readonly string[]): Promise<Furniture> {
  const allowed = [...new Set([...tools, ...OF_THE_HOST])]
  const key = allowed.join()
  const found = made.get(key) ?? makeFurniture(allowed)
  made.set(key, found)
  return found
}

const RANDOMNESS = /[\\/]crypto[\\/]random\.ts$/

/** The library draws more than it gives out at once; what a call is made of is to be drawn in that call. */
const drawsEachTime = () => ({
  contents: `export function secureRandomBytes(length) {
    if (!Number.isSafeInteger(length) || length < 0) throw new TypeError('length: expected a number of bytes')
    return globalThis.crypto.getRandomValues(new Uint8Array(length))
  }`,
})

async function makeFurniture(allowed: readonly string[]): Promise<Furniture> {
  const { build } = await import('esbuild')
  const denied = Object.keys(protocol).filter((name) => !allowed.includes(name))
  const stubs = denied.map(
    (name) =>
      `export function ${name}() { throw new Error(${JSON.stringify(`exercise: ${name} is the library's own answer; write it yourself`)}) }`,
  )
  const bundled = {
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // Less text is read sooner.
    minifyWhitespace: true,
    minifySyntax: true,
  } as const
  const toolbox = await build({
    ...bundled,
    // For thousands of calls; without it Node's own cryptography is used. It is most of the text.
    external: ['libsodium'],
    plugins: [{ name: 'randomness', setup: ({ onLoad }) => onLoad({ filter: RANDOMNESS }, drawsEachTime) }],
    stdin: {
      contents: `export { ${allowed.join(', ')} } from ${JSON.stringify(LIBRARY)}\n${stubs.join('\n')}`,
      resolveDir: dirname(LIBRARY),
      loader: 'ts',
    },
  })
  const host = await build({
    ...bundled,
    entryPoints: [fileURLToPath(new URL('host.ts', import.meta.url))],
    alias: { 'symbolon/protocol': HOSTS_TOOLBOX },
    external: [HOSTS_TOOLBOX],
  })
  return {
    'main.cjs': host.outputFiles[0]?.text ?? '',
    'symbolon.cjs': toolbox.outputFiles[0]?.text ?? '',
    'symbolon.mjs': `import toolbox from '${HOSTS_TOOLBOX}'\nexport const { ${Object.keys(protocol)} } = toolbox`,
  }
}

/** Whether a file that was compiled uses more of the toolbox than these: most do not, and the whole of it takes long to load. */
function needsMore(compiled: string, tools: readonly string[]): boolean {
  const imports = [...compiled.matchAll(/^import \{([^}]*)\} from "\.\/symbolon\.mjs";$/gm)]
  const names = imports.flatMap(([, all = '']) => all.split(',').map((one) => one.trim().split(' ')[0] ?? ''))
  return imports.length + 1 !== compiled.split(TOOLBOX).length || names.some((name) => !tools.includes(name))
}

function isWithin(folder: string, place: string): boolean {
  const path = relative(folder, place)
  // On another drive of Windows it stays absolute.
  return !isAbsolute(path) && path.split(sep)[0] !== '..'
}

/** By the end of a file's name. */
const LOADERS: Readonly<Record<string, Loader>> = {
  ...{ '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx' },
  ...{ '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx', '.json': 'json', '.txt': 'text' },
}
const MAX_FILE_BYTES = 1024 * 1024
/** In what esbuild writes: of an import, or `require`, that is neither one string nor one name. */
const COMPUTED = /\b(?:import(?:\.\w+)?|require)(?:\?\.)?\((?!"[^"\\]*"[,)]|[\w$.]*\))/

/**
 * A file of the student's. Where an import is computed, esbuild would look through the whole disk for what fits it, and bundle that. A
 * source map it would read wherever that is.
 */
async function loaded(path: string): Promise<OnLoadResult> {
  const refused = (text: string) => ({ errors: [{ text: `${basename(path)} ${text}` }] })
  const loader = LOADERS[extname(path)]
  if (!loader) return refused('is no file of a kind that is known here')
  const stats = lstatSync(realpathSync(path))
  if (!stats.isFile()) return refused('is no file')
  if (stats.size > MAX_FILE_BYTES) return refused(`has more than ${MAX_FILE_BYTES} bytes`)
  const text = readFileSync(path, 'utf8')
  if (loader === 'json' || loader === 'text') return { contents: text, loader }
  const contents = text.replaceAll('sourceMappingURL=', 'sourceMappingUrl=')
  const { transform } = await import('esbuild')
  try {
    const { code } = await transform(contents, {
      loader,
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
    })
    if (COMPUTED.test(code)) return refused('imports what it computes: it may import what it names')
  } catch (error) {
    const { errors } = error as TransformFailure
    return {
      errors: errors.map(({ text, location }) => ({
        text,
        location: location && { ...location, file: path },
      })),
    }
  }
  return { contents, loader }
}

/** The student's program as one file of JavaScript. */
async function compiled({ file, within = dirname(file) }: Materials): Promise<string> {
  const { build } = await import('esbuild')
  const outside: string[] = []
  const result = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    outdir: within,
    logLevel: 'silent',
    metafile: true,
    // None is looked for beside the file.
    tsconfigRaw: '{}',
    plugins: [
      {
        name: 'tools',
        setup({ onLoad, onResolve }) {
          onLoad({ filter: /.*/ }, ({ path }) => loaded(path))
          onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
            if (kind === 'entry-point') return undefined
            if (path === 'symbolon/protocol') return { path: TOOLBOX, external: true }
            if (path.startsWith('node:') || builtinModules.includes(path)) return { path, external: true }
            const target = join(resolveDir, path)
            // Where a symbolic link leads is where the file is.
            const place = existsSync(target) ? realpathSync(target) : undefined
            const isRelative = /^\.\.?\//.test(path)
            if (isRelative && place && isWithin(realpathSync(within), place)) return { path: place }
            outside.push(path)
            return { path, external: true }
          })
        },
      },
    ],
  }).catch(
    (error: { errors?: { text: string; location?: { file: string; line: number; column: number } }[] }) => {
      const [first] = error.errors ?? []
      const place = first?.location
        ? `${basename(first.location.file)}:${first.location.line}:${first.location.column + 1}: `
        : ''
      throw new Missing(`the file cannot be loaded. ${place}${first?.text ?? error}`, 'not loaded')
    },
  )
  const root = realpathSync(within)
  const inputs = Object.keys(result.metafile.inputs)
  const [other] = [...outside, ...inputs.filter((input) => !isWithin(root, realpathSync(input)))]
  if (other !== undefined) {
    throw new Missing(
      `the file imports '${other}'; it may import 'symbolon/protocol', its own files, and Node's modules.`,
      'not loaded',
    )
  }
  return result.outputFiles[0]?.text ?? ''
}
