/** `kdc stored`: how much waits in each group. */
import { commandOf } from '../../cli/installed.ts'
import { count, timestamp } from '../../cli/terminal/format.ts'
import { toText } from '../http/fields.ts'
import type { StoredGroup } from '../store/retention.ts'
import { printList } from './data-option.ts'

/** `kdc stored` */
export const stored = (argv: string[]): Promise<void> =>
  printList(argv, {
    help: (kdc, options) => `usage: ${kdc} stored [options]

Lists the groups on stdout, with what waits in each: how many messages, how
many bytes, since when, and files. What they say nobody can read here. The KDC
may be running or not.

${options}

example: ${commandOf('kdc', { silent: true })} stored
`,
    fields:
      '{"group", "name", "kind", "members", "entries", "bytes", "oldest", "files", "file_bytes", "destroyed"}; the name null for a direct group, the time in Unix seconds, or null',
    list: (store) => store.retention.list(),
    toJson,
    toLine,
  })

function toJson({ id, fileBytes, ...group }: StoredGroup): object {
  return { group: toText(id), ...group, file_bytes: fileBytes }
}

function toLine(group: StoredGroup): string {
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
