/** The commands about invitations: `kdc invite`, `invitations`, `uninvite`. */
import { parseInteger, parseToolArguments } from '../../cli/arguments.ts'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { count, timestamp } from '../../cli/terminal/format.ts'
import { print, talk, visible } from '../../cli/terminal/terminal.ts'
import { systemClock } from '../../lib/clock.ts'
import { parseUsername } from '../../lib/names.ts'
import { sealedByOthers } from '../keys/at-rest.ts'
import { type Invited, invite as makeInvitations } from '../logins/invite.ts'
import type { Store } from '../store/store.ts'
import {
  type CsvForm,
  columnIndex,
  formatCsv,
  PLAIN_FORM,
  parsePeople,
  readClassList,
  sameColumn,
} from './class-list.ts'
import { DATA_OPTION, printList, withData } from './data-option.ts'
import { MASTER_KEY_OPTION, masterKeysFrom } from './master-key.ts'

const MAX_DAYS = 365
const DAY_SEC = 24 * 60 * 60
/** All are stored in one transaction, which keeps a KDC that serves waiting: for these, a fraction of a second. */
const MAX_AT_ONCE = 10_000
const TOLD_PROBLEMS = 10

/** Who is to be invited, and what stands before each of them in the answer. */
interface Guests {
  readonly names: readonly (string | undefined)[]
  readonly columns: readonly string[]
  /** As many as there are names. */
  readonly rows: readonly (readonly string[])[]
  readonly form: CsvForm
}

const say = talk('kdc')

/** `kdc invite` */
export async function invite(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (_kdc, options) => `usage: ${commandOf('kdc', { silent: true })} invite NAME... [options]
       ${commandOf('kdc', { silent: true })} invite --csv FILE [--column COLUMN] [options]
       ${commandOf('kdc', { silent: true })} invite --anybody N [options]

Makes an invitation for each name, with which an account of that name can be
made, once. Prints CSV: username, invitation, expires. Invitations are secrets,
and shown this one time. A name that is invited again can use the new one
only; a name with an account gets none. The KDC may be running or not.

${options}

example: ${commandOf('kdc', { silent: true })} invite --csv class.csv > invitations.csv
`,
    options: {
      csv: {
        type: 'string',
        help: [
          'FILE',
          'invite everybody of a class list, whose columns are printed too; - reads standard input',
        ],
      },
      column: { type: 'string', help: ['COLUMN', 'the column with the usernames (default: username)'] },
      anybody: { type: 'string', help: ['N', 'make N invitations for accounts of any name'] },
      days: { type: 'string', default: '14', help: ['N', 'how long they are good for (default: 14)'] },
      force: { type: 'boolean', help: ['', "although the master key seems to be another than the KDC's"] },
      ...MASTER_KEY_OPTION,
      ...DATA_OPTION,
    },
    positionals: ['[NAME...]'],
  })
  const days = parseInteger('--days', values.days, 1, MAX_DAYS)
  const guests = await readGuests(values, positionals)
  const masterKeys = masterKeysFrom(values['master-key'])
  await withData(values.data, { create: true }, async ({ store }) => {
    const now = systemClock()
    const expiresAt = now + days * DAY_SEC
    const open = new Set((await store.invitations.list(now)).map(({ username }) => username))
    // Under another master key the invitations would be of no use.
    if (!values.force && (await sealedByOthers(store, masterKeys, now))) {
      throw new ToolError('this master key has sealed nothing of what this KDC has in use', {
        hint: "name the KDC's with --master-key; if it is the right one, and new, --force",
      })
    }
    const invited = await makeInvitations({ store, masterKeys }, guests.names, expiresAt)
    const csv = toCsv(guests, invited, timestamp(expiresAt))
    // Without its last line feed, which `print` gives it.
    const text = csv.slice(0, -1)
    await print(process.stdout.isTTY ? text.split('\n').map(visible).join('\n') : text)
    tell(invited, open, days)
  })
}

async function readGuests(
  { csv, column, anybody }: { readonly [option in 'csv' | 'column' | 'anybody']?: string | undefined },
  positionals: string[],
): Promise<Guests> {
  const ways = [positionals.length > 0, csv !== undefined, anybody !== undefined].filter(Boolean).length
  if (ways !== 1) {
    const message = ways === 0 ? 'nobody is invited' : 'names, --csv and --anybody do not go together'
    throw new UsageError(message, 'give one of: NAME..., --csv FILE, --anybody N')
  }
  if (column !== undefined && csv === undefined) {
    throw new UsageError('--column: --csv is missing', '--column is about the class list of --csv')
  }
  const guests =
    csv !== undefined
      ? await fromClassList(csv, column ?? 'username')
      : fromNames(
          anybody === undefined
            ? judgeNames(positionals.map((text, i) => ({ where: `name ${i + 1}`, text })))
            : Array<undefined>(parseInteger('--anybody', anybody, 1, MAX_AT_ONCE)).fill(undefined),
        )
  if (guests.names.length > MAX_AT_ONCE) {
    throw new ToolError(`more than ${MAX_AT_ONCE} at once`, { hint: 'split the list' })
  }
  return guests
}

function fromNames(names: readonly (string | undefined)[]): Guests {
  return { names, columns: ['username'], rows: names.map((name = '') => [name]), form: PLAIN_FORM }
}

async function fromClassList(file: string, column: string): Promise<Guests> {
  const list = await readClassList(file)
  const index = columnIndex(list, column)
  const { people, others } = parsePeople(list, index)
  tellSome(others.map(({ line, why }) => `line ${line} is left out: ${why}`))
  if (people.length === 0) {
    throw new ToolError(`nobody was invited: no row of ${list.name} has a name in the column ${column}`, {
      hint: '--column names another',
    })
  }
  const names = judgeNames(
    people.map(({ line, fields }) => ({ where: `line ${line}`, text: fields[index] ?? '' })),
  )
  // The list's own column of that name will do: two would only be mistaken for each other.
  const added = sameColumn(column, 'username') ? [] : ['username']
  const taken = [...added, 'invitation', 'expires'].find((own) =>
    list.columns.some((column) => sameColumn(column, own)),
  )
  if (taken) {
    throw new ToolError(`${list.name} has a column ${taken} already`, {
      hint: 'take it out, or rename it: the answer has one of its own',
    })
  }
  return {
    names,
    columns: [...list.columns, ...added],
    rows: people.map(({ fields }, i) => [...fields, ...added.map(() => names[i] ?? '')]),
    form: list.form,
  }
}

/** @throws ToolError when one of them is no username, or there twice; stderr has which, and where. */
function judgeNames(entries: readonly { readonly where: string; readonly text: string }[]): string[] {
  const seen = new Map<string, string>()
  const problems: string[] = []
  for (const { where, text } of entries) {
    const name = usernameIn(text)
    const before = name && seen.get(name)
    if (name === undefined)
      problems.push(`${where}: ${text.trim() === '' ? 'no name' : `no username: ${text}`}`)
    else if (before) problems.push(`${where}: ${name} again, who is in ${before}`)
    else seen.set(name, where)
  }
  if (problems.length === 0) return [...seen.keys()]
  tellSome(problems)
  throw new ToolError(`nobody was invited, because of ${count(problems.length, 'bad name')}`, {
    hint: hintFor(entries.map(({ text }) => text.trim()).filter((text) => usernameIn(text) === undefined)),
  })
}

function tellSome(lines: readonly string[]): void {
  for (const line of lines.slice(0, TOLD_PROBLEMS)) say(visible(line))
  if (lines.length > TOLD_PROBLEMS) say(`and ${lines.length - TOLD_PROBLEMS} more`)
}

/** What to do about names that are none. */
function hintFor(bad: readonly string[]): string {
  const grammar = 'a username is 1 to 64 of a-z 0-9 _ . - and begins with a letter, a digit or _'
  if (bad.some((text) => text.includes('@'))) {
    return `${grammar}: an e-mail address is none, but what stands before its @ may be, in a column that --column names`
  }
  if (bad.some((text) => /\s/.test(text))) {
    return `${grammar}: the name of a person is none; --column names the column with the usernames`
  }
  return grammar
}

function usernameIn(text: string): string | undefined {
  try {
    return parseUsername(text.trim())
  } catch {
    return undefined
  }
}

function toCsv({ columns, rows, form }: Guests, invited: readonly Invited[], expires: string): string {
  const answers = invited.map(({ invitation }, i) => [
    ...(rows[i] ?? []),
    ...(invitation === undefined ? ['', ''] : [invitation, expires]),
  ])
  return formatCsv([[...columns, 'invitation', 'expires'], ...answers], form)
}

function tell(invited: readonly Invited[], open: ReadonlySet<string | undefined>, days: number): void {
  const made = invited.filter(({ invitation }) => invitation !== undefined)
  for (const { username, invitation } of invited) {
    if (invitation === undefined) say(`${username} has an account already, and gets no invitation`)
  }
  const again = made.filter(({ username }) => username !== undefined && open.has(username)).length
  if (again > 0) say(`${count(again, 'earlier invitation')} to the same people cannot be used any more`)
  say(`made ${count(made.length, 'invitation')}, good for ${count(days, 'day')}`)
  if (made.length > 0) say(`each is for one account, which is made with: ${commandOf('register')} NAME`)
}

/** `kdc invitations` */
export const invitations = (argv: string[]): Promise<void> =>
  printList(argv, {
    help: (kdc, options) => `usage: ${kdc} invitations [options]

Lists the invitations that can still be used, on stdout: whom each is for, * for
anybody, and until when. The invitations themselves were shown when they were
made, and are not known any more. The KDC may be running or not.

${options}

example: ${commandOf('kdc', { silent: true })} invitations
`,
    fields: '{"username", "expires_at"}, the name null for anybody, the time in Unix seconds',
    list: (store) => store.invitations.list(systemClock()),
    toJson: ({ username, expiresAt }) => ({ username: username ?? null, expires_at: expiresAt }),
    toLine: ({ username, expiresAt }) => `${username ?? '*'} ${timestamp(expiresAt)}`,
  })

/** `kdc uninvite` */
export async function uninvite(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} uninvite NAME... [options]
       ${kdc} uninvite --all [options]

Withdraws invitations that were not used. Accounts that were made with one stay.
The KDC may be running or not.

${options}

example: ${kdc} uninvite alice bob
`,
    options: {
      all: { type: 'boolean', default: false, help: ['', 'all of them, also those without a name'] },
      ...DATA_OPTION,
    },
    positionals: ['[NAME...]'],
  })
  if (values.all === positionals.length > 0) {
    throw new UsageError('expected either names or --all', `${commandOf('kdc')} invitations lists the names`)
  }
  const names = [...new Set(positionals.map(parseUsername))]
  const withdrawn = await withData(values.data, { create: false }, ({ store }) =>
    values.all ? store.invitations.withdrawAll(systemClock()) : withdraw(store, names),
  )
  talk('kdc')(`withdrew ${count(withdrawn, 'invitation')}`)
}

async function withdraw(store: Store, names: readonly string[]): Promise<number> {
  const open = new Set((await store.invitations.list(systemClock())).map(({ username }) => username))
  const unknown = names.filter((name) => !open.has(name))
  if (unknown.length > 0) {
    throw new ToolError(`nothing was withdrawn: there is no invitation for ${unknown.join(', ')}`, {
      hint: `${commandOf('kdc')} invitations lists those that were not used`,
    })
  }
  return store.invitations.withdraw(names)
}
