#!/usr/bin/env node
/**
 * The installed command: `symbolon send alice bob "hi"`. Finds the tool, and lets it run with the rest of the line.
 *
 * Nothing is imported that not every command needs: to start is most of what a short command does.
 */
import { readFileSync } from 'node:fs'
import { asksForHelp, optionLines } from './cli/help.ts'
import type { ToolName } from './cli/installed.ts'

interface Command {
  readonly about: string
  /** Begins the tool, which reads what is left of the command line. */
  readonly run: () => Promise<unknown>
}

const COMMANDS: Record<ToolName, Command> = {
  kdc: { about: 'the server that both trust; manages its accounts', run: () => import('./kdc/main.ts') },
  send: { about: 'a message, files, a conversation', run: () => import('./sender.ts') },
  receive: { about: 'waits for messages and files', run: () => import('./receiver.ts') },
  group: { about: 'groups: messages and files for several', run: () => import('./group.ts') },
  users: { about: 'who can be reached now', run: () => import('./users.ts') },
  register: { about: 'makes an account', run: () => import('./register.ts') },
  passwd: { about: 'another password', run: () => import('./passwd.ts') },
  sessions: { about: 'where one is logged in', run: () => import('./sessions.ts') },
  demo: { about: 'the whole protocol, with nothing set up', run: () => import('./demo.ts') },
}

const HELP = `usage: symbolon COMMAND [...]

Messages between people who trust one small server, end to end encrypted.

${optionLines(...Object.entries(COMMANDS).map(([name, { about }]) => [name, about] as const))}

  symbolon COMMAND --help  what it takes; also: symbolon help COMMAND
  symbolon --version       which this is

exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: symbolon send alice bob "hi"
`

const isCommand = (word: string): word is ToolName => Object.hasOwn(COMMANDS, word)

await main(process.argv.slice(2))

async function main(argv: string[]): Promise<void> {
  const [word, ...rest] = argv
  if (word === 'help' && rest.length > 0) return main([...rest, '--help'])
  if (word === 'help' || word === '--help' || word === '-h') return write(HELP)
  if (word === '--version') return write(`${version()}\n`)
  if (word === undefined || !isCommand(word)) return refuse(word)
  const help = asksForHelp(rest) ? savedHelp(word, rest) : undefined
  if (help !== undefined) return write(help)
  // The tools take what comes after the program.
  process.argv.splice(2, process.argv.length, ...rest)
  await COMMANDS[word].run()
}

function write(text: string): void {
  // Whoever reads it may have seen enough.
  process.stdout.on('error', () => process.exit(1))
  process.stdout.write(text)
}

/** From package.json, which is beside `src` and `dist` alike. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** What this tool would print: the build has asked it, so that nobody waits for all that it imports. Sources have none. */
function savedHelp(tool: ToolName, [command = '']: readonly string[]): string | undefined {
  let texts: Record<string, string>
  try {
    texts = JSON.parse(readFileSync(new URL('./help.json', import.meta.url), 'utf8'))
  } catch {
    return undefined
  }
  const name = tool === 'kdc' && !command.startsWith('-') ? `${tool} ${command}` : tool
  return Object.hasOwn(texts, name) ? texts[name] : undefined
}

async function refuse(word: string | undefined): Promise<void> {
  const [{ runTool }, { UsageError }, { nearest }] = await Promise.all([
    import('./cli/tool.ts'),
    import('./cli/errors.ts'),
    import('./cli/arguments.ts'),
  ])
  runTool('symbolon', async () => {
    if (word === undefined) throw new UsageError('COMMAND is missing', 'symbolon --help lists the commands')
    const kind = word.startsWith('-') ? 'option' : 'command'
    const near = nearest(word, [...Object.keys(COMMANDS), 'help', '--help', '--version'])
    const hint = near ? `did you mean ${near}?` : 'symbolon --help lists the commands'
    throw new UsageError(`there is no ${kind} ${word}`, hint)
  })
}
