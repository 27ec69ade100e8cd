/**
 * Groups: `tsx src/group.ts alice create friends`.
 */
import { parseArguments } from './cli/arguments.ts'
import { ToolError, UsageError } from './cli/errors.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS, type Output } from './cli/events.ts'
import { HELP_HELP, optionLines } from './cli/help.ts'
import { Mail } from './cli/mail.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom } from './cli/session.ts'
import { readStdin } from './cli/stdin.ts'
import { stopSignal } from './cli/stop.ts'
import { mustBeStored, showNew } from './cli/stored.ts'
import { print, visible } from './cli/terminal.ts'
import { runTool } from './cli/tool.ts'
import { fromUtf8, utf8 } from './lib/bytes.ts'
import type { Mailbox } from './lib/mls/mailbox.ts'
import { MAX_BODY_BYTES } from './lib/mls/payload.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: npx tsx src/group.ts NAME COMMAND [GROUP] [...] [options]

  create GROUP             NAME is its admin
  add GROUP USER...        the admin only; they see nothing from before
  remove GROUP USER...     the admin only; they see nothing from then on
  leave GROUP              anybody but the admin
  destroy GROUP            the admin only
  list                     the groups that NAME is in
  members GROUP            who is in one
  send GROUP MESSAGE       or "-" for standard input
  read GROUP               what is new; --all everything, --follow stays

${optionLines(...LOGIN_HELP, ...OUTPUT_HELP, HELP_HELP)}

exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: npx tsx src/group.ts alice send friends "hi, all"
`

interface Given {
  readonly username: string
  readonly group: string
  readonly rest: readonly string[]
  readonly follow: boolean
  readonly all: boolean
}

type Command = (mailbox: Mailbox, given: Given, output: Output) => Promise<void>

const COMMANDS = new Map<string, Command>([
  ['create', create],
  ['add', (mailbox, given, output) => change('add', mailbox, given, output)],
  ['remove', (mailbox, given, output) => change('remove', mailbox, given, output)],
  ['leave', leave],
  ['destroy', destroy],
  ['list', list],
  ['members', members],
  ['send', send],
  ['read', read],
])

runTool('group', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME', 'COMMAND', '[GROUP]', '[MORE...]'],
    options: { follow: { type: 'boolean' }, all: { type: 'boolean' }, ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  })
  const [name = '', word = '', group = '', ...rest] = positionals
  const command = COMMANDS.get(word)
  if (!command) {
    throw new UsageError(`there is no command ${word}`, `the commands are ${[...COMMANDS.keys()].join(', ')}`)
  }
  const username = parseUsername(name)
  if (word !== 'list') parseUsername(group)
  const given = { username, group, rest, follow: values.follow === true, all: values.all === true }
  const output = makeOutput('group', values)
  const { session } = await loginFrom(username, values, output)
  const mail = await Mail.open(session, output)
  const ended = new AbortController()
  try {
    const run = () =>
      mail.use(async (mailbox) => {
        await mailbox.sync()
        await command(mailbox, given, output)
      })
    await run()
    if (word !== 'read' || !given.follow) return
    stopSignal().then(() => ended.abort())
    const again = () =>
      mail.use(async (mailbox) => {
        await mailbox.sync()
        await showNew(mailbox, output, (message) => message.group === given.group)
      })
    for await (const _ of mail.arrivals(ended.signal)) await again()
  } catch (error) {
    if (!ended.signal.aborted) throw error
  } finally {
    await mail.close()
    await session.logout().catch(() => {})
  }
})

async function create(mailbox: Mailbox, { group, username }: Given, output: Output): Promise<void> {
  await mailbox.createGroup(group)
  output.event(
    'group_created',
    { group, admin: username },
    `made the group ${group}; ${username} is its admin`,
  )
}

async function change(
  what: 'add' | 'remove',
  mailbox: Mailbox,
  { group, rest }: Given,
  output: Output,
): Promise<void> {
  if (rest.length === 0) throw new UsageError('USER is missing', `${what} GROUP USER...`)
  const usernames = rest.map(parseUsername)
  await mailbox[what](group, usernames)
  const done = what === 'add' ? 'added' : 'removed'
  output.event(`members_${done}`, { group, usernames }, `${done} ${usernames.join(', ')}`)
}

async function leave(mailbox: Mailbox, { group }: Given, output: Output): Promise<void> {
  await mailbox.leave(group)
  output.event('left', { group }, `left ${group}`)
}

async function destroy(mailbox: Mailbox, { group }: Given, output: Output): Promise<void> {
  await mailbox.destroy(group)
  output.event('group_destroyed', { group }, `destroyed ${group}`)
}

async function list(mailbox: Mailbox, _given: Given, output: Output): Promise<void> {
  for (const { name, admin, members, status } of mailbox.groups()) {
    if (name === undefined || status !== 'active') continue
    output.event('group', { group: name, admin, members })
    if (!output.json) await print(visible(`${name}  (${members.length}, admin ${admin})`))
  }
}

async function members(mailbox: Mailbox, { group }: Given, output: Output): Promise<void> {
  for (const username of mailbox.members(group)) {
    output.event('member', { group, username })
    if (!output.json) await print(visible(username))
  }
}

async function send(mailbox: Mailbox, { group, rest }: Given, output: Output): Promise<void> {
  const [words, ...more] = rest
  if (words === undefined)
    throw new UsageError('there is no message', 'give it in quotes, or - for standard input')
  if (more.length > 0) throw new UsageError('too many arguments', 'quote a message of several words')
  const message = words === '-' ? await readStdin(MAX_BODY_BYTES) : utf8(words)
  if (message.length === 0) throw new ToolError('the message is empty: nothing was sent')
  mustBeStored(await mailbox.send(group, message, isText(message) ? 'text' : 'bytes'), output)
  output.event('stored', { group }, `sent to ${group}`)
}

function isText(bytes: Uint8Array): boolean {
  try {
    fromUtf8(bytes)
    return true
  } catch {
    return false
  }
}

async function read(mailbox: Mailbox, { group, all }: Given, output: Output): Promise<void> {
  // What was said in a group that is over, or that one was removed from, can still be read here.
  if (!mailbox.groups().some(({ name }) => name === group)) mailbox.members(group)
  if (!all) {
    await showNew(mailbox, output, (message) => message.group === group)
    return
  }
  const messages = await mailbox.history({ group }, Number.POSITIVE_INFINITY)
  await mailbox.markShown(messages)
  for (const message of messages) await output.stored(message)
}
