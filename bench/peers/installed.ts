/**
 * Which peers this machine has. What is missing is skipped, with a word on how to get it.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, temporaryDirectory } from '../processes.ts'

const FOLDER = join(ROOT, 'bench', 'peers')

/** A peer that cannot be measured, and what to do about it. */
export class Missing extends Error {}

/** Why a peer is left out, for the table: also one that is there and does not work. */
export function reasonOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return error instanceof Missing ? words : `a peer does not work here: ${words}`
}

/**
 * Compiles a C file of this folder into a directory that is gone at the end.
 *
 * @param file - from this folder: `limit.c`.
 * @param need - what to install where it does not compile.
 * @returns the program's path.
 * @throws Missing
 */
export function compiled(file: string, libraries: readonly string[], need: string): string {
  const program = join(temporaryDirectory(), 'program')
  const args = ['-O3', '-o', program, join(FOLDER, file), ...libraries.map((name) => `-l${name}`)]
  const { status } = spawnSync('cc', args, { stdio: 'ignore' })
  if (status !== 0) throw new Missing(`bench/peers/${file} does not compile here; it takes ${need}`)
  return program
}

/**
 * A package of bench/peers/package.json.
 *
 * @returns a file to require it from; nothing where it is not installed.
 */
export function peerPackage(name: string): string | undefined {
  const here = join(FOLDER, 'package.json')
  return existsSync(join(FOLDER, 'node_modules', name)) ? here : undefined
}

/** @throws Missing */
export function packageVersion(name: string): string {
  if (peerPackage(name) === undefined) {
    throw new Missing(`${name} is not installed: npm ci --prefix bench/peers`)
  }
  const manifest = readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
