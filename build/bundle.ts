/**
 * The command, bundled by esbuild with everything but SQLite, which is native. docs/decisions/0013-build.md tells why.
 *
 * @module
 */
import { basename } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { Inputs } from './copies.ts'
import { distFile, ROOT } from './paths.ts'

// Some packages are CommonJS, and require Node's own modules by name.
const REQUIRE = "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/** One file of what is bundled: what of the sources, or which package, is in it. */
export type BundledFile = {
  readonly name: string
  /** It runs for a moment, and waits for what it loads. */
  readonly isShort?: boolean
} & Pick<BuildOptions, 'define' | 'inject'> &
  ({ readonly entry: string } | { readonly contents: string })

/** Where in the bundle an import leads: to the file of this name. */
type Place = readonly [imported: RegExp, name: string]

/** What is large and not always needed, each in a file of its own, which is loaded when it is. */
export const LIBRARIES: readonly BundledFile[] = [
  { name: 'mls', entry: 'src/lib/mls/rfc9420/ts-mls.ts' },
  // It asks whether there is a `Request`: in Node, to ask is to load its `fetch`, which takes 35 ms.
  {
    name: 'opaque',
    contents: "export * from '@serenity-kit/opaque'",
    define: { Request: 'undefined', Response: 'undefined' },
  },
  { name: 'sodium', contents: "export { default } from 'libsodium'" },
  {
    name: 'undici',
    entry: 'build/undici.ts',
    define: { 'WebAssembly.Module': 'BaselineModule' },
    inject: ['build/baseline-module.ts'],
  },
]
const LIBRARY_PLACES: readonly Place[] = [
  [/\/ts-mls\.ts$/, 'mls'],
  [/^@serenity-kit\/opaque$/, 'opaque'],
  [/^libsodium$/, 'sodium'],
  [/^undici$/, 'undici'],
]

/**
 * The files of the command. Few, because opening a file takes longer than reading it. What is loaded by `import()` and is in the same file
 * runs when it is asked for.
 */
const FILES: readonly BundledFile[] = [
  { name: 'symbolon', entry: 'src/symbolon.ts', isShort: true },
  { name: 'client', entry: 'src/client.ts', isShort: true },
  { name: 'kdc', entry: 'src/kdc/main.ts' },
  { name: 'password-worker', entry: 'src/kdc/passwords/password-worker.mjs' },
  ...LIBRARIES,
]
const PLACES: readonly Place[] = [
  [/^\.\/client\.ts$/, 'client'],
  [/^\.\/kdc\/main\.ts$/, 'kdc'],
  ...LIBRARY_PLACES,
]

/**
 * How esbuild makes a file.
 *
 * @param fileOf - what the file of this name is imported by.
 * @param places - of what is in other files.
 */
export function bundled(
  file: BundledFile,
  fileOf: (name: string) => string,
  places: readonly Place[] = LIBRARY_PLACES,
) {
  return {
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // The oldest that we run on.
    target: 'node20.19',
    // ES modules, where a package has both: what is not used of them is left out.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
    define: file.define ?? {},
    inject: file.inject ?? [],
    ...('entry' in file
      ? { entryPoints: [file.entry] }
      : { stdin: { contents: file.contents, resolveDir: ROOT, sourcefile: `${file.name}.js` } }),
    external: ['@photostructure/sqlite'],
    // What is not read need not be parsed.
    minify: true,
    plugins: [elsewhere(file.name, fileOf, places), noHttp2, ...(file.isShort ? [builtins] : [])],
  } satisfies BuildOptions
}

export async function bundleTools(): Promise<Inputs> {
  const built = await Promise.all(
    FILES.map((file) =>
      build({
        ...bundled(file, (name) => `./${name}.mjs`, PLACES),
        metafile: true,
        outfile: distFile('bin', `${file.name}.mjs`),
      }),
    ),
  )
  return Object.fromEntries(
    built.flatMap(({ metafile }) =>
      Object.entries(metafile.outputs).map(([file, { inputs }]) => [
        `bin/${basename(file)}`,
        Object.keys(inputs),
      ]),
    ),
  )
}

/**
 * Node's own modules, each loaded by what first needs it. An import of one loads it for all in the file, and with it what its rarer exports
 * are made with.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtins' }))
    // Each export by itself: what is not used is left out, and so not asked for.
    onLoad({ filter: /^/, namespace: 'builtins' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => name !== 'default')
      const lines = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => node.${name})()`)
      return {
        contents: [`const node = process.getBuiltinModule('${path}')`, 'export default node', ...lines].join(
          '\n',
        ),
      }
    })
  },
}

/** HTTP/2, which we do not speak: Node's half of it takes a while to load, too. */
const noHttp2: Plugin = {
  name: 'no HTTP/2',
  setup({ onLoad }) {
    onLoad({ filter: /undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({ contents: '' }))
  },
}

/** Imports of what is in another of the files. */
function elsewhere(self: string, fileOf: (name: string) => string, places: readonly Place[]): Plugin {
  return {
    name: 'elsewhere',
    setup({ onResolve }) {
      for (const [filter, place] of places) {
        if (place === self) continue
        onResolve({ filter }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: fileOf(place), external: true },
        )
      }
    },
  }
}
