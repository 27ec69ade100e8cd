/**
 * The types of one exercise, and of nothing else.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ToolError } from '../../src/cli/errors.ts'
import { ROOT } from './catalogue.ts'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/**
 * @returns what does not fit, a line each.
 * @throws ToolError where there is no compiler: the bundle does without.
 */
export async function typeErrors(config: string, compiler: string = TSC): Promise<string[]> {
  if (!existsSync(compiler)) {
    throw new ToolError('the compiler that judges types is not here', {
      hint: 'an editor that knows TypeScript shows the same',
    })
  }
  const child = spawn(process.execPath, [compiler, '-p', config, '--pretty', 'false'], {
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
