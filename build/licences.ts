/**
 * The licences of the packages that are bundled, which ask to go with them.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

/** @param inputs - files that went into a bundle, relative to the project. */
export function licencesOf(inputs: readonly string[]): string {
  const packages = new Set(inputs.flatMap((input) => packageOf(input) ?? []))
  return [...packages].sort().map(notice).join('\n')
}

/** The folder of a package, in the innermost `node_modules`. */
function packageOf(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

function notice(folder: string): string {
  const path = join(ROOT, folder)
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const texts = readdirSync(path)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8').trim())
  return [`## ${name} ${version} (${license})`, ...texts, ''].join('\n\n')
}
