/** The package as people get it: built, packed, and installed as a global command in a folder of its own. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMPILED, Program } from './program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WINDOWS = process.platform === 'win32'

export class Installed {
  readonly place = mkdtempSync(join(tmpdir(), 'symbolon-installed-'))
  /** The folder of the package. */
  readonly folder = join(this.place, ...(WINDOWS ? [] : ['lib']), 'node_modules', 'symbolon')
  /** What npm said when it installed it. */
  readonly said: string
  /** What npm said when a registry was needed, and there was none. */
  readonly offline: string | undefined

  constructor() {
    process.once('exit', () => this.remove())
    const outcome = install(['--global', '--prefix', this.place], packed(this.place).file)
    this.said = outcome.said
    this.offline = outcome.offline
  }

  /** `symbolon` with these arguments. */
  run(args: readonly string[], env: NodeJS.ProcessEnv): Program {
    // Only a shell starts what npm makes on Windows, and it would read the arguments too.
    if (WINDOWS)
      return new Program(process.execPath, [join(this.folder, 'bin', 'symbolon.mjs'), ...args], env)
    // It finds Node in the path: the one that runs this.
    const PATH = [dirname(process.execPath), env.PATH].join(delimiter)
    return new Program(join(this.place, 'bin', 'symbolon'), [...args], { ...env, PATH })
  }

  remove(): void {
    rmSync(this.place, { recursive: true, force: true })
  }
}

/** A project of its own, empty but for the package, installed as a dependency. */
export class InstalledProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'symbolon-project-'))
  /** What was built. */
  readonly built: string
  /** The file that `npm pack` made. */
  readonly packed: string
  /** The folder of the package. */
  readonly package = join(this.folder, 'node_modules', 'symbolon')
  /** What npm said when a registry was needed, and there was none. */
  readonly offline: string | undefined

  constructor() {
    process.once('exit', () => this.remove())
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module", "private": true }')
    const { built, file } = packed(this.folder)
    this.built = built
    this.packed = file
    this.offline = install(['--prefix', this.folder], this.packed).offline
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface Packed {
  /** The folder of what was built. */
  readonly built: string
  readonly file: string
}

/** How often those who wait look whether it is packed. */
const LOOK_MS = 100

/** The package, built and packed: once in a run of the tests, and in this folder where there is no run. */
function packed(ownFolder: string): Packed {
  const ofTheRun = process.env[COMPILED]
  if (!ofTheRun) return pack(ownFolder)
  const [place, making] = [join(ofTheRun, 'packed'), join(ofTheRun, 'packing')]
  while (!existsSync(place)) {
    try {
      mkdirSync(making)
    } catch {
      // Another test file makes it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS)
      continue
    }
    try {
      if (existsSync(place)) break
      pack(making)
      renameSync(making, place)
    } finally {
      rmSync(making, { recursive: true, force: true })
    }
  }
  return packedIn(place)
}

/** Builds and packs. */
function pack(folder: string): Packed {
  const built = join(folder, 'package')
  run(process.execPath, ['--import', 'tsx', join('build', 'run.ts'), built])
  npm('pack', built, '--pack-destination', folder)
  return packedIn(folder)
}

function packedIn(folder: string): Packed {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.tgz')) ?? ''
  return { built: join(folder, 'package'), file: join(folder, name) }
}

function install(options: readonly string[], file: string): { said: string; offline?: string } {
  try {
    // As much as by default, also where npm itself runs this and is silent.
    const usual = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'notice']
    return { said: npm('install', ...options, ...usual, file) }
  } catch (error) {
    const { message } = error as Error
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(message)) throw error
    return { said: '', offline: message }
  }
}

function npm(...args: string[]): string {
  const cli = npmCli()
  if (cli) return run(process.execPath, [cli, ...args])
  return run('npm', args, { shell: WINDOWS })
}

/**
 * @returns what it says.
 * @throws Error with that, when it fails.
 */
function run(program: string, args: string[], options: { shell?: boolean } = {}): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', ...options })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
  return stdout + stderr
}

/** Where npm itself is, when it started us, or where it usually is beside Node. */
function npmCli(): string | undefined {
  const inPath = (process.env.PATH ?? '').split(delimiter)
  const beside = inPath.map((folder) => join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'))
  return [process.env.npm_execpath ?? '', ...beside].find((file) => file.endsWith('.js') && existsSync(file))
}
