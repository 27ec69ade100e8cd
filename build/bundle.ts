/**
 * The command, bundled by esbuild with everything but SQLite, which is native. docs/decisions/0013-build.md tells why.
 *
 * @module
 */
import { basename } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Inputs } from './copies.ts'
import { distFile, ROOT } from './paths.ts'

// Some packages are CommonJS, and require Node's own modules by name.
const REQUIRE = "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/**
 * The files of the command, and what of the sources, or which package, is in each. Few, because opening a file takes longer than reading
 * it; and what is large and not always needed apart. What is loaded by `import()` and is in the same file runs when it is asked for.
 */
const FILES = [
  { name: 'symbolon', entry: 'src/symbolon.ts' },
  { name: 'client', entry: 'src/client.ts' },
  { name: 'kdc', entry: 'src/kdc/main.ts' },
  { name: 'password-worker', entry: 'src/kdc/passwords/password-worker.mjs' },
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
] as const

export async function bundleTools(): Promise<Inputs> {
  const built = await Promise.all(
    FILES.map((file) =>
      build({
        absWorkingDir: ROOT,
        bundle: true,
        format: 'esm',
        platform: 'node',
        // The oldest that we run on.
        target: 'node20.19',
        // ES modules, where a package has both: what is not used of them is left out.
        mainFields: ['module', 'main'],
        banner: { js: REQUIRE },
        metafile: true,
        logLevel: 'warning',
        define: 'define' in file ? file.define : {},
        inject: 'inject' in file ? [...file.inject] : [],
        ...('entry' in file
          ? { entryPoints: [file.entry] }
          : { stdin: { contents: file.contents, resolveDir: ROOT, sourcefile: `${file.name}.js` } }),
        outfile: distFile('bin', `${file.name}.mjs`),
        external: ['@photostructure/sqlite'],
        // What is not read need not be parsed.
        minify: true,
        plugins: [elsewhere(file.name), noHttp2, ...(SHORT.has(file.name) ? [builtins] : [])],
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

/** What runs for a moment, and waits for what it loads. */
const SHORT: ReadonlySet<string> = new Set(['symbolon', 'client'])

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
function elsewhere(self: string): Plugin {
  const places: readonly (readonly [RegExp, string])[] = [
    [/^\.\/client\.ts$/, 'client'],
    [/^\.\/kdc\/main\.ts$/, 'kdc'],
    [/\/ts-mls\.ts$/, 'mls'],
    [/^@serenity-kit\/opaque$/, 'opaque'],
    [/^libsodium$/, 'sodium'],
    [/^undici$/, 'undici'],
  ]
  return {
    name: 'elsewhere',
    setup({ onResolve }) {
      for (const [filter, place] of places) {
        if (place === self) continue
        onResolve({ filter }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: `./${place}.mjs`, external: true },
        )
      }
    },
  }
}
