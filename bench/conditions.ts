/**
 * The machine and the programs, without which no figure means anything.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, type as system, totalmem } from 'node:os'

/** One line: when, on what, with what. */
export function conditions(): string {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const machine = `${cpu?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${memory}`
  const node = `Node ${process.version} (OpenSSL ${process.versions.openssl})`
  // What others do disturbs: figures of a busy machine are to be recognized.
  const load = `load ${loadavg()[0]?.toFixed(1)} before`
  return `${date}; ${machine}, ${load}; ${system()} ${release().split('-')[0]}; ${node}${commit()}`
}

/** Which state of the project: nothing where there is no git. */
function commit(): string {
  const { stdout, status } = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' })
  return status === 0 ? `; commit ${stdout.trim()}` : ''
}
