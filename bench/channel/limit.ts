/**
 * What the machine allows: a plain C sender and receiver with OpenSSL. See peers/limit.c.
 *
 * @module
 */
import { once } from 'node:events'
import { compiled } from '../peers/installed.ts'
import { start } from '../processes.ts'
import type { Outcome } from './pair.ts'
import { CHUNK_BYTES, type Task } from './tasks.ts'

/**
 * @returns what runs bulk, in records of 64 KiB.
 * @throws Missing
 */
export function limit(): (task: Task) => Promise<Outcome> {
  const program = compiled('limit.c', ['crypto'], 'a C compiler and OpenSSL (Debian: gcc libssl-dev)')
  return async (task) => {
    if (task.what !== 'bulk') throw new TypeError(`the limit is there for bulk, not for ${task.what}`)
    const child = start(program, [`${CHUNK_BYTES}`, `${task.bytes}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const [status] = await once(child, 'close')
    if (status !== 0) throw new Error(`limit: exit status ${status}`)
    const { seconds, sender, receiver } = JSON.parse(output) as Record<string, number>
    const [alice = Number.NaN, bob = Number.NaN] = [sender, receiver].map((value = Number.NaN) => value * 1e6)
    return { value: task.bytes / 1e6 / (seconds ?? Number.NaN), alice, bob }
  }
}
