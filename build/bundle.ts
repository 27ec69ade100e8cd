/**
 * What is bundled, by esbuild: everything but SQLite, which is native. docs/decisions/0013-build.md tells why.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { distFile, ROOT } from './paths.ts'

// Some packages are CommonJS, and require Node's own modules by name. Without an import: in a browser nothing of this is used.
const REQUIRE =
  "const require=globalThis.process?.getBuiltinModule?.('node:module').createRequire(import.meta.url);"

const COMMON = {
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
} as const satisfies BuildOptions

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
  { name: 'opaque', contents: "export * from '@serenity-kit/opaque'" },
  { name: 'sodium', contents: "export { default } from 'libsodium'" },
  { name: 'undici', contents: await withNames('undici') },
] as const

// A file that a CommonJS package is bundled into exports nothing by name, unless it is told what.
async function withNames(name: string): Promise<string> {
  const names = Object.keys(await import(name)).filter(
    (key) => /^[A-Za-z_]\w*$/.test(key) && key !== 'default',
  )
  return `export { ${names.join(', ')} } from '${name}'`
}

/** @returns the files that went into it. */
export async function bundleTools(): Promise<string[]> {
  const built = await Promise.all(
    FILES.map((file) =>
      build({
        ...COMMON,
        ...('entry' in file
          ? { entryPoints: [file.entry] }
          : { stdin: { contents: file.contents, resolveDir: ROOT, sourcefile: `${file.name}.js` } }),
        outfile: distFile(`${file.name}.mjs`),
        external: ['@photostructure/sqlite'],
        // What is not read need not be parsed.
        minify: true,
        plugins: [elsewhere(file.name)],
      }),
    ),
  )
  return built.flatMap(({ metafile }) => Object.keys(metafile.inputs))
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

/** The same for what is imported by `import()` and becomes a file by itself. */
const NAMED: Plugin = {
  name: 'named',
  setup({ onResolve, onLoad }) {
    const filter = /^undici$/
    onResolve({ filter }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'named' } : undefined,
    )
    onLoad({ filter, namespace: 'named' }, async ({ path }) => ({
      contents: await withNames(path),
      resolveDir: ROOT,
    }))
  },
}

/** @returns the files that went into it. */
export async function bundleLibrary(): Promise<string[]> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: {
      index: 'src/lib/index.ts',
      'primitives-node': 'src/lib/crypto/primitives/node.ts',
      'primitives-noble': 'src/lib/crypto/primitives/noble.ts',
    },
    outdir: distFile('lib'),
    splitting: true,
    chunkNames: '[name]-[hash]',
    external: ['#primitives'],
    plugins: [NAMED],
  })
  // Node takes these from the nearest package.json; that of the package names the sources.
  const imports = { '#primitives': { node: './primitives-node.js', default: './primitives-noble.js' } }
  writeFileSync(distFile('lib', 'package.json'), `${JSON.stringify({ type: 'module', imports }, null, 2)}\n`)
  return Object.keys(metafile.inputs)
}
