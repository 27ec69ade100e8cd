import { commandOf } from '../../cli/installed.ts'
import { count, timestamp } from '../../cli/terminal/format.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { toText } from '../http/fields.ts'
import type { StoredGroup } from '../store/retention.ts'
import { DATA_HELP, printList } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} stored [options]

Lists the groups on stdout, with what waits in each: how many messages, how
many bytes, since when, and files. What they say nobody can read here. The KDC
may be running or not.

${optionLines(
  [
    '--json',
    'a JSON object on each line: {"group", "name", "kind", "members", "entries", "bytes", "oldest", "files", "file_bytes", "destroyed"}; the name null for a direct group, the time in Unix seconds, or null',
  ],
  DATA_HELP,
)}

example: ${commandOf('kdc', { silent: true })} stored
`

/** `kdc stored` */
export const stored = (argv: string[]): Promise<void> =>
  printList(argv, HELP, (store) => store.retention.list(), toJson, line)

function toJson({ id, fileBytes, ...group }: StoredGroup): object {
  return { group: toText(id), ...group, file_bytes: fileBytes }
}

function line(group: StoredGroup): string {
  const { id, name, members, entries, bytes, oldest, files, fileBytes, destroyed } = group
  const parts = [
    name ?? toText(id),
    count(members, 'member'),
    entries === 1 ? '1 entry' : `${entries} entries`,
    count(bytes, 'byte'),
    ...(oldest === null ? [] : [`since ${timestamp(oldest)}`]),
    ...(files > 0 ? [`${count(files, 'file')} of ${count(fileBytes, 'byte')}`] : []),
    ...(destroyed ? ['destroyed'] : []),
  ]
  return parts.join(', ')
}
