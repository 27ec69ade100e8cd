/**
 * Environment variables that are settings of ours.
 *
 * Those of others have rules of their own: an empty `XDG_…_HOME` is as good as none
 * (https://specifications.freedesktop.org/basedir-spec/latest/), and so is an empty `NO_COLOR` (https://no-color.org).
 */
import { UsageError } from './errors.ts'

/** What a variable is set to. An empty one is refused: a default in its place would be another KDC, key or password than was meant. */
export function setting(variable: string): string | undefined {
  const value = process.env[variable]
  if (value === '')
    throw new UsageError(`${variable} is empty`, 'set it, or unset it: then the default holds')
  return value
}
