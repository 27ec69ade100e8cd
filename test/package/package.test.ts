/** What is packed, as other people's projects find it: what it exports, whether compilers and bundlers find that, and what documents show. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { transform } from 'esbuild'
import { publint } from 'publint'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type EntryReport, reportApi } from '../../build/api.ts'
import { startTestRealm, type TestRealm } from '../../src/kdc/index.ts'
import { fileStateStore } from '../../src/node/index.ts'
import { InstalledProject } from '../helpers/installed.ts'
import { needs } from '../helpers/needs.ts'
import { cleanEnvironment, Program } from '../helpers/program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Of the compilers that are promised, the oldest, and those that the next is most unlike; build/api.ts has one from between. */
const COMPILERS = ['typescript-5.7', 'typescript-6', 'typescript']

const test = suite('package')
const project = new InstalledProject()
const withRegistry = needs('a package registry', () => project.offline === undefined, 'a network')

test.after(() => project.remove())

// Takes seconds.
let reports: EntryReport[] | undefined
const api = () => {
  reports ??= reportApi(project.built)
  return reports
}

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8')

test('docs/api says what is exported', () => {
  const reports = api()
  assert.equal(
    reports.map(({ name }) => name),
    ['symbolon', 'symbolon/kdc', 'symbolon/node', 'symbolon/protocol'],
  )
  for (const { file, text } of reports) {
    assert.ok(existsSync(join(ROOT, 'docs', 'api', file)), `docs/api/${file}: npm run api makes it`)
    // Not by `assert.is`, which would say all of both.
    assert.ok(
      read('docs', 'api', file) === text,
      `the exports have changed: npm run api, and look at docs/api/${file}`,
    )
  }
  assert.equal(readdirSync(join(ROOT, 'docs', 'api')).sort(), reports.map(({ file }) => file).sort())
})

test('everything that is exported has a docstring', () => {
  const missing = api().flatMap(({ undocumented }) => undocumented)
  assert.equal(missing, [])
})

test('no name that is exported could be anything', () => {
  const GENERIC = [
    'Kind',
    'Reply',
    'Post',
    'Take',
    'Item',
    'Fate',
    'Sent',
    'Source',
    'Content',
    'Summary',
    'Route',
  ]
  for (const { name, text } of api()) {
    const exported = text.split('## Named by these')[0] ?? ''
    for (const [, title = ''] of exported.matchAll(/^### (\w+)/gm)) {
      assert.not.ok(GENERIC.includes(title), `${name} exports ${title}`)
    }
  }
})

test('publint finds nothing', async () => {
  const { messages } = await publint({ pkgDir: project.built, pack: false, strict: true })
  assert.equal(
    messages.map(({ code, path }) => `${code} ${path.join('.')}`),
    [],
  )
})

test('types are found wherever the code is', async () => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(project.packed)))
  assert.ok(result.types && 'entrypoints' in result)
  assert.equal(Object.keys(result.entrypoints), ['.', './kdc', './node', './protocol'])
  // ES modules only, which `require` takes since Node 20.19; and a resolution that knows no `exports` finds only those who name a file.
  const problems = result.problems.filter(
    (problem) =>
      problem.kind !== 'CJSResolvesToESM' &&
      !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
  )
  assert.equal(problems, [])
})

/** The programs that documents show, as modules of the project. */
const EXAMPLES = [
  { document: 'README.md', at: 0, file: 'send' },
  { document: 'README.md', at: 1, file: 'stream' },
  { document: 'docs/guide/library.md', at: 0, file: 'alice' },
  { document: 'docs/guide/library.md', at: 1, file: 'bob' },
  { document: 'docs/guide/library.md', at: 3, file: 'greeting.test' },
] as const

type Place = { readonly url: string; readonly passwords: { readonly alice: string; readonly bob: string } }

/** An example, for this KDC, with its files in `folder`. Where it says `password`, it is that of the line's account. */
function example(
  { document, at }: (typeof EXAMPLES)[number],
  { url, passwords }: Place,
  folder: string,
): string {
  const text = [...read(document).matchAll(/```ts\n([\s\S]*?)```/g)][at]?.[1]
  if (text === undefined) throw new Error(`${document} has no program ${at}`)
  return text
    .replaceAll('http://127.0.0.1:8800', url)
    .replace(/'(backup\.tar|report\.pdf|inbox)'/g, (_, name) => JSON.stringify(join(folder, name)))
    .replace(/'(alice|bob)', password/g, (_, name: 'alice' | 'bob') => `'${name}', '${passwords[name]}'`)
}

/** What a compiler has to understand, and to refuse. */
const USES = `
import { type ErrorCode, login, type LoginOptions, SymbolonError } from 'symbolon'
import { createKdc, startTestRealm } from 'symbolon/kdc'
import { fileStateStore, readKeytab } from 'symbolon/node'
import { openTicket, Secret, sealRequest } from 'symbolon/protocol'

const realm = await startTestRealm({ accounts: ['alice', 'bob'] })
export const password: string = realm.passwords.alice
// @ts-expect-error: there is no such account
await realm.login('carol')
// @ts-expect-error: there is no such option
await startTestRealm({ account: [] })
const kdc = await createKdc({ registration: 'open' })
export const answer: Response = await kdc.app.request('/healthz')
// @ts-expect-error: that is none of them
await createKdc({ registration: 'anybody' })
// @ts-expect-error: a name, not a number
await login('http://127.0.0.1:8800', 1, 'password')
const options: LoginOptions = { state: fileStateStore(), clock: undefined }
export const alice = await login(realm.url, 'alice', () => password, options)

export function words(error: unknown): string {
  if (!(error instanceof SymbolonError)) return ''
  const code: ErrorCode = error.code
  switch (error.code) {
    case 'receiver_offline':
      return 'away'
    // @ts-expect-error: there is no such code
    case 'receiver_ofline':
      return 'never'
    default:
      return code
  }
}
export function bytes(stream: import('node:stream').Duplex): Promise<void> {
  return alice.connect('bob').then((channel) => void channel.stream().pipe(stream))
}
export const parts = [openTicket, sealRequest, Secret.fromText, readKeytab]
// @ts-expect-error: that is part of the protocol
export { seal } from 'symbolon'
`

test('a compiler that is named by its version is of that version', () => {
  for (const compiler of COMPILERS) {
    const [, promised = ''] = /^typescript-(.*)$/.exec(compiler) ?? []
    const { version } = JSON.parse(read('node_modules', compiler, 'package.json'))
    assert.ok(promised === '' || `${version}`.startsWith(`${promised}.`), `${compiler} is ${version}`)
  }
})

withRegistry(test)('the types compile with the compilers that are promised', async () => {
  const place = { url: 'http://127.0.0.1:8800', passwords: { alice: 'a', bob: 'b' } }
  for (const one of EXAMPLES)
    writeFileSync(join(project.folder, `${one.file}.ts`), example(one, place, project.folder))
  writeFileSync(join(project.folder, 'uses.ts'), USES)
  const files = [...EXAMPLES.map(({ file }) => `${file}.ts`), 'uses.ts']
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
  ]
  const compile = async (compiler: string, module: string, resolution: string) => {
    const tsc = join(ROOT, 'node_modules', compiler, 'bin', 'tsc')
    const how = ['--target', 'es2022', '--module', module, '--moduleResolution', resolution, '--noEmit']
    const options = { cwd: project.folder, encoding: 'utf8' } as const
    return promisify(execFile)(process.execPath, [tsc, ...strict, ...how, ...files], options).then(
      () => '',
      ({ stdout, message }) => `${compiler}, ${resolution}: ${stdout || message}`,
    )
  }
  const said = [await compile('typescript', 'esnext', 'bundler')]
  for (const compiler of COMPILERS) said.push(await compile(compiler, 'nodenext', 'nodenext'))
  assert.equal(said.filter(Boolean), [])
})

for (const language of ['JavaScript', 'TypeScript'] as const) {
  withRegistry(test)(`what README and guide show runs, in ${language}`, async () => {
    await using realm = await startTestRealm({ accounts: ['alice', 'bob', 'carol'] })
    const folder = join(project.folder, language)
    mkdirSync(folder)
    for (const one of EXAMPLES) {
      const text = example(one, realm, folder)
      const { code } = language === 'JavaScript' ? { code: text } : await transform(text, { loader: 'ts' })
      writeFileSync(join(folder, `${one.file}.mjs`), code)
    }
    writeFileSync(join(folder, 'backup.tar'), 'x'.repeat(100_000))
    writeFileSync(join(folder, 'report.pdf'), 'y'.repeat(100_000))
    const env = cleanEnvironment(folder)
    const run = (file: string, ...options: string[]) =>
      new Program(process.execPath, [...options, join(folder, `${file}.mjs`)], env).input()

    // Both have been there before: what is left for them can be encrypted.
    const state = fileStateStore(join(`${env.XDG_STATE_HOME}`, 'symbolon'))
    for (const name of ['bob', 'carol'] as const) {
      const session = await realm.login(name, { state })
      await session.mailbox.ensure()
      await session.logout()
    }
    assert.match((await run('stream').ends(0)).stdout, /alice: 100000 bytes/)
    assert.equal(await heardBy(realm, () => run('send').ends(0)), ['alice: hello'])
    const alice = await run('alice').ends(0)
    assert.match(alice.stdout, /^stored\n(?:report\.pdf: \d+ of 100000\n)*report\.pdf: 100000 of 100000\n$/)
    const bob = run('bob')
    await bob.says('stdout', /alice has sent .*report\.pdf\n/)
    assert.match(bob.stdout, /^alice: hi\nfriends: alice: hello, all\nalice has sent /)
    assert.is(readFileSync(join(folder, 'inbox', 'report.pdf'), 'utf8'), 'y'.repeat(100_000))
    assert.is(await bob.stop('SIGINT'), 0)
    const tested = await run('greeting.test', '--test-reporter=tap').ends(0)
    assert.match(tested.stdout, /^# pass 1$/m)
  })
}

/** What bob hears meanwhile, directly. */
async function heardBy(realm: TestRealm<'bob'>, act: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = []
  await using bob = await realm.login('bob')
  await using _presence = await bob.listen({
    onChannel: async (channel) => {
      for await (const { text } of channel) heard.push(`${channel.peer.username}: ${text}`)
    },
  })
  await act()
  return heard
}

test.run()
