/** Rules of this codebase that no tool checks for us. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filled } from '../bench/documents.ts'
import { plots } from '../bench/plots.ts'
import { readRecords } from '../bench/record.ts'
import { LOGIN_LIMITS } from '../src/kdc/traffic/login-limits.ts'
import { ERROR_CODES } from '../src/lib/errors.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const test = suite('conventions')

const files = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** The project's files that a file imports. */
function imports(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(file), match[1] ?? ''))
      .split(sep)
      .join('/'),
  )
}

/** What breaks the rule that a file of `folder` imports only from the others named. */
function strays(folder: string, allowed: string[]): string[] {
  return files(folder, '.ts').flatMap((file) =>
    imports(file)
      .filter((target) => ![folder, ...allowed].some((place) => target.startsWith(`${place}/`)))
      .map((target) => `${file} imports ${target}`),
  )
}

test('dependencies point one way: tools -> cli -> state -> lib, and kdc -> lib; database and files serve both', () => {
  assert.equal(strays('src/lib', []), [])
  assert.equal(strays('src/files', ['src/lib']), [])
  assert.equal(strays('src/database', ['src/files', 'src/lib']), [])
  assert.equal(strays('src/state', ['src/database', 'src/files', 'src/lib']), [])
  assert.equal(strays('src/cli', ['src/files', 'src/lib', 'src/state']), [])
  assert.equal(strays('src/node', ['src/cli', 'src/files', 'src/lib', 'src/state']), [])
  // The KDC's command line is a tool too; what it runs knows nothing of command lines.
  const commandLine = /^src\/kdc\/(main|commands\/[\w-]+)\.ts imports src\/cli\//
  const ofKdc = strays('src/kdc', ['src/database', 'src/files', 'src/lib']).filter(
    (stray) => !commandLine.test(stray),
  )
  assert.equal(ofKdc, [])
})

test('no file of src is longer than 450 lines: it has two subjects then', () => {
  const long = files('src', '.ts').filter((file) => read(file).split('\n').length - 1 > 450)
  assert.equal(long, [])
})

test('each file of src begins by saying what it is; a tag only in the entries, which tools read', () => {
  const heads = files('src', '.ts').map((file) => [file, read(file).replace(/^(#!|\/\/\/).*\n/, '')] as const)
  assert.equal(
    heads.filter(([, text]) => !text.startsWith('/**')).map(([file]) => file),
    [],
  )
  const entries = ['src/kdc/index.ts', 'src/lib/index.ts', 'src/lib/protocol.ts', 'src/node/index.ts']
  assert.equal(
    heads
      .filter(([, text]) => text.includes('* @module'))
      .map(([file]) => file)
      .sort(),
    entries,
  )
})

test('what the package exports has one name, inside and outside', () => {
  const reports = files('docs/api', '.md')
  assert.ok(reports.length > 0)
  assert.equal(
    reports.filter((file) => read(file).includes('(inside: ')),
    [],
  )
})

test('imports form no cycles, not even of types', () => {
  const all = new Set(
    ['src', 'test', 'exercises', 'bench', 'build'].flatMap((folder) => files(folder, '.ts')),
  )
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: string[]) => {
    // Tests have sources in them, whose imports are no imports here.
    if (state.get(file) === 'done' || !all.has(file)) return
    assert.is.not(state.get(file), 'open', `cycle: ${[...path, file].join(' -> ')}`)
    state.set(file, 'open')
    for (const target of imports(file)) visit(target, [...path, file])
    state.set(file, 'done')
  }
  for (const file of all) visit(file, [])
  assert.ok(
    imports('src/kdc/context.ts').includes('src/kdc/events/mailbox-subscribers.ts'),
    'a type’s import is seen',
  )
})

test('folders form no cycles: each thing in a folder, a file or a folder as a whole, imports one way', () => {
  const all = files('src', '.ts')
  const folders = new Set(
    all.flatMap((file) => file.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))),
  )
  folders.delete('')
  for (const folder of folders) {
    const within = (file: string) =>
      file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/')[0] : undefined
    const edges = new Map<string, Set<string>>()
    for (const file of all) {
      const from = within(file)
      if (from === undefined) continue
      const to = imports(file).flatMap((target) => within(target) ?? [])
      edges.set(from, new Set([...(edges.get(from) ?? []), ...to.filter((target) => target !== from)]))
    }
    const done = new Set<string>()
    const visit = (name: string, path: string[]) => {
      assert.not(path.includes(name), `cycle in ${folder}: ${[...path, name].join(' -> ')}`)
      if (done.has(name)) return
      for (const target of edges.get(name) ?? []) visit(target, [...path, name])
      done.add(name)
    }
    for (const name of edges.keys()) visit(name, [])
  }
  assert.ok(folders.size > 20)
})

test('the library touches no process, console or file', () => {
  for (const file of files('src/lib', '.ts')) {
    const code = read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
    assert.not.match(code, /\b(?:process|console)\??\./, file)
    const allowed = file.includes('/primitives/') ? ['crypto'] : ['events', 'net', 'stream', 'stream/web']
    for (const [, module = ''] of code.matchAll(/['"]node:([^'"]+)['"]/g)) {
      assert.ok(allowed.includes(module), `${file} imports node:${module}`)
    }
  }
})

test('ciphers are reached through the primitives only', () => {
  for (const file of files('src', '.ts').filter((name) => !name.includes('/primitives/'))) {
    assert.not.match(read(file), /createCipheriv|createDecipheriv|@noble\//, file)
  }
})

test('every test suite runs, and asserts errors by helpers that cannot pass unseen', () => {
  for (const file of files('test', '.test.ts')) {
    const text = read(file)
    // `assert.throws` does not await: a promise that rejects would pass it.
    if (file !== 'test/conventions.test.ts') assert.not.match(text, /assert\.throws\(\s*async/, file)
    // Skipped is what says why: helpers/needs.ts.
    if (!file.startsWith('test/runner/')) assert.not.match(text, /\.(only|skip)\b/, file)
    assert.not.match(
      text,
      /^ *if \(.*(getuid|process\.platform|process\.env\.CI).*\) (?:\{\s*)?return/m,
      file,
    )
    // An exercise's suite is made and run by helpers/exercise.ts.
    const exercises = text.match(/^tryExercise\(/gm)?.length ?? 0
    const suites = (text.match(/= suite[<(]/g)?.length ?? 0) + exercises
    const runs = (text.match(/\.run\(\)/g)?.length ?? 0) + exercises
    assert.ok(suites > 0 && runs >= suites, `${file}: ${suites} suites, ${runs} runs`)
  }
})

test('every error code is used', () => {
  const source = files('src', '.ts')
    .filter((file) => file !== 'src/lib/errors.ts')
    .map(read)
    .join('\n')
  for (const code of Object.values(ERROR_CODES).flat()) assert.match(source, new RegExp(`\\b${code}\\b`))
})

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'exercises', 'bench', 'test'].flatMap((folder) => files(folder, '.md')),
]

test('the files that documents name are there', () => {
  for (const document of documents) {
    for (const [, path = ''] of read(document).matchAll(
      /`((?:src|test|bench|build|docs|exercises)\/[\w./-]+)`/g,
    )) {
      assert.ok(readable(join(ROOT, path)), `${document} names ${path}`)
    }
  }
})

test('links between documents lead somewhere', () => {
  for (const document of documents) {
    for (const match of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      const target = resolve(ROOT, dirname(document), match[1] ?? '')
      assert.ok(readable(target), `${document} links to ${match[1]}`)
    }
  }
})

test('links to a heading name one that is there', () => {
  // As GitHub makes an anchor of a heading: without what is neither letter nor digit, and with hyphens for spaces.
  const anchors = (document: string) =>
    [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  for (const document of documents) {
    for (const [, path = '', anchor = ''] of read(document).matchAll(/\]\((?!\w+:)([^)#]*)#([^)]+)\)/g)) {
      const target = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path))
      assert.ok(anchors(target).includes(anchor), `${document} links to ${path}#${anchor}`)
    }
  }
})

function readable(path: string): boolean {
  try {
    readdirSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
}

test('the limits on tries that operators read are those that hold', () => {
  const [, table = ''] = /## Limits on tries\n\n((?:\|.*\n)+)/.exec(read('docs/operating.md')) ?? []
  const written = table
    .split('\n')
    .slice(2, -1)
    .map((row) => row.split('|').slice(2, 4).map(Number.parseFloat))
  const { nameFromAddress, name, address, registration } = LOGIN_LIMITS
  assert.equal(
    written,
    [nameFromAddress, name, address, registration].map(({ burst, intervalSec }) => [burst, intervalSec]),
  )
})

test('figures and plots of docs/performance.md are those that were measured', () => {
  const records = readRecords()
  const document = read('docs/performance.md')
  assert.is(document, filled(document, records), 'run: npm run bench -- --redraw')
  for (const [file, svg] of plots(records)) assert.is(read(`docs/plots/${file}`), svg, file)
})

test('no file names a package registry', () => {
  const places = ['src', 'test', 'exercises', 'bench', 'build'].flatMap((folder) =>
    ['.ts', '.mjs', '.py'].flatMap((ending) => files(folder, ending)),
  )
  const hosts = new RegExp(
    ['registry.npmjs', 'yarnpkg.com', 'deb.debian'].map((name) => name.replace('.', '\\.')).join('|'),
  )
  for (const file of [...documents, ...places, 'package-lock.json', 'bench/peers/package-lock.json']) {
    if (file !== 'test/conventions.test.ts') assert.not.match(read(file), hosts, file)
  }
})

test.run()
