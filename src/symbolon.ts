#!/usr/bin/env node
/**
 * The installed command: `symbolon send alice bob "hi"`. Finds the tool, and lets it run with the rest of the line.
 *
 * Nothing is imported that not every command needs: to start is most of what a short command does.
 */
import { keepCompiled } from './cli/compile-cache.ts'
import { savedHelp, type ToolName, version } from './cli/installed.ts'
import { asksForHelp, optionLines } from './cli/terminal/help.ts'

const COMMANDS: Record<ToolName, string> = {
  kdc: 'the server that both trust; manages its accounts',
  send: 'a message, files, a conversation',
  receive: 'waits for messages and files',
  group: 'groups: messages and files for several',
  users: 'who can be reached now',
  login: 'once, for the commands that follow',
  logout: 'the end of that',
  whoami: 'who is logged in here',
  register: 'makes an account',
  passwd: 'another password',
  sessions: 'where one is logged in',
  doctor: 'what may be wrong here',
  completion: 'what a shell completes',
  demo: 'the whole protocol, with nothing set up',
}

const HELP = `usage: symbolon COMMAND [...]

Messages between people who trust one small server, end to end encrypted.

${optionLines(...Object.entries(COMMANDS))}

  symbolon COMMAND --help  what it takes; also: symbolon help COMMAND
  symbolon --version       which this is; every command knows it

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
  const help = asksForHelp(rest) ? savedHelp(word, rest[0]) : undefined
  if (help !== undefined) return write(help)
  // The tools take what comes after the program.
  process.argv.splice(2, process.argv.length, ...rest)
  // The demo leaves nothing behind.
  if (word !== 'demo') keepCompiled(word)
  // What is imported runs.
  if (word === 'kdc') await import('./kdc/main.ts')
  else await (await import('./client.ts')).CLIENT[word]()
}

function write(text: string): void {
  // Its reader may have seen enough.
  process.stdout.on('error', () => process.exit(1))
  process.stdout.write(text)
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
