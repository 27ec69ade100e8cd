/**
 * For commands that are pointless where no KDC is: there they make none, for the directory was mistyped.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ToolError } from '../../cli/errors.ts'
import { DATABASE_FILE, type KdcData } from '../data.ts'
import { dataDirectory, withData } from './data-option.ts'

/**
 * As `withData`, where there is a KDC's data already.
 *
 * @throws ToolError when there is none.
 */
export function withExistingData<T>(
  option: string | undefined,
  work: (data: KdcData) => Promise<T>,
): Promise<T> {
  const directory = dataDirectory(option)
  if (!existsSync(join(directory, DATABASE_FILE))) {
    throw new ToolError(`there is no KDC's data in ${directory}`, {
      hint: '--data names the directory that the KDC has',
    })
  }
  return withData(option, work)
}
