/** How every tool begins and ends: errors become `tool: error: …` and `tool: hint: …` and an exit status, never a stack. */
import { SymbolonError, TransportError } from '../lib/errors.ts'
import { bounded } from '../lib/text/visible.ts'
import { EXIT, ToolError, UsageError } from './errors.ts'
import { hintFor } from './hints.ts'
import { inWords } from './system-error-text.ts'
import { jsonLine, talk, withWord } from './terminal/terminal.ts'

// Refused for now: the same may work later.
const TRY_LATER = new Set(['receiver_offline', 'state_busy', 'state_unavailable', 'store_unavailable'])

/** As much as is told of an error: a peer or the KDC may have had a part in its words. */
const MAX_MESSAGE_CHARACTERS = 1000

export function exitCodeOf(error: unknown): number {
  if (error instanceof ToolError) return error.exitCode
  if (error instanceof TransportError) return EXIT.tryLater
  if (error instanceof SymbolonError && TRY_LATER.has(error.code)) return EXIT.tryLater
  return EXIT.failed
}

export function explain(error: unknown): { readonly message: string; readonly hint: string | undefined } {
  const message = bounded(error instanceof Error ? error.message : String(error), MAX_MESSAGE_CHARACTERS)
  const code = error instanceof UsageError ? undefined : codeOf(error)
  const hint = error instanceof ToolError ? error.hint : hintFor(error)
  return { message: code === undefined ? message : `${message} (${code})`, hint }
}

/** Says what happened and what to do next, on stderr. */
export function report(tool: string, error: unknown): void {
  const say = talk(tool)
  const { message, hint } = explain(error)
  say(`error: ${message}`, withWord('red', 'error:'))
  if (hint) say(`hint: ${hint}`, withWord('yellow', 'hint:'))
}

// For programs, beside the words for people on stderr.
function printError(error: unknown): void {
  const message = bounded((error as Error).message, MAX_MESSAGE_CHARACTERS)
  process.stdout.write(
    `${jsonLine({ event: 'error', time: new Date().toISOString(), code: codeOf(error), message })}\n`,
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof SymbolonError || error instanceof ToolError ? error.code : undefined
}

/** Runs a tool's `main` with the command line's arguments and sets the exit status. @param tool - the name its lines on stderr begin with. */
export function runTool(tool: string, main: (argv: string[]) => Promise<void>): void {
  // The reader of our output may stop (`| head -1`): that ends the tool, quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') report(tool, inWords(error))
    process.exit(EXIT.failed)
  })
  process.stderr.on('error', () => {})
  const argv = process.argv.slice(2)
  const fail = (thrown: unknown) => {
    const error = inWords(thrown)
    report(tool, error)
    if (argv.includes('--json')) printError(error)
    process.exitCode = exitCodeOf(error)
    // The process would last as long as what it has begun to write.
    if (error instanceof ToolError && error.leavesOutput) process.stderr.write('', () => process.exit())
  }
  main(argv).catch(fail)
  // What is thrown where nothing waits for it leaves things half done: they cannot go on.
  process.on('uncaughtException', (error) => {
    fail(error)
    process.exit()
  })
}
