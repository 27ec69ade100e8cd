/**
 * What a shell may offer next, read from the help of the tools: what they print is what is completed. Names are those that are known
 * here: of whose tools have kept something on this machine, and, while a session is kept, of whom and which groups they know.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EMPTY } from '../lib/bytes.ts'
import { KEYS, tailOf } from '../lib/mls/state/framing.ts'
import { decodeGroup } from '../lib/mls/state/group.ts'
import { USERNAME } from '../lib/names.ts'
import { ClientState } from '../state/client-state.ts'
import { databaseIn, stateDirectory } from '../state/paths.ts'
import { helpOf, TOOLS, type ToolName } from './installed.ts'
import { readCredentials } from './login/credentials.ts'
import { keptSessions } from './login/kept-session.ts'
import { stateDir } from './paths.ts'

/** In the place of words: names of files. */
export const FILES = ':files'

/** A tool's help as far as it is completed. */
interface Grammar {
  /** By option, what it takes: `FILE`, or nothing. */
  readonly options: ReadonlyMap<string, string | undefined>
  /** By option, the words that it takes, where those are all. */
  readonly choices: ReadonlyMap<string, readonly string[]>
  /** What its arguments are: `NAME`, `RECEIVER`, `GROUP` ... */
  readonly takes: readonly string[]
  /** Whether the last of them may be given again and again. */
  readonly repeats: boolean
  /** Of `group` and `kdc`. */
  readonly commands: readonly string[]
}

/** Of the words in a tool's help. */
export function readHelp(help: string): Grammar {
  const [, usage = ''] = /^usage: (.*)$/m.exec(help) ?? []
  // Prose begins at the edge, and may speak of other tools.
  const rows = help.split('\n').filter((line) => line.startsWith('  '))
  const options = [...rows.join('\n').matchAll(/(?<=[\s(|])(--[a-z][a-z-]+)(?: ([A-Z0-9]*[A-Z])\b)?/g)]
  const choices = rows.flatMap((row) => [
    ...row.matchAll(/^ {2}(--[a-z-]+) [A-Z]+ +([a-z]+(?:, [a-z]+)+) \(default: /g),
  ])
  const rowsOfCommands = rows.flatMap(
    (row) => /^ {2}([a-z]+(?: \| [a-z]+)*) GROUP/.exec(row)?.[1]?.split(' | ') ?? [],
  )
  const listed = rows
    .filter((row) => /^ {8}[a-z]/.test(row))
    .flatMap((row) => row.match(/[a-z]+(?=[,;])/g) ?? [])
  return {
    options: new Map([
      ...options.map(([, option = '', takes]) => [option, takes] as const).sort(byValue),
      ['--help', undefined],
      ['--version', undefined],
    ]),
    choices: new Map(choices.map(([, option = '', words = '']) => [option, words.split(', ')])),
    repeats: usage.includes('...]'),
    takes: usage.match(/(?<= \[?)[A-Z]{2,}/g) ?? [],
    commands: [...rowsOfCommands, ...(usage.includes('kdc') ? listed : [])],
  }
}

// Mentioned again, an option may stand without its value.
const byValue = (a: readonly unknown[], b: readonly unknown[]) => (a[1] ? 1 : 0) - (b[1] ? 1 : 0)

/** What may stand in the place of the last word. @param words - after `symbolon`, as far as they are typed; the last may be empty. */
export async function candidates(words: readonly string[]): Promise<string[]> {
  const last = words.at(-1) ?? ''
  const found = await allFor(words.slice(0, -1), last)
  return [...new Set(found)].filter((word) => word === FILES || word.startsWith(last)).sort()
}

async function allFor([tool, ...before]: readonly string[], last: string): Promise<readonly string[]> {
  if (tool === undefined) return [...TOOLS, 'help', '--help', '--version']
  if (tool === 'help') return before.length === 0 ? TOOLS : []
  if (!isTool(tool)) return []
  const isOfKdc =
    tool === 'kdc' && before[0] !== undefined && readHelp(await helpOf(tool)).commands.includes(before[0])
  const grammar = readHelp(await (isOfKdc ? helpOf(tool, before[0]) : helpOf(tool)))
  const { options, choices, takes, repeats, commands } = grammar
  const end = before.indexOf('--')
  const option = before.at(-1) ?? ''
  const value = end < 0 ? options.get(option) : undefined
  if (value !== undefined) return choices.get(option) ?? named(value, [], tool)
  if (last.startsWith('-') && end < 0) return [...options.keys()]
  const args = argumentsIn(isOfKdc ? before.slice(1) : before, options)
  if (tool === 'kdc' && !isOfKdc) return args.length === 0 ? commands : []
  if (tool === 'group' && args.length === 1) return commands
  return named(takes[args.length] ?? (repeats ? takes.at(-1) : undefined) ?? '', args, tool)
}

// What is offered stands on a command line, as it is.
const isName = (text: string) => USERNAME.test(text)

const isTool = (word: string): word is ToolName => (TOOLS as readonly string[]).includes(word)

/** Without the options and their values. */
function argumentsIn(words: readonly string[], options: Grammar['options']): string[] {
  return words.filter((word, i) => {
    const before = words[i - 1] ?? ''
    return !word.startsWith('-') && options.get(before) === undefined
  })
}

async function named(what: string, args: readonly string[], tool: string): Promise<readonly string[]> {
  if (['FILE', 'PATH', 'DIR'].includes(what)) return [FILES]
  if (what === 'SHELL') return SHELLS
  if (what === 'NAME' && args.length === 0) return ownNames()
  const known = await namesKnownTo(args[0])
  if (tool === 'group' && args.length === 2) return known.groups
  return ['RECEIVER', 'USER', 'GROUP', 'NAME'].includes(what)
    ? known.users.filter((name) => !args.includes(name))
    : []
}

function ownNames(): string[] {
  const dirs = namesIn(stateDir()).flatMap((kdc) => namesIn(join(stateDir(), kdc)))
  const written = [...readCredentials().values()].flatMap((users) => [...users.keys()])
  return [...keptSessions().map(({ username }) => username), ...dirs, ...written].filter(isName)
}

function namesIn(directory: string): string[] {
  if (!existsSync(directory)) return []
  const entries = readdirSync(directory, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** Whom, and which groups, this principal's tools know: what they keep opens while a session is kept. */
async function namesKnownTo(username: string | undefined): Promise<{ users: string[]; groups: string[] }> {
  const users = new Set(ownNames())
  const groups = new Set<string>()
  for (const kept of keptSessions()) {
    const directory = stateDirectory(stateDir(), kept.kdcKey, kept.username)
    if ((username ?? kept.username) !== kept.username || !existsSync(databaseIn(directory))) continue
    const state = await ClientState.open(directory, kept.exportKey, { waitMs: 0 })
    await state.withState(
      async (store) => {
        for (const key of await store.list(KEYS.pin(''))) users.add(tailOf(key))
        for (const key of await store.list(KEYS.group(''))) {
          const { descriptor, status, members } = decodeGroup(tailOf(key), (await store.get(key)) ?? EMPTY)
          for (const member of members) users.add(member)
          if (status === 'active' && descriptor?.kind === 'named') groups.add(descriptor.name)
        }
      },
      { waitMs: 0 },
    )
    await state.close()
  }
  users.delete(username ?? '')
  return { users: [...users].filter(isName), groups: [...groups].filter(isName) }
}

const WORDS = 'symbolon completion words --'

// Bash cuts words at colons and equals signs too (COMP_WORDBREAKS): what has no space between is one word.
const BASH = `_symbolon() {
  local word i words=() rest=$COMP_LINE
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ "$rest" == [[:space:]]* || -z "$rest" ]]; then
      words+=("$word")
    else
      words[\${#words[@]} - 1]+=$word
    fi
    rest=\${rest#*"$word"}
  done
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(${WORDS} "\${words[@]:1}" 2>/dev/null)
  if [ "\${COMPREPLY[0]-}" = "${FILES}" ]; then
    COMPREPLY=()
    # Names of files may be commands. Before bash 4 they are quoted here or not at all.
    local quoted=%q
    compopt -o filenames 2>/dev/null && quoted=%s
    while IFS= read -r word; do
      printf -v word "$quoted" "$word"
      COMPREPLY+=("$word")
    done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
  fi
}
complete -F _symbolon symbolon
`

const ZSH = `#compdef symbolon
_symbolon() {
  local -a found
  found=("\${(@f)$(${WORDS} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "$found[1]" == "${FILES}" ]]; then
    _files
  else
    compadd -- "\${(@)found:#}"
  fi
}
if [[ "$funcstack[1]" == _symbolon ]]; then
  _symbolon "$@"
else
  compdef _symbolon symbolon
fi
`

// What fish has made from the manual is of all commands at once: it is loaded here, to be gone, and not loaded later.
const FISH = `function __symbolon_words
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  set -l found (${WORDS} $before[2..-1] "$current" 2>/dev/null)
  if test "$found[1]" = "${FILES}"
    complete -C "'' $current"
  else
    printf '%s\\n' $found
  end
end
complete -C 'symbolon -' >/dev/null
complete -c symbolon -e
complete -c symbolon -f -a '(__symbolon_words)'
`

const POWERSHELL = `Register-ArgumentCompleter -Native -CommandName symbolon -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.StartOffset -lt $cursor - $word.Length } | ForEach-Object { "$_" })
  ${WORDS} @words "$word" 2>$null | Where-Object { $_ -ne '${FILES}' } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_)
  }
}
`

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL } as const

const SHELLS = Object.keys(SCRIPTS)
