/**
 * MIT krb5's KDC on loopback, with alice and bob, everything of it in a temporary directory; and a crowd that asks it.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuTime, start, temporaryDirectory } from '../../processes.ts'
import { compiled, Missing } from '../installed.ts'

const REALM = 'BENCH.TEST'
const WANTED = 'MIT krb5, its headers and a C compiler (Debian: krb5-kdc krb5-admin-server libkrb5-dev gcc)'
/** Debian keeps the KDC where a user's PATH does not lead. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`
/** How long a KDC has until it answers. */
const [TRIES, PAUSE_MS] = [50, 100]

/** How the KDC is set up. */
export interface RealmSettings {
  /**
   * No PAC in tickets, no lockout, no time of the last login kept, no log; SPAKE's challenge with the first refusal, which spares a
   * round trip. Else as it comes.
   */
  readonly fastest: boolean
  /** With SPAKE pre-authentication, in edwards25519 (RFC 9588); else encrypted timestamps (RFC 4120 §5.2.7.2). */
  readonly spake: boolean
}

/** What a crowd measured. */
export interface Asked {
  /** The KDC's processor time for one, microseconds. */
  readonly cpu: number
  readonly perSecond: number
  /** Microseconds until the answer. */
  readonly p50: number
  readonly p99: number
  /** The number of the pre-authentication (RFC 4120 §7.5.2): 2 is an encrypted timestamp, 151 is SPAKE. */
  readonly preauthentication: string
}

/** A KDC that runs. */
export interface Realm {
  readonly pid: number
  ask(what: 'ticket' | 'login', clients: number, count: number): Promise<Asked>
}

let program: string | undefined

/** @returns its release, as its libraries tell it. @throws Missing */
export function krb5Version(): string {
  if (spawnSync('krb5kdc', ['-V'], { env: { PATH } }).error)
    throw new Missing(`there is no krb5kdc; it takes ${WANTED}`)
  const { stdout } = spawnSync('krb5-config', ['--version'], { env: { PATH }, encoding: 'utf8' })
  return /release ([\d.]+)/.exec(stdout ?? '')?.[1] ?? 'of an unknown version'
}

/** @throws Missing */
export async function startRealm(settings: RealmSettings): Promise<Realm> {
  krb5Version()
  program ??= compiled('krb5/load.c', ['krb5', 'k5crypto', 'pthread'], WANTED)
  const load = program
  const directory = temporaryDirectory()
  const port = await freePort()
  const env = {
    PATH,
    KRB5_CONFIG: join(directory, 'krb5.conf'),
    KRB5_KDC_PROFILE: join(directory, 'kdc.conf'),
  }
  writeFileSync(env.KRB5_CONFIG, clientSettings(port, settings))
  writeFileSync(env.KRB5_KDC_PROFILE, kdcSettings(directory, port, settings))
  const keytab = makeDatabase(directory, env)
  const child = start('krb5kdc', ['-n'], { env, stdio: 'ignore' })
  const { pid = 0 } = child

  const ask: Realm['ask'] = async (what, clients, count) => {
    const args = [what, `${port}`, `FILE:${keytab}`, `${clients}`, `${count}`]
    const crowd = start(load, args, { env, stdio: 'pipe' })
    const closed = once(crowd, 'close')
    let [output, complaint] = ['', '']
    crowd.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    const ready = new Promise<void>((resolve, reject) => {
      crowd.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.startsWith('ready\n')) resolve()
      })
      closed.then(() => reject(new Error(`krb5kdc's clients stopped: ${complaint.trim()}`)))
    })
    await ready
    const before = cpuTime(pid)
    crowd.stdin?.end('go\n')
    const [status] = await closed
    if (status !== 0) throw new Error(`krb5kdc's clients stopped: ${complaint.trim()}`)
    const told = JSON.parse(output.slice('ready\n'.length)) as { seconds: number } & Asked
    return { ...told, cpu: (cpuTime(pid) - before) / count, perSecond: count / told.seconds }
  }
  await untilUp(ask)
  await checked(ask, settings)
  return { pid, ask }
}

/** It says nothing when it is ready. */
async function untilUp(ask: Realm['ask']): Promise<void> {
  for (let left = TRIES; left > 0; left--) {
    try {
      await ask('login', 1, 1)
      return
    } catch (error) {
      if (left === 1) throw error
      await sleep(PAUSE_MS)
    }
  }
}

/** That logins are what they are taken for. */
async function checked(ask: Realm['ask'], { spake }: RealmSettings): Promise<void> {
  const { preauthentication } = await ask('login', 1, 1)
  const expected = spake ? '151' : '2'
  if (preauthentication !== expected) {
    throw new Error(`krb5 pre-authenticated with ${preauthentication}, not with ${expected}`)
  }
}

function clientSettings(port: number, { spake }: RealmSettings): string {
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
${spake ? '  spake_preauth_groups = edwards25519\n' : ''}[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
${spake ? '    disable_encrypted_timestamp = true\n' : ''}  }
`
}

function kdcSettings(directory: string, port: number, { fastest, spake }: RealmSettings): string {
  const log = fastest ? '/dev/null' : join(directory, 'kdc.log')
  const challenge = fastest && spake ? '  spake_preauth_kdc_challenge = edwards25519\n' : ''
  return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
${challenge}[realms]
  ${REALM} = {
    database_module = db
    key_stash_file = ${join(directory, 'stash')}
    disable_pac = ${fastest}
  }
[dbmodules]
  db = {
    db_library = db2
    database_name = ${join(directory, 'principal')}
    disable_last_success = ${fastest}
    disable_lockout = ${fastest}
  }
[logging]
  kdc = FILE:${log}
`
}

/** @returns the keytab of alice and bob: no password is stretched in a benchmark of the KDC. */
function makeDatabase(directory: string, env: NodeJS.ProcessEnv): string {
  const keytab = join(directory, 'keytab')
  mkdirSync(directory, { recursive: true })
  const steps = [
    ['kdb5_util', 'create', '-s', '-r', REALM, '-P', 'the master key of a benchmark'],
    ['kadmin.local', '-r', REALM, '-q', 'addprinc +requires_preauth -randkey alice'],
    ['kadmin.local', '-r', REALM, '-q', 'addprinc +requires_preauth -randkey bob'],
    ['kadmin.local', '-r', REALM, '-q', `ktadd -norandkey -k ${keytab} alice bob`],
  ]
  for (const [command = '', ...args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8' })
    if (error) throw new Missing(`there is no ${command}; it takes ${WANTED}`)
    if (status !== 0) throw new Error(`${command}: ${stderr}`)
  }
  return keytab
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
