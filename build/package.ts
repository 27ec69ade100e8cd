/**
 * What the package has besides code: package.json, what people read, and SQLite.
 *
 * @module
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { distFile, MANIFEST, ROOT } from './paths.ts'

/** What people read, and what it is called in the package. npm shows the README. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  LICENSE: 'LICENSE',
  'CHANGELOG.md': 'CHANGELOG.md',
  'SECURITY.md': 'SECURITY.md',
  'docs/package.md': 'README.md',
  'docs/guide/library.md': 'docs/guide/library.md',
  'docs/protocol.md': 'docs/protocol.md',
  'docs/operating.md': 'docs/operating.md',
  'docs/threat-model.md': 'docs/threat-model.md',
  'docs/errors.md': 'docs/errors.md',
  'docs/events.md': 'docs/events.md',
}

/** What only the project needs, and what `dist/` makes different. */
const OMITTED = ['private', 'scripts', 'devDependencies', 'allowScripts', 'files']

export function writeManifest(): void {
  const kept = Object.entries(MANIFEST).filter(([field]) => !OMITTED.includes(field))
  const json = JSON.stringify(Object.fromEntries(kept), null, 2)
    .replaceAll('"./dist/', '"./')
    .replaceAll('"dist/', '"')
    .replace(/"\.\/src\/(.+)\.ts"/g, '"./$1.js"')
  writeFileSync(distFile('package.json'), `${json}\n`)
}

export function writeDocuments(): void {
  for (const [source, target] of Object.entries(DOCUMENTS)) {
    mkdirSync(dirname(distFile(target)), { recursive: true })
    writeFileSync(distFile(target), withLinks(readFileSync(join(ROOT, source), 'utf8'), source, target))
  }
}

/** Links between what is packed lead where they should; of others, the words remain. */
function withLinks(text: string, source: string, target: string): string {
  const from = new URL(source, 'file:///')
  return text.replace(/\[([^\]]+)\]\((?!\w+:|#)([^)#]*)(#[^)]*)?\)/g, (_, words, path, anchor = '') => {
    const packed = DOCUMENTS[new URL(path, from).pathname.slice(1)]
    if (packed === undefined) return words
    return `[${words}](${'../'.repeat(target.split('/').length - 1)}${packed}${anchor})`
  })
}

const SQLITE = 'node_modules/@photostructure/sqlite'
const LOADER = 'node_modules/node-gyp-build'

/**
 * SQLite for a Node that has none of its own, compiled for each platform. It goes into the package (`bundleDependencies`) without what
 * compiles it: then it has no install script, which npm would warn of, and which might look for a compiler.
 *
 * @returns the files that it has.
 */
export function copySqlite(): string[] {
  const { name, version, license, author, repository, main, module, types, exports, dependencies } =
    JSON.parse(readFileSync(join(ROOT, SQLITE, 'package.json'), 'utf8'))
  const loader = { 'node-gyp-build': dependencies['node-gyp-build'] }
  const manifest = { name, version, license, author, repository, main, module, types, exports }
  for (const part of ['dist', 'prebuilds', 'LICENSE']) {
    cpSync(join(ROOT, SQLITE, part), distFile(SQLITE, part), { recursive: true })
  }
  writeFileSync(
    distFile(SQLITE, 'package.json'),
    `${JSON.stringify({ ...manifest, dependencies: loader }, null, 2)}\n`,
  )
  cpSync(join(ROOT, LOADER), distFile(LOADER), { recursive: true })
  return [SQLITE, LOADER]
}
