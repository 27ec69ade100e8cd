/** Runs another of the tools as a process of its own. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { ToolError } from './errors.ts'
import { argumentsFor, type ToolName } from './installed.ts'

/** A tool that runs. */
export interface Tool {
  readonly stdout: Readable
  /** Its exit status, or nothing when a signal ended it. */
  readonly exit: Promise<number | null>
  /** Waits until what it says on stderr matches, and gives the first group. */
  said(pattern: RegExp): Promise<string>
  /** Asks it to stop, as Ctrl+C does, and waits until it has. */
  stop(): Promise<void>
  /** Ends it at once: for when there is no time to wait. */
  kill(): void
}

/**
 * Starts a tool with the arguments, in the way that we were started: from sources, or installed.
 *
 * @param env - environment variables to change from ours; `undefined` takes one away.
 */
export function startTool(name: ToolName, args: string[], env: NodeJS.ProcessEnv): Tool {
  const child = spawn(process.execPath, [...argumentsFor(name), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let talk = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    talk += text
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    stdout: child.stdout,
    exit,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(talk)
          if (found) resolve(found[1] ?? found[0])
        }
        child.stderr.on('data', look)
        look()
        exit.then(() => reject(new ToolError(`${name} stopped:\n${talk.trim()}`)))
      }),
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}
