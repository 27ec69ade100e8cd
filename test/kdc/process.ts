/** The KDC's command line as people use it: a process, its output, its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/kdc/main.ts', import.meta.url))

export interface KdcProcess {
  readonly child: ChildProcess
  /** Everything written so far. */
  readonly output: { stdout: string; stderr: string }
  /** Resolves with its exit status, or the signal that ended it. */
  readonly exit: Promise<number | string>
  /** Waits until stderr matches, and gives the first group. */
  said(pattern: RegExp): Promise<string>
  /** The URL it listens on, once it does. */
  url(): Promise<string>
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<number | string>
}

export function startKdc(args: string[], env: NodeJS.ProcessEnv = {}): KdcProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SYMBOLON_PASSWORD: undefined, ...env },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text
  })
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'lost'))
  })
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output.stderr)
        if (found) resolve(found[1] ?? found[0])
      }
      child.stderr.on('data', look)
      look()
      exit.then(() => reject(new Error(`the KDC stopped without saying ${pattern}:\n${output.stderr}`)))
    })
  const stop = () => {
    child.kill('SIGTERM')
    return exit
  }
  return { child, output, exit, said, stop, url: () => said(/^kdc: listening on (http:\/\/\S+)$/m) }
}

/** Runs a command to its end. */
export async function runKdc(args: string[], env: NodeJS.ProcessEnv = {}) {
  const kdc = startKdc(args, env)
  return { exit: await kdc.exit, ...kdc.output }
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
