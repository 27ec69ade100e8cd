/**
 * What the commands share: the option that says where the KDC keeps its keys and its database, and what is done with that.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Options, parseToolArguments, type ToolLine } from '../../cli/arguments.ts'
import { ToolError } from '../../cli/errors.ts'
import { dataDir } from '../../cli/paths.ts'
import { print } from '../../cli/terminal/terminal.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { systemReason } from '../../lib/system-errors.ts'
import { DATABASE_FILE, type KdcData, openData } from '../data.ts'
import type { Store } from '../store/store.ts'

export const DATA_OPTION = {
  data: { type: 'string', help: ['DIR', "the KDC's data directory (default: this user's)"] },
} as const

/** The data directory of this user, unless `--data` names another. */
export function dataDirectory(option: string | undefined): string {
  return option ?? join(dataDir(), 'kdc')
}

/**
 * Opens the data directory for one piece of work and closes it again. A KDC may be running on it.
 *
 * @param options.create - whether to make the data where there are none: not for a command that is pointless then, for the
 *   directory was mistyped.
 * @throws ToolError when there are none and none are to be made.
 */
export async function withData<T>(
  option: string | undefined,
  { create }: { readonly create: boolean },
  work: (data: KdcData) => Promise<T>,
): Promise<T> {
  const directory = dataDirectory(option)
  if (!create && !existsSync(join(directory, DATABASE_FILE))) {
    throw new ToolError(`there is no KDC's data in ${directory}`, {
      hint: '--data names the directory that the KDC has',
    })
  }
  const data = await openData(directory)
  try {
    return await work(data)
  } finally {
    await data.store.close()
  }
}

interface ListCommand<Row> {
  readonly help: ToolLine<Options>['help']
  /** What is in a JSON object, for the help. */
  readonly fields: string
  readonly list: (store: Store) => Promise<readonly Row[]>
  readonly toJson: (row: Row) => object
  readonly toLine: (row: Row) => string
}

/** Runs a command that lists something on stdout: a line each, or a JSON object with `--json`. */
export async function printList<Row>(
  argv: string[],
  { help, fields, list, toJson, toLine }: ListCommand<Row>,
): Promise<void> {
  const json = { type: 'boolean', help: ['', `a JSON object on each line: ${fields}`] } as const
  const { values } = parseToolArguments('kdc', argv, {
    help,
    options: { json, ...DATA_OPTION },
    positionals: [],
  })
  const rows = await withData(values.data, { create: false }, ({ store }) => list(store))
  for (const row of rows) await print(values.json ? JSON.stringify(toJson(row)) : toLine(row))
}

/** What became of writing a file or directory, in words where the system says why. */
export function cannotWrite(what: string, path: string, cause: unknown, hint: string): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (cause instanceof SymbolonError || !code) return cause
  const reason = code === 'ENOENT' ? `there is no directory ${dirname(resolve(path))}` : systemReason(code)
  return new ToolError(`cannot write ${what}: ${reason}`, { cause, hint })
}
