/**
 * The help of every tool, as the tool prints it.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { distFile, ROOT } from './paths.ts'

/** @returns by command, such as `send`, and `kdc adduser`. */
export async function helpTexts(): Promise<Record<string, string>> {
  const texts = commands().map(async (command) => [command, await helpText(...command.split(' '))] as const)
  return Object.fromEntries(await Promise.all(texts))
}

/** What is printed with `--help`. */
export async function helpText(...command: string[]): Promise<string> {
  const args = [distFile('bin', 'symbolon.mjs'), ...command, '--help']
  return (await promisify(execFile)(process.execPath, args)).stdout
}

/** As they stand in the sources: what dispatches has no list that could be asked for. */
function commands(): string[] {
  const names = (file: string, pattern: RegExp) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(([, name = '']) => name)
  const tools = names('src/symbolon.ts', /^ {2}(\w+): '/gm)
  const ofKdc = names('src/kdc/main.ts', /^ {2}\['(\w+)', async/gm)
  return [...tools, ...ofKdc.map((name) => `kdc ${name}`)]
}
