/** States in directories of their own, and other processes that use them. */

import { spawn } from 'node:child_process'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { secureRandomBytes } from '../../src/lib/crypto/random.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { temporaryDirectory } from './kdc.ts'
import { nodeArguments } from './program.ts'

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())
let places = 0

/** A path where there is nothing yet. */
export const newPlace = () => join(directory.path, `${places++}`, 'alice')

export const newExportKey = () => new Secret('export key', secureRandomBytes(64))

export const bytes = (text: string) => new Uint8Array(Buffer.from(text))
export const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString()

/** A new state with these values in it. */
export async function stateWith(values: Record<string, string> = {}) {
  const place = newPlace()
  const exportKey = newExportKey()
  const state = await ClientState.open(place, exportKey)
  await put(state, values)
  return { place, exportKey, state }
}

export const put = (state: ClientState, values: Record<string, string | null>) =>
  state.withState((store) =>
    store.write(
      new Map(Object.entries(values).map(([name, value]) => [name, value === null ? null : bytes(value)])),
    ),
  )

/** Everything in a state. */
export const all = (state: ClientState): Promise<Record<string, string | undefined>> =>
  state.withState(async (store) => {
    const entries: [string, string | undefined][] = []
    for (const name of await store.list('')) entries.push([name, text(await store.get(name))])
    return Object.fromEntries(entries)
  })

/** Everything in the state of a directory, opened with this key. */
export const allIn = async (place: string, exportKey: Secret) => all(await ClientState.open(place, exportKey))

/** The same files in another place. */
export function copyOf(place: string): string {
  const copy = newPlace()
  cpSync(place, copy, { recursive: true })
  return copy
}

/** Everything in the files of a directory. */
export const contentOf = (place: string): Buffer =>
  Buffer.concat(readdirSync(place).map((name) => readFileSync(join(place, name))))

/** Another process: test/helpers/programs/NAME.ts. */
export function startChild(name: string, ...args: string[]) {
  const script = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [...nodeArguments(script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    child,
    ended,
    next: async (): Promise<string | undefined> => (await lines.next()).value,
    /** What it still says. */
    rest: async (): Promise<string[]> => {
      const rest: string[] = []
      for (let line = await lines.next(); !line.done; line = await lines.next()) rest.push(line.value)
      return rest
    },
  }
}
