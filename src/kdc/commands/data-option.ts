/**
 * The option that all commands share: where the KDC keeps its keys and its database.
 *
 * @module
 */
import { join } from 'node:path'
import type { OptionHelp } from '../../cli/help.ts'
import { dataDir } from '../../cli/paths.ts'
import { type KdcData, openData } from '../data.ts'

/** For `parseArguments`. */
export const DATA_OPTION = { data: { type: 'string' } } as const

export const DATA_HELP: OptionHelp = ['--data DIR', "the KDC's data directory (default: this user's)"]

/** The data directory of this user, unless `--data` names another. */
export function dataDirectory(option: string | undefined): string {
  return option ?? join(dataDir(), 'kdc')
}

/** Opens the data directory for one piece of work and closes it again. A KDC may be running on it. */
export async function withData<T>(
  option: string | undefined,
  work: (data: KdcData) => Promise<T>,
): Promise<T> {
  const data = await openData(dataDirectory(option))
  try {
    return await work(data)
  } finally {
    await data.store.close()
  }
}
