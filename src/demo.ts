/** Shows the whole protocol with nothing set up: `npm run demo`. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { tell } from './cli/demo-story.ts'
import { ToolError } from './cli/errors.ts'
import { argumentsFor, type ToolName } from './cli/installed.ts'
import { stopSignal } from './cli/stop.ts'
import { print, styled } from './cli/terminal/terminal.ts'

clientTool('demo', {
  help: (command, options) => `usage: ${command} [MESSAGE] [options]

Starts a KDC with accounts for alice and bob, bob's receiver and alice's sender,
each a process of its own, and shows the five messages of the protocol as they
happen. It ends by itself and leaves nothing behind.

${options}

example: ${command} "see you at eight"
`,
  options: HELP_OPTION,
  positionals: ['[MESSAGE]'],
  async run({ positionals }) {
    const message = positionals[0] ?? 'hi'
    const home = mkdtempSync(join(tmpdir(), 'symbolon-demo-'))
    const tools: Tool[] = []
    // Everything that the tools would write lands in `home`, for every user.
    const start = (name: ToolName, args: string[]) => {
      const env = {
        XDG_CONFIG_HOME: join(home, 'config'),
        XDG_STATE_HOME: join(home, 'state'),
        XDG_CACHE_HOME: join(home, 'cache'),
        SYMBOLON_PASSWORD: undefined,
        SYMBOLON_KDC: undefined,
      }
      const tool = startTool(name, args, env)
      tools.push(tool)
      return tool
    }
    // However this ends, also when its output is read no further (`| head`).
    process.on('exit', () => {
      for (const tool of tools) tool.kill()
      rmSync(home, { recursive: true, force: true })
    })
    try {
      const stopped = stopSignal().then(() => Promise.reject(new ToolError('stopped')))
      await Promise.race([play(message, join(home, 'kdc'), start), stopped])
    } finally {
      await Promise.all(tools.map((tool) => tool.stop()))
    }
  },
})

async function play(
  message: string,
  data: string,
  start: (name: ToolName, args: string[]) => Tool,
): Promise<void> {
  await print('Symbolon: alice wants to tell bob something. Both trust one small server, the')
  await print('KDC, and neither has ever met the other.\n')

  const kdc = start('kdc', ['--demo', '--port', '0', '--data', data])
  const url = await kdc.said(/listening on (http:\S+)/)
  await print(`   the KDC listens at ${url}; it knows alice and bob`)
  const receiver = start('receive', ['bob', '--kdc', url])
  const printed = new Promise((resolve) => createInterface({ input: receiver.stdout }).once('line', resolve))
  await print(`   bob has logged in and listens at ${await receiver.said(/listening on (\S+)/)}\n`)

  const sender = start('send', ['alice', 'bob', '--kdc', url, '--json', '--trace', '--', message])
  for await (const line of createInterface({ input: sender.stdout })) {
    const event = JSON.parse(line)
    for (const told of tell(event)) await print(told)
  }
  if ((await sender.exit) !== 0) throw new ToolError('alice could not deliver her message')
  await print(`\n   bob's terminal shows:  ${await printed}`)
  const end =
    '\n   Nobody who listened could read it, not even the KDC.\n   docs/protocol.md explains every byte.'
  await print(styled('dim', end, process.stdout))
}

interface Tool {
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

/** @param env - variables to change from ours; `undefined` takes one away. */
function startTool(name: ToolName, args: string[], env: NodeJS.ProcessEnv): Tool {
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
