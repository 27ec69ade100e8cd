/**
 * The exercises as one archive for a platform, for machines without a network: what the tools need of the project, the libraries that
 * this needs, and esbuild, which makes JavaScript of a student's TypeScript. Node is all that has to be there.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { build, version } from 'esbuild'
import { ToolError } from '../../src/cli/errors.ts'
import { allExercises, FOLDER, ROOT } from '../runner/catalogue.ts'
import { archive, type Entry, fileEntry } from './archive.ts'

export const PLATFORMS = [
  'win32-x64',
  'win32-arm64',
  'linux-x64',
  'linux-arm64',
  'darwin-x64',
  'darwin-arm64',
] as const
export type Platform = (typeof PLATFORMS)[number]

const NAME = 'symbolon-exercises'
/** What is left to find out, and what shows it. */
const LEFT_OUT = /(?:^|\/)(?:solution|mistakes|variants)\//
const TOOLS = [
  'run.ts',
  'grade.ts',
  'talk.ts',
  'classroom.ts',
  'classroom/grading-process.ts',
  'examiner/host.ts',
]
/** What is read there while it runs, and imported by nothing. */
const RUNTIME = ['esbuild', 'tsx']

/** @returns the archive's path. */
export async function makeBundle(folder: string, platform: Platform, solutions: boolean): Promise<string> {
  const binary = binaryOf(platform)
  try {
    const sources = await sourceFiles()
    const packages = new Set([...RUNTIME, ...sources.flatMap((file) => packageOf(file) ?? [])])
    const files = new Set([
      ...sources.filter((file) => packageOf(file) === undefined),
      ...['tsconfig.json', 'LICENSE', 'docs/protocol.md', 'docs/threat-model.md'],
      ...under('exercises').filter((file) => /^exercises\/(?:README\.md|\d\d-|starters\/)/.test(file)),
    ])
    const entries: Entry[] = [...files]
      .filter((file) => existsSync(join(ROOT, file)) && (solutions || !LEFT_OUT.test(file)))
      .map((file) => fileEntry(`${NAME}/${file}`, join(ROOT, file)))
    for (const name of packages) {
      // esbuild's own program is in the platform's package; here it would be that of this machine.
      const files = under(`node_modules/${name}`).filter(
        (file) => !/\.(?:map|d\.[cm]?ts)$|^node_modules\/esbuild\/(?:bin|install)/.test(file),
      )
      entries.push(...files.map((file) => fileEntry(`${NAME}/${file}`, join(ROOT, file))))
    }
    entries.push(
      ...filesBelow(binary.folder).map((file) =>
        fileEntry(
          `${NAME}/node_modules/@esbuild/${platform}/${file}`,
          join(binary.folder, file),
          /(?:^|\/)esbuild(?:\.exe)?$/.test(file),
        ),
      ),
      { path: `${NAME}/package.json`, content: Buffer.from(manifest()) },
      { path: `${NAME}/README.md`, content: Buffer.from(README) },
    )
    mkdirSync(folder, { recursive: true })
    const path = join(folder, `${NAME}-${platform}.tgz`)
    writeFileSync(path, archive(entries))
    return path
  } finally {
    binary.remove()
  }
}

const README = `# Exercises, without a network

You need Node 20.19 or newer, and nothing else: what is in this folder is all that there is.

\`\`\`
npm run exercise              the exercises, how far you are, and what is next
npm run exercise -- 04        puts exercise 04 into work/, and grades what you have written there
\`\`\`

Where there is no npm: \`node --import tsx exercises/run.ts 04\`. \`exercises/README.md\` tells the rest. Not here are the compiler that
judges types (\`--types\`) and, unless your instructor has put them in, the solutions.
`

function manifest(): string {
  const { name, version, license, type, engines, imports, scripts } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  )
  const { exercise, grade, classroom } = scripts
  const own = {
    name,
    version,
    license,
    private: true,
    type,
    engines,
    imports,
    scripts: { exercise, grade, classroom },
  }
  return `${JSON.stringify(own, null, 2)}\n`
}

/** All files that the tools, the graders and the library import, as paths in the project. */
async function sourceFiles(): Promise<string[]> {
  const graders = allExercises().map(({ folder }) => join(folder, 'grader.ts'))
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...TOOLS.map((file) => join(FOLDER, file)), ...graders, join(ROOT, 'src/lib/protocol.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    outdir: 'bundled',
    external: RUNTIME,
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

function packageOf(file: string): string | undefined {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
}

const under = (folder: string) => filesBelow(join(ROOT, folder)).map((file) => `${folder}/${file}`)

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.split(sep).join('/'))
    .sort()
}

interface Binary {
  readonly folder: string
  remove(): void
}

/**
 * esbuild's package for the platform: this one's is there; another's is fetched with npm.
 *
 * @throws ToolError when it cannot be had.
 */
function binaryOf(platform: Platform): Binary {
  const name = `@esbuild/${platform}`
  const here = join(ROOT, 'node_modules', name)
  if (existsSync(here)) return { folder: here, remove() {} }
  const npm = process.env.npm_execpath
  if (!npm)
    throw new ToolError(`${name} is not here`, { hint: 'npm fetches it: npm run classroom -- bundle' })
  const place = mkdtempSync(join(tmpdir(), 'symbolon-bundle-'))
  const args = [
    'install',
    '--prefix',
    place,
    '--no-save',
    '--force',
    '--ignore-scripts',
    `${name}@${version}`,
  ]
  const { status, stderr } = spawnSync(process.execPath, [npm, ...args], { encoding: 'utf8', cwd: place })
  const folder = join(place, 'node_modules', name)
  const remove = () => rmSync(place, { recursive: true, force: true })
  if (status === 0 && existsSync(folder)) return { folder, remove }
  remove()
  const lines = String(stderr).split('\n')
  throw new ToolError(
    `npm did not fetch ${name}: ${lines.find((line) => /error/i.test(line)) ?? 'no reason given'}`,
    {
      hint: 'this takes a network; only the bundle does without',
    },
  )
}
