/**
 * Groups: `tsx src/group.ts alice create friends`.
 */
import { parseArguments } from './cli/arguments.ts'
import { ToolError, UsageError } from './cli/errors.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { follow } from './cli/follow.ts'
import { groupTable } from './cli/group-table.ts'
import { optionLines } from './cli/help.ts'
import { Mail } from './cli/mail.ts'
import { SAVE_OPTIONS, type Saving, savingFrom } from './cli/save-files.ts'
import { closeFiles, FILE_OPTION, openFiles, sendFiles } from './cli/send-files.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { readStdin } from './cli/stdin.ts'
import { stopping } from './cli/stop.ts'
import { mustBeStored, showAll, showNew } from './cli/stored.ts'
import { print } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import type { Outgoing } from './files/outgoing.ts'
import { fromUtf8, utf8 } from './lib/bytes.ts'
import type { Session } from './lib/client.ts'
import { ProtocolError } from './lib/errors.ts'
import type { Conversation, Mailbox } from './lib/mls/mailbox.ts'
import { MAX_BODY_BYTES } from './lib/mls/payload.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: npx tsx src/group.ts NAME COMMAND [GROUP] [...] [options]

  create | destroy GROUP  NAME is its admin, who adds and removes
  add GROUP USER...       they see nothing from before
  remove GROUP USER...    they see nothing from then on
  leave | rejoin GROUP    not for the admin; when it is broken
  list | members GROUP    the groups that NAME is in; who is in one
  send GROUP [MESSAGE|-]  "-" for standard input; --file PATH... sends files
  read GROUP|--with USER  what is new; --all everything, --follow stays;
                          --output DIR saves files, up to --max-file 100MB

${optionLines(...LOGIN_HELP, ...OUTPUT_HELP)}

exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: npx tsx src/group.ts alice send friends "hi, all"
`

const OPTIONS = {
  follow: { type: 'boolean' },
  all: { type: 'boolean' },
  with: { type: 'string' },
  ...FILE_OPTION,
  ...SAVE_OPTIONS,
} as const

/** What a command works with. */
interface Tools {
  readonly session: Session
  readonly mail: Mail
  readonly output: Output
}

type Run = (tools: Tools) => Promise<void>

interface Values {
  readonly follow?: boolean | undefined
  readonly all?: boolean | undefined
  readonly with?: string | undefined
  readonly file?: readonly string[] | undefined
  readonly output?: string | undefined
  readonly 'max-file'?: string | undefined
}

interface Command {
  /** What it takes, after its name, and which options. */
  readonly takes: string
  readonly options?: readonly (keyof Values)[]
  /** Judges the command line, before the login, and gives what is to be done. */
  readonly prepare: (args: readonly string[], values: Values) => Run | Promise<Run>
}

const COMMANDS = new Map<string, Command>([
  ['create', { takes: 'GROUP', prepare: ([group]) => create(nameOf(group)) }],
  ['add', { takes: 'GROUP USER...', prepare: ([group, ...users]) => add(nameOf(group), namesOf(users)) }],
  [
    'remove',
    { takes: 'GROUP USER...', prepare: ([group, ...users]) => remove(nameOf(group), namesOf(users)) },
  ],
  ['leave', { takes: 'GROUP', prepare: ([group]) => leave(nameOf(group)) }],
  ['destroy', { takes: 'GROUP', prepare: ([group]) => destroy(nameOf(group)) }],
  ['list', { takes: '', prepare: () => list }],
  ['members', { takes: 'GROUP', prepare: ([group]) => members(nameOf(group)) }],
  ['send', { takes: 'GROUP [MESSAGE]', options: ['file'], prepare: prepareSend }],
  [
    'read',
    {
      takes: '[GROUP]',
      options: ['follow', 'all', 'with', 'output', 'max-file'],
      prepare: prepareRead,
    },
  ],
  ['rejoin', { takes: 'GROUP', prepare: ([group]) => rejoin(nameOf(group)) }],
])

runTool('group', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME', 'COMMAND', '[MORE...]'],
    options: { ...OPTIONS, ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  })
  const [name = '', word = '', ...args] = positionals
  const command = COMMANDS.get(word)
  if (!command) {
    throw new UsageError(`there is no command ${word}`, `the commands are ${[...COMMANDS.keys()].join(', ')}`)
  }
  const username = parseUsername(name)
  judge(word, command, args, values)
  const run = await command.prepare(args, values)
  const output = makeOutput('group', values)
  const { session } = await loginFrom(username, values, output)
  try {
    const mail = await Mail.open(session, output)
    try {
      await run({ session, mail, output })
    } finally {
      await mail.close()
    }
  } finally {
    await session.logout().catch(() => {})
  }
})

/** @throws UsageError for too few arguments, too many, or options of another command. */
function judge(
  word: string,
  { takes, options = [] }: Command,
  args: readonly string[],
  values: Values,
): void {
  const usage = `usage: npx tsx src/group.ts NAME ${word} ${takes}`.trimEnd()
  const names = takes.split(' ').filter((name) => name !== '')
  const missing = names.filter((name) => !name.startsWith('['))[args.length]
  if (missing !== undefined) throw new UsageError(`${missing.replace('...', '')} is missing`, usage)
  if (args.length > names.length && !takes.endsWith('...')) {
    const hint = takes.endsWith('[MESSAGE]') ? 'quote a message of several words' : usage
    throw new UsageError(`too many arguments, beginning with '${args[names.length]}'`, hint)
  }
  for (const option of Object.keys(OPTIONS) as (keyof Values)[]) {
    if (values[option] !== undefined && !options.includes(option)) {
      throw new UsageError(`--${option} does not go with ${word}`, '--help tells what it is for')
    }
  }
}

function nameOf(text = ''): string {
  return parseUsername(text)
}

function namesOf(texts: readonly string[]): string[] {
  return [...new Set(texts.map(parseUsername))]
}

/** Does something with the mailbox, when it has heard all that happened. */
function withMailbox<T>(mail: Mail, work: (mailbox: Mailbox) => Promise<T> | T): Promise<T> {
  return mail.use(async (mailbox) => {
    await mailbox.sync()
    return work(mailbox)
  })
}

/** The same with a group, naming it when there is none. */
async function withGroup<T>(
  mail: Mail,
  group: string,
  work: (mailbox: Mailbox) => Promise<T> | T,
): Promise<T> {
  try {
    return await withMailbox(mail, work)
  } catch (error) {
    if (!(error instanceof ProtocolError && error.code === 'group_unknown')) throw error
    throw new ProtocolError('group_unknown', `there is no group ${group}, or ${mail.username} is not in it`)
  }
}

function create(group: string): Run {
  return async ({ mail, output }) => {
    await withMailbox(mail, (mailbox) => mailbox.createGroup(group)).catch((error: unknown) => {
      if (!(error instanceof ProtocolError && error.code === 'group_exists')) throw error
      throw new ProtocolError('group_exists', `there is a group ${group} already`)
    })
    const admin = mail.username
    output.event('group_created', { group, admin }, `made the group ${group}; ${admin} is its admin`)
  }
}

function add(group: string, asked: readonly string[]): Run {
  return async ({ mail, output }) => {
    const usernames = await withGroup(mail, group, async (mailbox) => {
      const before = mailbox.members(group)
      const news = asked.filter((username) => !before.includes(username))
      await mailbox.add(group, asked)
      return news
    })
    const old = asked.filter((username) => !usernames.includes(username))
    const words = [
      ...(usernames.length > 0 ? [`added ${usernames.join(', ')} to ${group}`] : []),
      ...old.map((username) => `${username} is in ${group} already`),
    ]
    output.event('members_added', { group, usernames }, words.join('; '))
  }
}

function remove(group: string, usernames: readonly string[]): Run {
  return async ({ mail, output }) => {
    await withGroup(mail, group, async (mailbox) => {
      const present = mailbox.members(group)
      const stranger = usernames.find((username) => !present.includes(username))
      if (stranger !== undefined) {
        const hint = `it has ${present.join(', ')}`
        throw new ToolError(`${stranger} is not in ${group}: nobody was removed`, { hint })
      }
      await mailbox.remove(group, usernames)
    })
    output.event('members_removed', { group, usernames }, `removed ${usernames.join(', ')} from ${group}`)
  }
}

function leave(group: string): Run {
  return async ({ mail, output }) => {
    await withGroup(mail, group, (mailbox) => mailbox.leave(group))
    output.event('left', { group }, `left ${group}`)
  }
}

function destroy(group: string): Run {
  return async ({ mail, output }) => {
    await withGroup(mail, group, (mailbox) => mailbox.destroy(group))
    output.event('destroyed', { group }, `destroyed ${group}`)
  }
}

function rejoin(group: string): Run {
  return async ({ mail, output }) => {
    await withGroup(mail, group, (mailbox) => mailbox.rejoin({ group }))
    output.event('rejoined', { group }, `back in ${group}`)
  }
}

async function list({ mail, output }: Tools): Promise<void> {
  const groups = await withMailbox(mail, (mailbox) => {
    return mailbox.groups().flatMap((info) => {
      const { name: group, admin, members, status, reason } = info
      if (group === undefined) return []
      const count = mailbox.countUnread({ group })
      // One that is over is of interest as long as something of it has not been read.
      if (status !== 'active' && status !== 'broken' && count === 0) return []
      return [{ group, admin, members, status, reason, unread: count }]
    })
  })
  for (const group of groups) output.event('group', group)
  if (output.json) return
  if (groups.length === 0) output.event('none', {}, `${mail.username} is in no group`)
  else for (const line of groupTable(groups)) await print(line)
}

function members(group: string): Run {
  return async ({ mail, output }) => {
    const info = await withGroup(mail, group, (mailbox) => {
      const { admin } =
        mailbox.groups().find(({ name, status }) => name === group && status === 'active') ?? {}
      return { admin, usernames: mailbox.members(group) }
    })
    for (const username of info.usernames) {
      const isAdmin = username === info.admin
      output.event('member', { group, username, admin: isAdmin })
      if (!output.json) await print(isAdmin ? `${username} (admin)` : username)
    }
  }
}

async function prepareSend([name, words]: readonly string[], values: Values): Promise<Run> {
  const group = nameOf(name)
  const paths = values.file ?? []
  if (words === undefined && paths.length === 0) {
    throw new UsageError('there is no message', 'give it in quotes, - for standard input, or --file PATH')
  }
  const message = words === '-' ? await readStdin(MAX_BODY_BYTES) : words && utf8(words)
  if (message?.length === 0) throw new ToolError('the message is empty: nothing was sent')
  return send(group, message || undefined, await openFiles(paths))
}

function send(group: string, message: Uint8Array | undefined, files: readonly Outgoing[]): Run {
  return async ({ mail, output }) => {
    try {
      if (message) {
        const sent = await withGroup(mail, group, (mailbox) =>
          mailbox.send(group, message, isText(message) ? 'text' : 'bytes'),
        )
        mustBeStored(sent, output)
        output.event('stored', { group }, `sent to ${group}`)
      }
      if (files.length === 0) return
      // Said plainly, before the first file.
      await withGroup(mail, group, (mailbox) => mailbox.conversationId({ group }))
      await sendFiles(mail, output, { group }, files, stopping())
    } finally {
      await closeFiles(files)
    }
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    fromUtf8(bytes)
    return true
  } catch {
    return false
  }
}

async function prepareRead([group]: readonly string[], values: Values): Promise<Run> {
  if ((group === undefined) === (values.with === undefined)) {
    throw new UsageError(
      group === undefined ? 'GROUP is missing' : 'GROUP and --with do not go together',
      'read GROUP, or read --with USER for what was said with one other',
    )
  }
  const of = group === undefined ? { with: nameOf(values.with) } : { group: nameOf(group) }
  if (values.follow) {
    const signal = stopping()
    return read(of, values, await savingFrom(values, signal), signal)
  }
  // Without files to fetch there is nothing that Ctrl+C would leave half done.
  const saving = values.output === undefined ? undefined : stopping()
  return read(of, values, await savingFrom(values, saving ?? new AbortController().signal))
}

function read(of: Conversation, { all }: Values, saving: Saving | undefined, following?: AbortSignal): Run {
  const label = 'group' in of ? of.group : of.with
  return async ({ session, mail, output }) => {
    await withGroup(mail, label, (mailbox) => {
      // What was said in a group that is over, or that one was removed from, can still be read here.
      if ('group' in of) mailbox.members(of.group)
    })
    const showMore = () => showNew(mail, output, of, { saving, signal: following })
    const { count } = await (all ? showAll(mail, output, of, saving) : showMore())
    if (count === 0 && !following) {
      const where = 'group' in of ? `in ${label}` : `with ${label}`
      output.event('none', of, all ? `nothing is kept of what was said ${where}` : `nothing new ${where}`)
    }
    if (following) await follow({ session, mail, output, of, showMore, signal: following })
  }
}
