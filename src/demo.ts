/**
 * Shows the whole protocol with nothing set up: `npm run demo`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArguments } from './cli/arguments.ts'
import { tell } from './cli/demo-story.ts'
import { ToolError } from './cli/errors.ts'
import { commandOf, type ToolName } from './cli/installed.ts'
import { startTool, type Tool } from './cli/start-tool.ts'
import { stopSignal } from './cli/stop.ts'
import { HELP_HELP, optionLines } from './cli/terminal/help.ts'
import { print, styled } from './cli/terminal/terminal.ts'
import { runTool } from './cli/tool.ts'

const HELP = `usage: ${commandOf('demo')} [MESSAGE] [options]

Starts a KDC with accounts for alice and bob, bob's receiver and alice's sender,
each a process of its own, and shows the five messages of the protocol as they
happen. It ends by itself and leaves nothing behind.

${optionLines(HELP_HELP)}

example: ${commandOf('demo')} "see you at eight"
`

runTool('demo', async (argv) => {
  const { positionals } = parseArguments(argv, { help: HELP, options: {}, positionals: ['[MESSAGE]'] })
  const message = positionals[0] ?? 'hi'
  const home = mkdtempSync(join(tmpdir(), 'symbolon-demo-'))
  const tools: Tool[] = []
  // Everything that the tools would write lands in `home`, whoever runs this.
  const start = (name: ToolName, args: string[]) => {
    const env = {
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_STATE_HOME: join(home, 'state'),
      SYMBOLON_PASSWORD: undefined,
      SYMBOLON_KDC: undefined,
    }
    const tool = startTool(name, args, env)
    tools.push(tool)
    return tool
  }
  // However this ends, also when whoever reads it has seen enough (`| head`).
  process.on('exit', () => {
    for (const tool of tools) tool.kill()
    rmSync(home, { recursive: true, force: true })
  })
  try {
    await Promise.race([play(message, join(home, 'kdc'), start), stopped()])
  } finally {
    await Promise.all(tools.map((tool) => tool.stop()))
  }
})

async function stopped(): Promise<never> {
  await stopSignal()
  throw new ToolError('stopped')
}

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
  const printed = firstLine(receiver)
  await print(`   bob has logged in and listens at ${await receiver.said(/listening on (\S+)/)}\n`)

  const sender = start('send', ['alice', 'bob', '--kdc', url, '--json', '--trace', '--', message])
  for await (const line of createInterface({ input: sender.stdout })) {
    const event = JSON.parse(line)
    for (const told of tell(event)) await print(told)
  }
  if ((await sender.exit) !== 0) throw new ToolError('alice could not deliver her message')
  await print(`\n   bob's terminal shows:  ${await printed}`)
  await print(
    styled(
      'dim',
      '\n   Nobody who listened could read it, not even the KDC.\n   docs/protocol.md explains every byte.',
      process.stdout,
    ),
  )
}

function firstLine(tool: Tool): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: tool.stdout }).once('line', resolve)
  })
}
