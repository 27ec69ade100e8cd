/** Groups: `tsx src/group.ts alice create friends`. */
import { judgeCount, nearest } from './cli/arguments.ts'
import { clientTool } from './cli/client-tool.ts'
import { UsageError } from './cli/errors.ts'
import { add, create, destroy, leave, rejoin, remove } from './cli/group/changes.ts'
import { conversationOf, type GroupCommand, type GroupValues } from './cli/group/command.ts'
import { list, members } from './cli/group/lists.ts'
import { prepareRead, prepareSend } from './cli/group/messages.ts'
import { commandOf } from './cli/installed.ts'
import { LOGIN_OPTIONS, nameOfKeytab, withSession } from './cli/login/login.ts'
import { DEFAULT_MAX } from './cli/mailbox/save-files.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { parseGroupName, parseUsername } from './lib/names.ts'

const OPTIONS = {
  follow: { type: 'boolean' },
  all: { type: 'boolean' },
  with: { type: 'string' },
  file: { type: 'string', multiple: true },
  output: { type: 'string' },
  'max-file': { type: 'string' },
} as const

interface Command {
  /** What it takes, after its name, and which options. */
  readonly takes: string
  readonly options?: readonly (keyof GroupValues)[]
  /** Judges the command line, before the login, and gives what is to be done. */
  readonly prepare: (args: readonly string[], values: GroupValues) => GroupCommand | Promise<GroupCommand>
}

const READ_OPTIONS = ['follow', 'all', 'with', 'output', 'max-file'] as const

const nameOf = (text = '') => parseGroupName(text)
const namesOf = (texts: readonly string[]) => [...new Set(texts.map(parseUsername))]

const prepareRejoin = ([group]: readonly string[], values: GroupValues) =>
  rejoin(conversationOf('rejoin', group, values.with))

const COMMANDS = new Map<string, Command>(
  Object.entries({
    create: { takes: 'GROUP', prepare: ([group]) => create(nameOf(group)) },
    add: { takes: 'GROUP USER...', prepare: ([group, ...users]) => add(nameOf(group), namesOf(users)) },
    remove: { takes: 'GROUP USER...', prepare: ([group, ...users]) => remove(nameOf(group), namesOf(users)) },
    leave: { takes: 'GROUP', prepare: ([group]) => leave(nameOf(group)) },
    destroy: { takes: 'GROUP', prepare: ([group]) => destroy(nameOf(group)) },
    list: { takes: '', prepare: () => list },
    members: { takes: 'GROUP', prepare: ([group]) => members(nameOf(group)) },
    send: { takes: 'GROUP [MESSAGE]', options: ['file'], prepare: prepareSend },
    read: { takes: '[GROUP]', options: READ_OPTIONS, prepare: prepareRead },
    rejoin: { takes: '[GROUP]', options: ['with'], prepare: prepareRejoin },
  } satisfies Record<string, Command>),
)

clientTool('group', {
  help: (command, options) => `usage: ${command} NAME COMMAND [GROUP] [...] [options]

  create | destroy GROUP  NAME is its admin, who adds and removes
  add GROUP USER...       they see nothing from before
  remove GROUP USER...    they see nothing from then on
  leave | rejoin GROUP    not for the admin; when it is broken (or --with USER)
  list | members GROUP    the groups that NAME is in; who is in one
  send GROUP [MESSAGE|-]  "-" for standard input; --file PATH... sends files
  read GROUP|--with USER  what is new; --all everything, --follow stays;
                          --output DIR saves files, up to --max-file ${DEFAULT_MAX}

${options}

exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: ${command} alice send friends "hi, all"
`,
  positionals: ['NAME', 'COMMAND', '[MORE...]'],
  implied: nameOfKeytab(([first = '']) => !COMMANDS.has(first)),
  options: { ...OPTIONS, ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  // NAME send GROUP
  greedy: { option: 'file', after: 3 },
  async run({ values, positionals, literals }) {
    const [name = '', word = '', ...args] = positionals
    const command = COMMANDS.get(word)
    if (!command) throw new UsageError(`there is no command ${word}`, hintForCommand(name, word))
    const username = parseUsername(name)
    judge(word, command, args, values)
    const run = await command.prepare(args, { ...values, literals })
    const output = makeOutput('group', values)
    await withSession(username, values, output, (session) =>
      run({ session, handle: session.mailbox, output }),
    )
  },
})

function usageOf(word: string, takes: string): string {
  return `usage: ${commandOf('group')} NAME ${word} ${takes}`.trimEnd()
}

function hintForCommand(name: string, word: string): string {
  // The command where the name should be: they were given the other way round.
  const turned = COMMANDS.get(name)
  if (turned) return usageOf(name, turned.takes)
  const words = [...COMMANDS.keys()]
  const near = nearest(word, words)
  return near ? `did you mean ${near}?` : `the commands are ${words.join(', ')}`
}

/** @throws UsageError for too few arguments, too many, or options of another command. */
function judge(
  word: string,
  { takes, options = [] }: Command,
  args: readonly string[],
  values: GroupValues,
): void {
  judgeCount(args, takes.split(' ').filter(Boolean), usageOf(word, takes))
  for (const option of Object.keys(OPTIONS) as (keyof GroupValues)[]) {
    if (values[option] !== undefined && !options.includes(option)) {
      throw new UsageError(`--${option} does not go with ${word}`, '--help tells what it is for')
    }
  }
}
