/**
 * The types of one exercise, and of nothing else.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './catalogue.ts'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** @returns what does not fit, a line each. */
export async function typeErrors(config: string): Promise<string[]> {
  const child = spawn(process.execPath, [TSC, '-p', config, '--pretty', 'false'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = output.split(/\r?\n/).filter((line) => line !== '')
  return code !== 0 && lines.length === 0 ? ['the compiler could not be run.'] : lines
}
