/** Command lines: `parseArgs` of Node, strict, with hints for likely mistakes. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import { commandOf, type ToolName, version } from './installed.ts'
import { asksFor, asksForHelp, optionLines } from './terminal/help.ts'

type ParsedOption = NonNullable<ParseArgsConfig['options']>[string]

/** Options as `parseArgs` takes them; `help` is what one takes and what it is for, with a default as `(default: X)`. */
export type Options = Readonly<
  Record<string, ParsedOption & { readonly help?: readonly [takes: string, text: string] }>
>

export interface CommandLine<T extends Options> {
  /** Printed by `--help`: usage, options, an example; fits a screen. */
  readonly help: string
  /** As `parseArgs` takes them; `--help`, `-h` and `--version` are added. */
  readonly options: T
  /**
   * Names of the positional arguments, for errors: `NAME`, `[MESSAGE]` when it may be left out, and last `[FILE...]` when
   * there may be any number.
   */
  readonly positionals: readonly string[]
  /**
   * An option, `multiple`, that takes all the arguments after it until the next option: `--file *.pdf` as shells expand it. The
   * first arguments, `after` of them, are never among these, wherever they stand.
   */
  readonly greedy?: { readonly option: keyof T & string; readonly after: number }
  /** The first argument where an option says it, such as NAME that a keytab has: then it need not be given, and no other may be. */
  readonly implied?: (values: ParsedValues<T>) => Implied | undefined
}

/** A command line whose help has a line for each option that says what it is for. */
export interface ToolLine<T extends Options> extends Omit<CommandLine<T>, 'help'> {
  /** Made of what begins the tool, and those lines. */
  readonly help: (command: string, options: string) => string
}

type ParsedValues<T extends Options> = ReturnType<typeof parse<T>>['values']

/** What an option says of the first argument. */
export interface Implied {
  readonly argument: string
  /** What says so, for errors: `x is the keytab of printer`. */
  readonly says: string
  /** Whether these, `literals` of them after `--`, begin with another, although there would be room for it. */
  readonly isOther?: ((positionals: readonly string[], literals: number) => boolean) | undefined
  /** For who gave another. */
  readonly hint?: string | undefined
}

const COMMON = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const

/**
 * Parses a command line. With `--help` or `--version` it prints that and ends the process, status 0.
 *
 * @returns as `parseArgs`; `literals` is how many of the last positional arguments came after `--`, and are nothing but text.
 * @throws UsageError for anything the tool does not take.
 */
export function parseArguments<const T extends Options>(argv: string[], commandLine: CommandLine<T>) {
  const { help, positionals: names } = commandLine
  const asked = asksForHelp(argv) ? help : asksFor(argv, '--version') ? `${version()}\n` : undefined
  if (asked !== undefined) {
    process.stdout.write(asked)
    process.exit(0)
  }
  const options = { ...commandLine.options, ...COMMON } as T
  const { tokens, ...parsed } = attempt(argv, options)
  refuseEmptyValues(parsed.values)
  const implied = leftOut(commandLine.implied?.(parsed.values as ParsedValues<T>), parsed.positionals)
  const end = tokens.findIndex(({ kind }) => kind === 'option-terminator')
  const literals = end < 0 ? 0 : tokens.length - end - 1
  const { greedy } = commandLine
  if (greedy) {
    takeMore({ ...greedy, after: greedy.after - (implied ? 1 : 0) }, tokens, parsed)
    refuseEmptyValues(parsed.values)
  }
  if (implied) putFirst(implied, names, parsed.positionals, literals)
  refuseEmptyArguments(parsed.positionals, names)
  judgeCount(parsed.positionals, names, usageLine(help))
  return { ...parsed, literals }
}

/** As `parseArguments`, with the help made of what the options say of themselves. */
export function parseToolArguments<const T extends Options>(
  tool: ToolName,
  argv: string[],
  line: ToolLine<T>,
) {
  const listed = Object.entries(line.options).flatMap(([option, { short, help }]) => {
    const [takes, text] = help ?? []
    const written = `${short ? `-${short}, ` : ''}--${option} ${takes}`.trimEnd()
    return text === undefined ? [] : [[written, text] as const]
  })
  return parseArguments(argv, { ...line, help: line.help(commandOf(tool), optionLines(...listed)) })
}

/** @throws UsageError for too few, or too many. */
export function judgeCount(given: readonly string[], names: readonly string[], usage: string): void {
  const missing = names.filter((name) => !name.startsWith('['))[given.length]
  if (missing) throw new UsageError(`${bare(missing)} is missing`, usage)
  if (given.length <= names.length || isRepeated(names)) return
  const hint = names.includes('[MESSAGE]') ? 'quote a message of several words' : usage
  throw new UsageError(`too many arguments, beginning with '${given[names.length]}'`, hint)
}

const isRepeated = (names: readonly string[]) => names.at(-1)?.includes('...') === true

/** What is implied, unless it was given all the same. */
function leftOut(implied: Implied | undefined, [first]: readonly string[]): Implied | undefined {
  return first?.toLowerCase() === implied?.argument ? undefined : implied
}

function putFirst(
  { argument, says, isOther, hint }: Implied,
  names: readonly string[],
  positionals: string[],
  literals: number,
): void {
  // No room for it: the first is another in its place.
  const isFull = !isRepeated(names) && positionals.length === names.length
  if (isFull || isOther?.(positionals, literals)) {
    throw new UsageError(`${says}, not of ${positionals[0]}`, hint)
  }
  positionals.unshift(argument)
}

function parse<const T extends Options>(args: string[], options: T) {
  return parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true })
}

/**
 * An empty value is what becomes of `--data "$DIR"` where there is no DIR, and means nothing: to a path it would be the working directory,
 * to an address all of them.
 */
function refuseEmptyValues(values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if ([value].flat().includes(''))
      throw new UsageError(`--${name}: the value is empty`, '--help tells what it is for')
  }
}

/** A message may be empty, and no other argument. @throws UsageError */
function refuseEmptyArguments(positionals: readonly string[], names: readonly string[]): void {
  positionals.forEach((value, i) => {
    const name = names[Math.min(i, names.length - 1)] ?? ''
    if (value === '' && !MAY_BE_EMPTY.has(name)) throw new UsageError(`${bare(name)} is empty`)
  })
}

// None: there are too many, which is said.
const MAY_BE_EMPTY = new Set(['', '[MESSAGE]', '[MORE...]'])

/** `FILE` for `[FILE...]`. */
const bare = (name: string) => name.replace(/[[\].]/g, '')

function attempt<const T extends Options>(argv: string[], options: T) {
  try {
    return parse(joinValues(argv, options), options)
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string }
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const given = /'(--?[^']*)'/.exec(message)?.[1] ?? ''
      const near = nearest(given.replace(/^-+/, ''), Object.keys(options))
      throw new UsageError(
        `there is no option ${given}`,
        near ? `did you mean --${near}?` : '--help lists the options',
      )
    }
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw wrongValue(message, options)
    // Node's own sentences, without its advice on how to write a parser.
    throw new UsageError(message.split('\n')[0]?.replace(/\. .*$/, '') ?? message, '--help lists the options')
  }
}

/** An option without its value, or with one that it does not take. */
function wrongValue(message: string, options: Options): UsageError {
  const given = /'(?:-\w, )?--([^' ]+)/.exec(message)?.[1] ?? ''
  const says = options[given]?.type === 'string' ? 'a value belongs after it' : 'it takes no value'
  return new UsageError(`--${given}: ${says}`, '--help tells what it is for')
}

/**
 * `--kdc-key -abc` as `--kdc-key=-abc`: values in base64url may begin with a dash, and `parseArgs` wants those joined. What begins with
 * two dashes stays an option that stands where a value should.
 */
function joinValues(argv: readonly string[], options: Options): string[] {
  const joined: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? ''
    const value = argv[i + 1]
    if (arg === '--') return [...joined, ...argv.slice(i)]
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string'
    if (!takesValue || value === undefined || value.startsWith('--')) {
      joined.push(arg)
      continue
    }
    joined.push(...(/^-../.test(value) ? [`${arg}=${value}`] : [arg, value]))
    i++
  }
  return joined
}

type Token = { readonly kind: string; readonly name?: string; readonly value?: unknown }

/** Moves the arguments that follow the option's value to its values. */
function takeMore(
  { option: name, after }: { readonly option: string; readonly after: number },
  tokens: readonly Token[],
  parsed: { values: object; positionals: string[] },
): void {
  const taken: unknown[] = []
  const left: string[] = []
  let isTaking = false
  for (const token of tokens) {
    if (token.kind !== 'positional') isTaking = token.kind === 'option' && token.name === name
    if (token.kind === 'option' && token.name === name) taken.push(token.value)
    if (token.kind !== 'positional') continue
    if (isTaking && left.length >= after) taken.push(token.value)
    else left.push(String(token.value))
  }
  if (taken.length > 0) Object.assign(parsed.values, { [name]: taken })
  parsed.positionals.splice(0, Number.POSITIVE_INFINITY, ...left)
}

const usageLine = (help: string): string => help.split('\n')[0] ?? ''

/** The candidate that is nearest to `word`, of several the one that begins alike, if it is within two edits. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate),
    elsewhere: candidate[0] === word[0] ? 0 : 1,
  }))
  scored.sort((a, b) => a.distance - b.distance || a.elsewhere - b.elsewhere)
  return scored[0] && scored[0].distance <= 2 ? scored[0].candidate : undefined
}

// Damerau's distance, in which no character is moved twice (optimal string alignment): two in each other's place are one edit.
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(substitute, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** A whole number of an option, within bounds. */
export function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) {
    throw new UsageError(
      `${name}: expected a whole number from ${min} to ${max}, got '${text}'`,
      '--help tells what it is for',
    )
  }
  return value
}

export function parseChoice<const T extends string>(name: string, choices: readonly T[], text: string): T {
  const choice = choices.find((known) => known === text)
  if (choice === undefined) throw new UsageError(`${name}: expected ${choices.join(', ')}, got '${text}'`)
  return choice
}

/** A TCP port; 0 lets the system choose. */
export const parsePort = (text: string): number => parseInteger('--port', text, 0, 65535)

// setTimeout counts milliseconds in 31 bits; what is longer it takes for one.
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

export function parseSeconds(name: string, text: string): number {
  return parseInteger(name, text, 1, MAX_SECONDS)
}
