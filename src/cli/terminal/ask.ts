/** Asking the person at the terminal whether what a sender offers is to be saved. */
import { safeName } from '../../files/safe-name.ts'
import type { TransferItem, TransferTotals } from '../../lib/transfer/index.ts'
import { UsageError } from '../errors.ts'
import { askToStop } from '../stop.ts'
import type { ChatTerminal } from './chat-terminal.ts'
import { arrivalText, nameText } from './file-result.ts'
import { ANSWER_CELLS, InputRow, promptCells } from './input-row.ts'
import { visible, wrap } from './terminal.ts'

export const ASK_OPTION = {
  ask: { type: 'boolean', help: ['', 'ask before anything is saved there'] },
} as const

/** Puts a question; whether the answer is yes. A question that is taken back is answered with no. */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean>

/** @param screen - with the conversation that has the terminal, once there is one. @throws UsageError where no person could answer. */
export function askerFrom(
  values: {
    readonly ask?: boolean | undefined
    readonly output?: string | undefined
    readonly json?: boolean | undefined
  },
  screen: { readonly conversation: ChatTerminal | undefined },
): Ask | undefined {
  if (!values.ask) return undefined
  if (values.output === undefined) {
    throw new UsageError('--ask goes with --output', 'without --output DIR nothing is saved')
  }
  if (values.json)
    throw new UsageError('--ask and --json do not go together', '--max-file limits what is saved')
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError('there is no terminal to ask on', 'without --ask all is saved, up to --max-file')
  }
  return async (question, signal) => {
    const text = `${visible(question)} [y/N] `
    const { conversation } = screen
    const put = (said: string) => (conversation ? conversation.ask(said, signal) : askAlone(said, signal))
    let answer = saysYes(await put(text))
    while (answer === undefined) {
      const what = conversation ? 'neither yes nor no, and not sent' : 'neither yes nor no'
      answer = saysYes(await put(`${what}: ${text}`))
    }
    return answer
  }
}

/** Whether it says yes; nothing where it says neither that nor no, such as a line that was meant for a peer. */
export function saysYes(line: string): boolean | undefined {
  if (/^\s*y(es)?\s*$/i.test(line)) return true
  return /^\s*(no?)?\s*$/i.test(line) ? false : undefined
}

// One after the other: two questions at once would both take the same line.
let before: Promise<unknown> = Promise.resolve()

function askAlone(text: string, signal: AbortSignal): Promise<string> {
  const answer = before.then(() => (signal.aborted ? '' : answerOf(text, signal)))
  before = answer
  return answer
}

function answerOf(text: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const rows = wrap(text, promptCells(process.stderr.columns || 80, ANSWER_CELLS) + 1)
    const last = rows.pop() ?? ''
    for (const row of rows) process.stderr.write(`${row}\n`)
    const end = (line: string) => {
      signal.removeEventListener('abort', takeBack)
      row.close()
      resolve(line)
    }
    const takeBack = () => {
      process.stderr.write('\n')
      end('')
    }
    signal.addEventListener('abort', takeBack)
    // The terminal sends no signal for Ctrl+C while a line is typed: it stays what it is.
    const row = new InputRow(process.stderr, '', {
      onLine: end,
      onEnd: () => end(''),
      onInterrupt: askToStop,
    })
    row.setPrompt(last, ANSWER_CELLS)
  })
}

/** `alice wants to send a.jpg and 2 more (3 files, 1.2 GB). Save them?` The item is the first of it. */
export function questionAbout(from: string, item: TransferItem, totals: TransferTotals): string {
  return `${from} wants to send ${whatOf(item, totals)}?`
}

function whatOf(item: TransferItem, { files, bytes }: TransferTotals): string {
  const name = nameText(safeName(item.name))
  if (item.kind === 'directory') {
    // Whether anything comes beside it was not said.
    const whole = arrivalText({ kind: 'directory', name: `the directory ${name}`, files, size: bytes })
    return `${whole}. Save it, and what comes with it`
  }
  const first = arrivalText({ ...item, name })
  if (files === undefined || files < 1) return `${first}. Save it, and what comes with it`
  if (files === 1) return `${first}. Save it`
  return `${arrivalText({ kind: 'file', name: `${name} and ${files - 1} more`, files, size: bytes })}. Save them`
}
