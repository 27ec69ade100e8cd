/** What is built, packed and installed: that it holds what it should, and that all of it works without the sources. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as v from 'valibot'
import { Installed } from './helpers/installed.ts'
import { needs } from './helpers/needs.ts'
import { type Program, startTool } from './helpers/program.ts'
import { PASSWORD, Realm } from './helpers/realm.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/: what of it we write. */
const Bom = v.strictObject({
  $schema: v.literal('http://cyclonedx.org/schema/bom-1.6.schema.json'),
  bomFormat: v.literal('CycloneDX'),
  specVersion: v.literal('1.6'),
  version: v.literal(1),
  metadata: v.object({
    component: v.object({ type: v.literal('application'), name: v.literal('symbolon'), purl: v.string() }),
  }),
  components: v.array(
    v.strictObject({
      type: v.literal('library'),
      'bom-ref': v.string(),
      group: v.optional(v.string()),
      name: v.string(),
      version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+/)),
      purl: v.string(),
      licenses: v.tuple([
        v.object({ license: v.object({ id: v.picklist(['MIT', 'ISC', 'BSD-3-Clause']) }) }),
      ]),
      hashes: v.tuple([
        v.object({ alg: v.literal('SHA-512'), content: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)) }),
      ]),
      evidence: v.object({ occurrences: v.array(v.object({ location: v.string() })) }),
    }),
  ),
  dependencies: v.array(v.object({ ref: v.string(), dependsOn: v.array(v.string()) })),
})

/** Words of a package that end up in the command. */
const OF_COPIES = {
  undici: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'ts-mls': 'Desired gen in the past',
  hono: 'Context is not finalized',
  pino: 'pino.msgPrefix',
  'csv-parse': 'CSV_INVALID_CLOSING_QUOTE',
  '@photostructure/sqlite': '@photostructure/sqlite',
}

const TOOLS = [
  ...['kdc', 'send', 'receive', 'group', 'users', 'login', 'logout', 'whoami', 'register', 'passwd'],
  ...['sessions', 'doctor', 'completion', 'demo'],
]

const test = suite<{ realm: Realm; running: Program[] }>('build')
const installed = new Installed()
/** What there is not in Node 20. */
const CACHES_COMPILED = Number(process.versions.node.split('.')[0]) >= 22
const withModes = needs(
  'a package registry and modes',
  () => installed.offline === undefined && process.platform !== 'win32',
  'a network, and a system other than Windows',
)
const withRegistry = needs('a package registry', () => installed.offline === undefined, 'a network')

test.before((context) => {
  // Its place and environment; its KDC is not started.
  context.realm = new Realm()
  context.running = []
  writeFileSync(context.realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
})

test.after(async ({ realm, running }) => {
  await Promise.all(running.map((program) => program.stop()))
  await realm.close()
  installed.remove()
})

/** The files of the package, but for what it depends on. */
function packed(folder = installed.folder): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => !file.startsWith('node_modules') && statSync(join(folder, file)).isFile())
    .map((file) => file.split(sep).join('/'))
}

const read = (...path: string[]) => readFileSync(join(installed.folder, ...path), 'utf8')

withRegistry(test)('npm says nothing that a newcomer must understand', () => {
  assert.match(installed.said, /^\s*added \d+ packages in \S+\s*$/, installed.said)
})

withRegistry(test)('npm puts the manual page where man looks for it', () => {
  // npm links pages that are in a list; on Windows, none.
  const linked = join(installed.place, 'share', 'man', 'man1', 'symbolon.1')
  const page = process.platform === 'win32' ? join(installed.folder, 'symbolon.1') : linked
  assert.match(readFileSync(page, 'utf8'), /^\.TH SYMBOLON 1 /)
})

withRegistry(test)('the manual page has a section for every command', () => {
  const sections = [...read('symbolon.1').matchAll(/^\.SS symbolon (.*)$/gm)].map(([, name]) => name)
  assert.equal(sections, Object.keys(JSON.parse(read('bin', 'help.json'))))
})

withRegistry(test)(
  'package.json has nothing that only the project needs, and names only what is packed',
  () => {
    const manifest = JSON.parse(read('package.json'))
    for (const field of ['private', 'scripts', 'devDependencies', 'allowScripts', 'files']) {
      assert.not.ok(Object.hasOwn(manifest, field), field)
    }
    const project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const field of ['name', 'version', 'license', 'engines', 'type']) {
      assert.equal(manifest[field], project[field], field)
    }
    const { bin, man, exports, imports } = manifest
    const named = JSON.stringify([bin, man, exports, imports]).match(/"[^"]*\/[^"]*"|"[\w.]+\.1"/g) ?? []
    const paths = named
      .map((path) => JSON.parse(path).replace(/^\.\//, ''))
      .filter((path) => /\.\w+$/.test(path))
    assert.ok(paths.length > 8)
    for (const path of paths) assert.ok(packed().includes(path), `package.json names ${path}`)
  },
)

withRegistry(test)(
  'the package holds what is built and what people read, and nothing of this machine',
  () => {
    const files = packed()
    const docs = ['errors', 'events', 'guide/library', 'operating', 'protocol', 'threat-model'].map(
      (name) => `docs/${name}.md`,
    )
    const known = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'licences.txt', 'package.json']
    const code = new RegExp(`^(?:bin|${readdirSync(join(ROOT, 'src')).join('|')})/`)
    const made = ['sbom.cdx.json', 'symbolon.1']
    assert.equal(files.filter((file) => !code.test(file)).sort(), [...docs, ...known, ...made].sort())
    for (const file of files) {
      assert.match(file, /\.(?:m?js|d\.m?ts|json|md|txt)$|^LICENSE$|^symbolon\.1$/)
      assert.not.match(file, /(?:^|\/)test\/|\.test\./)
      const text = read(file)
      for (const path of [ROOT, dirname(installed.place), homedir()]) {
        assert.not.ok(path.length > 4 && text.includes(path), `${file} names ${path}`)
      }
    }
  },
)

withRegistry(test)('what people read leads nowhere outside of the package, and needs no checkout', () => {
  const files = packed()
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!\w+:|#)([^)#]+)/g)) {
      const path = new URL(target, new URL(file, 'file:///')).pathname.slice(1)
      assert.ok(files.includes(path), `${file} links to ${target}`)
    }
  }
  assert.not.match(read('README.md'), /npm run|npx tsx|npm ci/)
  assert.match(read('README.md'), /symbolon receive bob/)
})

test('a build deletes nothing that it has not made', async ({ realm }) => {
  const folder = join(realm.home, 'theirs')
  mkdirSync(folder)
  for (const [name, text] of [
    ['thesis.txt', 'years of work'],
    ['package.json', '{ "name": "another" }'],
  ] as const) {
    writeFileSync(join(folder, name), text)
    const build = spawnSync(process.execPath, ['--import', 'tsx', join('build', 'run.ts'), folder], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    assert.is.not(build.status, 0)
    assert.match(build.stderr, `${folder} has something else in it`)
    assert.is(readFileSync(join(folder, 'thesis.txt'), 'utf8'), 'years of work')
  }
})

/** The packages that a file of the package imports, but Node's own. */
const importsOf = (file: string) =>
  [...read(file).matchAll(/(?:\bfrom ?|\bimport ?\(? ?)['"](@[\w-]+\/[\w-]+|[a-z][\w-]*)(?:\/[^'"]*)?['"]/g)]
    .map(([, name = '']) => name)
    .filter((name) => !isBuiltin(name) && name !== 'symbolon')

withRegistry(test)('what the library imports is declared, in the versions that are tested here', () => {
  const { dependencies } = JSON.parse(read('package.json'))
  const code = packed().filter((file) => file.endsWith('.js'))
  const imported = new Set(code.filter((file) => !file.startsWith('bin/')).flatMap(importsOf))
  assert.ok(imported.has('ts-mls') && imported.has('undici') && imported.size > 5)
  for (const name of imported) assert.ok(Object.hasOwn(dependencies, name), `${name} is not declared`)
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  for (const name of Object.keys(dependencies)) {
    assert.ok(lock[`node_modules/${name}`], `${name} is not installed here`)
    assert.not.ok(lock[`node_modules/${name}`].dev, `${name} is for development only`)
  }
  // What ts-mls says it works with is what it gets, here and where the package is installed: nothing is overridden.
  const npm = spawnSync('npm', ['ls', '--all', '--json'], {
    cwd: join(installed.folder),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  assert.equal(JSON.parse(npm.stdout).problems ?? [], [])
})

withRegistry(test)('the SBOM names each package that the command has a copy of, and no other', () => {
  const bom = v.parse(Bom, JSON.parse(read('sbom.cdx.json')))
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  const known = new Set<string>()
  for (const { group, name, version, purl, hashes, evidence } of bom.components) {
    const full = group ? `${group}/${name}` : name
    assert.is(purl, `pkg:npm/${full.replace('@', '%40')}@${version}`)
    const places = Object.keys(lock).filter((place) => place.endsWith(`node_modules/${full}`))
    const place = places.find((path) => lock[path].version === version) ?? ''
    assert.ok(place, `${full} ${version} is in the lock file`)
    const digest = Buffer.from(hashes[0].content, 'hex').toString('base64')
    assert.is(lock[place].integrity, `sha512-${digest}`)
    for (const { location } of evidence.occurrences) assert.ok(statSync(join(installed.folder, location)))
    known.add(full)
  }
  // What a package asks to go along, under its name.
  const licences = read('licences.txt')
    .split(/^## /m)
    .slice(1)
    .map((notice) => [/^\S+ \S+/.exec(notice)?.[0], /copyright|permission is hereby granted/i.test(notice)])
  assert.equal(
    licences,
    bom.components.map(({ group, name, version }) => [`${group ? `${group}/` : ''}${name} ${version}`, true]),
  )
  const { purl: self } = bom.metadata.component
  assert.equal(bom.dependencies, [{ ref: self, dependsOn: bom.components.map(({ purl }) => purl) }])
  // Of each of these the command has words that nothing else has.
  const command = packed()
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => read(file))
    .join('\n')
  for (const [name, words] of Object.entries(OF_COPIES)) {
    assert.ok(command.includes(words), `${name} says ${words}`)
    assert.ok(known.has(name), name)
  }
  // It imports nothing else, but what ts-mls may do without: other cipher suites.
  const tsMls = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'ts-mls', 'package.json'), 'utf8'))
  const optional = Object.keys(tsMls.peerDependenciesMeta)
  const imported = packed()
    .filter((file) => /^bin\/.*\.mjs$/.test(file))
    .flatMap(importsOf)
  assert.equal(
    imported.filter((name) => !optional.includes(name)),
    [],
  )
  assert.equal(
    bom.components
      .filter(({ evidence }) => evidence.occurrences.some((at) => !at.location.startsWith('bin/')))
      .map(({ name }) => name),
    ['sqlite', 'node-gyp-build'],
  )
})

withRegistry(test)('SQLite comes compiled, without anything that would be run when it is installed', () => {
  const folder = join(installed.folder, 'node_modules')
  const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('package.json'))
    .flatMap((file) => Object.keys(JSON.parse(readFileSync(join(folder, file), 'utf8')).scripts ?? {}))
  assert.equal(
    scripts.filter((name) => /^(pre|post)?install$/.test(name)),
    [],
  )
  const { DatabaseSync } = createRequire(join(installed.folder, 'package.json'))('@photostructure/sqlite')
  assert.equal({ ...new DatabaseSync(':memory:').prepare('select 1 as one').get() }, { one: 1 })
})

withRegistry(test)('the types need nothing but those of Node, and of what is declared', () => {
  const declarations = packed().filter((file) => file.endsWith('.d.ts'))
  const { dependencies } = JSON.parse(read('package.json'))
  assert.ok(declarations.length > 20)
  for (const file of declarations) {
    const code = read(file).replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, name = ''] of code.matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
      const [dependency = name] = /^(?:@[^/]+\/)?[^/]+/.exec(name) ?? []
      if (!isBuiltin(name) && !Object.hasOwn(dependencies, dependency))
        assert.match(name, /^\.\.?\/.*\.js$/, `${file} imports ${name}`)
    }
  }
})

withRegistry(test)('symbolon says what it is, and what it has', async ({ realm }) => {
  const version = await installed.run(['--version'], realm.env).input().ends(0)
  assert.is(version.stdout, `${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`)
  const help = await installed.run(['--help'], realm.env).input().ends(0)
  for (const name of TOOLS) assert.match(help.stdout, new RegExp(`^  ${name} +\\w`, 'm'))
  assertFits(help.stdout)
  assert.is((await installed.run(['help'], realm.env).input().ends(0)).stdout, help.stdout)
})

withRegistry(test)(
  'a command that there is not is wrong usage, and the nearest is named',
  async ({ realm }) => {
    const near = await installed.run(['recieve', 'bob'], realm.env).input().ends(2)
    assert.match(near.stderr, /error: there is no command recieve\n.*hint: did you mean receive\?\n$/)
    const far = await installed.run(['toString', '--help'], realm.env).input().ends(2)
    assert.match(far.stderr, /hint: symbolon --help lists the commands\n$/)
    assert.match((await installed.run([], realm.env).input().ends(2)).stderr, /error: COMMAND is missing\n/)
    assert.match(
      (await installed.run(['--verson'], realm.env).input().ends(2)).stderr,
      /did you mean --version\?/,
    )
  },
)

withRegistry(test)('every --help is that of the tool, by the name that it has here', async ({ realm }) => {
  const texts: Record<string, string> = JSON.parse(read('bin', 'help.json'))
  const kdc = /COMMAND[^\n]*:\n([\s\S]*?);/.exec(texts.kdc ?? '')?.[1]?.match(/\w+/g) ?? ([] as string[])
  assert.ok(kdc.includes('adduser') && kdc.length > 10)
  assert.equal(Object.keys(texts).sort(), [...TOOLS, ...kdc.map((name) => `kdc ${name}`)].sort())
  for (const [command, text] of Object.entries(texts)) {
    assert.match(text, new RegExp(`^usage: symbolon ${command} `))
    assert.not.match(text, /tsx|npm/)
    assertFits(text)
  }
  const asked = await Promise.all(
    [
      ['help', 'send'],
      ['send', 'alice', '--help'],
      ['kdc', '--help'],
      ['kdc', 'keytab', 'x', '-h'],
    ].map(async (args) => (await installed.run(args, realm.env).input().ends(0)).stdout),
  )
  assert.equal(asked, [texts.send, texts.send, texts.kdc, texts['kdc keytab']])
  // The sources say the same, but for how they are begun.
  const { stdout } = await startTool('src/sender.ts', ['--help'], realm.env).input().ends(0)
  assert.is(stdout.replaceAll('npx tsx src/sender.ts', 'symbolon send'), texts.send)
})

function assertFits(text: string): void {
  const lines = text.trimEnd().split('\n')
  assert.ok(lines.length <= 24, text)
  for (const line of lines) assert.ok(line.length <= 80, line)
}

withRegistry(test)('a KDC, a receiver and a sender, all installed', async ({ realm, running }) => {
  const data = ['--data', join(realm.home, 'kdc')]
  const run = (...args: string[]) => installed.run(args, realm.env)
  const password = ['--password-file', realm.passwordFile]
  await Promise.all(
    ['alice', 'bob'].map((name) =>
      run('kdc', 'adduser', name, ...password, ...data)
        .input()
        .ends(0),
    ),
  )
  const kdc = run('kdc', '--port', '0', ...data).input()
  running.push(kdc)
  realm.url = await kdc.says('stderr', /listening on (\S+)/)
  const tool = (...args: string[]) => run(...args, '--kdc', realm.url, ...password).input()

  const receiver = tool('receive', 'bob')
  running.push(receiver)
  await receiver.says('stderr', /listening on/)
  assert.match((await tool('send', 'alice', 'bob', 'hi').ends(0)).stderr, /delivered to bob/)
  await receiver.says('stdout', /^alice: hi$/m)
  assert.is((await tool('users', 'alice', 'bob').ends(0)).stdout, 'bob: online\n')
  assert.is(await receiver.stop(), 0)

  // MLS, at the KDC's and at both sides'.
  assert.match((await tool('send', 'alice', 'bob', 'later').ends(0)).stderr, /stored for bob/)
  const again = tool('receive', 'bob')
  running.push(again)
  await again.says('stdout', /alice: later$/m)
  assert.is(await again.stop(), 0)

  const offline = await tool('send', 'alice', 'bob', 'now', '--no-store').ends(3)
  assert.match(offline.stderr, /hint: start its receiver: symbolon receive bob\n/)
})

withRegistry(test)("the KDC's worker threads are found", async ({ realm }) => {
  const body = JSON.stringify({ username: 'alice', password: PASSWORD })
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${realm.url}/login`, { method: 'POST', headers, body })
  assert.is(reply.status, 200, await reply.text())
})

withRegistry(test)('a sender loads nothing of Node that it has no use for', async ({ realm }) => {
  const [hook, list] = [join(realm.home, 'loaded.cjs'), join(realm.home, 'loaded.txt')]
  const write = `require('fs').writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join('\\n'))`
  writeFileSync(hook, `process.on('exit', () => ${write})`)
  const args = ['--kdc', realm.url, '--password-file', realm.passwordFile, '--no-store']
  const env = { ...realm.env, NODE_OPTIONS: `--require ${JSON.stringify(hook)}` }
  await installed
    .run(['send', 'alice', 'bob', 'hi', ...args], env)
    .input()
    .ends(3)
  const loaded = readFileSync(list, 'utf8').split('\n')
  assert.ok(loaded.includes('NativeModule crypto'))
  const needless = ['internal/deps/undici/undici', 'http2', 'tls', 'stream/web', 'sqlite', 'child_process']
  for (const name of needless) {
    assert.not.ok(loaded.includes(`NativeModule ${name}`), name)
  }
})

withModes(test)('what a tool compiles is kept, where no other user can write', async ({ realm }) => {
  const kept = join(realm.home, 'cache', 'symbolon', 'compiled', 'whoami')
  const run = () => installed.run(['whoami'], { ...realm.env, XDG_CACHE_HOME: join(realm.home, 'cache') })
  await run().input().ends(1)
  assert.is(readdirSync(kept).length > 0, CACHES_COMPILED)
  assert.is(statSync(kept).mode & 0o777, 0o700)
  const above = join(realm.home, 'cache')
  for (const open of [kept, dirname(kept), dirname(dirname(kept)), above]) {
    rmSync(kept, { recursive: true })
    mkdirSync(kept, { mode: 0o700 })
    chmodSync(open, 0o777)
    await run().input().ends(1)
    assert.equal(readdirSync(kept), [], open)
    chmodSync(open, 0o700)
  }
})

withRegistry(test)('the demo starts its tools', async ({ realm }) => {
  const demo = await installed.run(['demo', 'see you'], realm.env).input().ends(0)
  assert.match(demo.stdout, /bob's terminal shows: {2}alice: see you\n/)
})

/** A project that has the package installed. */
function project(realm: Realm): string {
  const folder = join(realm.home, 'project')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  // On Windows a junction needs no privilege.
  symlinkSync(installed.folder, join(folder, 'node_modules', 'symbolon'), 'junction')
  return folder
}

withRegistry(test)(
  'what is bundled for browsers takes the primitives that are JavaScript',
  async ({ realm }) => {
    const resolveDir = project(realm)
    const bundle = async (platform: 'browser' | 'node') => {
      const { metafile } = await build({
        stdin: { contents: "export { seal } from 'symbolon/protocol'", resolveDir },
        bundle: true,
        write: false,
        format: 'esm',
        metafile: true,
        platform,
        external: ['node:*'],
        logLevel: 'silent',
      })
      const inputs = Object.keys(metafile.inputs).map((file) => relative('.', file))
      return ['node', 'noble'].filter((name) => inputs.some((file) => file.endsWith(`primitives/${name}.js`)))
    }
    assert.equal(await bundle('browser'), ['noble'])
    assert.equal(await bundle('node'), ['node'])
  },
)

test.run()
