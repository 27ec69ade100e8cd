/** A realm for tests of the tools: a KDC process with accounts, in a folder of its own, and everything started in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addAccount, openData } from '../../src/kdc/data.ts'
import { openStoredToken } from '../../src/kdc/keys/at-rest.ts'
import { loadMasterKeys } from '../../src/kdc/keys/master-keys.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { cleanEnvironment, type Program, startTool } from './program.ts'

/** The password of every principal in a test realm. */
export const PASSWORD = 'correct horse battery staple'

/** What a receiver says when it is reachable; why it is not may say `listening on` too. Gives its port. */
export const LISTENING = /^receiver: listening on \S+:(\d+)\n/m

export class Realm {
  readonly home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  readonly env = cleanEnvironment(this.home)
  readonly #programs: Program[] = []
  /** Whose sessions are kept. */
  readonly #kept = new Set<string>()
  readonly passwordFile = join(this.home, 'password')
  url = ''
  #kdc: Program | undefined
  #key = ''

  /** Starts a KDC with an account for each name. */
  static async start(...names: string[]): Promise<Realm> {
    const realm = new Realm()
    writeFileSync(realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
    await realm.addAccounts(names, 'kdc')
    await realm.startKdc('kdc')
    return realm
  }

  /** A tool, with the command line as it is. */
  run(file: string, ...args: string[]): Program {
    return this.runWith({}, file, ...args)
  }

  /** The same, with environment variables of its own. */
  runWith(env: NodeJS.ProcessEnv, file: string, ...args: string[]): Program {
    const program = startTool(file, args, { ...this.env, ...env })
    this.#programs.push(program)
    return program
  }

  /** A tool that logs in to this realm's KDC. */
  tool(name: string, ...args: string[]): Program {
    return this.toolWith({}, name, ...args)
  }

  /** The same, with environment variables of its own. */
  toolWith(env: NodeJS.ProcessEnv, name: string, ...args: string[]): Program {
    const isKept = !['login', 'receiver'].includes(name) && this.#kept.has(args[0] ?? '')
    const login = ['--kdc', this.url, ...(isKept ? [] : ['--password-file', this.passwordFile])]
    return this.runWith(env, `src/${name}.ts`, ...login, ...args)
  }

  /** A principal's receiver, once it listens. */
  async receiver(name: string, ...args: string[]): Promise<Program> {
    const receiver = this.tool('receiver', name, ...args).input()
    await receiver.says('stderr', LISTENING)
    return receiver
  }

  /** Makes accounts, as `kdc adduser` does. */
  async addAccounts(names: readonly string[], folder: string): Promise<void> {
    const data = await openData(join(this.home, folder))
    try {
      for (const name of names) await addAccount(data, name, PASSWORD)
    } finally {
      await data.store.close()
    }
  }

  /** Logs these in, so that their tools go on with a session that is kept: each then starts in two thirds of the time. */
  async keepSessions(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.tool('login', name).input().ends(0)))
    for (const name of names) this.#kept.add(name)
  }

  /** An invitation for a name. */
  async invite(name: string, folder: string): Promise<string> {
    const { stdout } = await this.run(
      'src/kdc/main.ts',
      'invite',
      name,
      '--data',
      join(this.home, folder),
    ).ends(0)
    return /^[^,\n]+,([\w-]{22}),/m.exec(stdout)?.[1] ?? ''
  }

  /** The tokens of the sessions that live at the KDC. */
  async tokens(folder: string): Promise<Secret[]> {
    const masterKeys = loadMasterKeys(join(this.home, 'config', 'symbolon', 'master.key'))
    const { store } = await openData(join(this.home, folder))
    const now = Math.floor(Date.now() / 1000)
    const cutoff = { now, idleSince: now - 3600 }
    const accounts = await store.accounts.list()
    const sessions = await Promise.all(accounts.map(({ username }) => store.sessions.list(username, cutoff)))
    await store.close()
    return sessions
      .flat()
      .map(({ sid, sealedToken }) => openStoredToken(masterKeys, sid, sealedToken) as Secret)
  }

  /** Starts a KDC on what `folder` holds. */
  async startKdc(folder: string, port = '0', ...options: string[]): Promise<Program> {
    const kdc = this.run('src/kdc/main.ts', '--port', port, '--data', join(this.home, folder), ...options)
    this.#kdc = kdc
    this.url = await kdc.says('stderr', /listening on (http:\S+)/)
    this.trust(this.url, await kdc.says('stderr', /its key is (\S+)/))
    return kdc
  }

  /** All tools of this realm take the KDC at this URL to be the one with this key: as it was said last, if not given. */
  trust(url: string, key: string = this.#key): void {
    this.#key = key
    const folder = join(this.home, 'config', 'symbolon')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, 'known_kdcs'), `${url} ${key}\n`, { mode: 0o600 })
  }

  /** Sets a principal's password, to the same: it ends the sessions. */
  async forget(name: string, folder: string): Promise<void> {
    const data = ['--data', join(this.home, folder), '--password-file', this.passwordFile]
    await this.run('src/kdc/main.ts', 'passwd', name, ...data).ends(0)
  }

  /** Ends the KDC that was started last. */
  async stopKdc(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#kdc?.stop(signal)
  }

  /** Everything that every program of this realm has written. */
  output(): string {
    return this.#programs.map(({ stdout, stderr }) => stdout + stderr).join('\n')
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop('SIGKILL')))
    rmSync(this.home, { recursive: true, force: true })
  }
}
