/**
 * OpenSSH on loopback: a server of our own on a free port, with a key for the user who measures, and the cipher that the channel has.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { said, start, temporaryDirectory } from '../processes.ts'
import { Missing } from './installed.ts'

const SSHD = '/usr/sbin/sshd'
const NEED = 'OpenSSH is not installed (Debian: openssh-server openssh-client)'
const CIPHER = 'chacha20-poly1305@openssh.com'

export interface SshServer {
  readonly version: string
  /** What `ssh` takes to reach it, before the host. */
  readonly options: readonly string[]
  /** What `scp` takes. */
  readonly copyOptions: readonly string[]
  readonly host: string
}

/** @throws Missing */
export async function startSshServer(): Promise<SshServer> {
  if (!existsSync(SSHD)) throw new Missing(NEED)
  const directory = temporaryDirectory()
  const at = (name: string) => join(directory, name)
  for (const name of ['host', 'user']) keyPair(at(name))
  const port = String(await freePort())
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    `PidFile ${at('pid')}`,
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
  ]
  writeFileSync(at('config'), `${lines.join('\n')}\n`)
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(at('host.pub'), 'utf8')}`)
  const server = start(SSHD, ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  await said(server, /listening on/).catch((error: Error) => {
    throw new Missing(`sshd: ${error.message}`)
  })
  const common = ['-F', 'none', '-i', at('user'), '-o', `UserKnownHostsFile=${at('known_hosts')}`]
  const options = [...common, '-o', 'BatchMode=yes', '-c', CIPHER]
  return {
    version: spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr.trim(),
    options: [...options, '-p', port],
    copyOptions: [...options, '-q', '-P', port],
    host: `${userInfo().username}@127.0.0.1`,
  }
}

function keyPair(file: string): void {
  const { status } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], {
    stdio: 'ignore',
  })
  if (status !== 0) throw new Missing(NEED)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
