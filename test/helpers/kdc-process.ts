/** The KDC's command line as people use it. */

import { temporaryDirectory } from './kdc.ts'
import { keepingCompiled, nodeArguments, Program } from './program.ts'

// Not those of the user who runs the tests: their master key is for their KDC.
const settings = temporaryDirectory()
process.on('exit', () => settings.remove())

/** The KDC as a process. */
export class KdcProcess extends Program {
  /** The URL it listens on, once it does. */
  url(): Promise<string> {
    return this.says('stderr', /^kdc: listening on (http:\/\/\S+)$/m)
  }
}

export function startKdc(args: string[], env: NodeJS.ProcessEnv = {}): KdcProcess {
  const kdc = 'src/kdc/main.ts'
  const all = { ...process.env, XDG_CONFIG_HOME: settings.path, SYMBOLON_PASSWORD: undefined, ...env }
  return new KdcProcess(process.execPath, [...nodeArguments(kdc), ...args], keepingCompiled(kdc, all)).input()
}

/** Runs a command to its end. */
export async function runKdc(args: string[], env: NodeJS.ProcessEnv = {}) {
  const kdc = startKdc(args, env)
  const exit = await kdc.exit
  return { exit, stdout: kdc.stdout, stderr: kdc.stderr }
}

/** POSTs JSON, and gives what came back. */
export async function post(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  return { status: response.status, json: (await response.json()) as any }
}
