/**
 * Whether `send` was told its NAME, where a keytab has one and it may be left out.
 *
 * @module
 */
import { USERNAME } from '../../lib/names.ts'
import { commandOf } from '../installed.ts'

export const SENDER_NAME_HINT =
  'where NAME is left out, "--" goes before a message of one word, which may be a receiver: ' +
  `${commandOf('send')} bob -- hi`

/**
 * Whether two arguments may be NAME and RECEIVER, rather than RECEIVER and MESSAGE: a wrong guess sends words or files to a stranger.
 *
 * @param literals - how many of them came after `--`: the last alone is a message.
 */
export function mayBeNamed(positionals: readonly string[], literals: number): boolean {
  const [, second = '-'] = positionals
  return literals !== 1 && USERNAME.test(second.toLowerCase())
}
